"""Children, as copies of a process of their own: this one has threads, as the test runner needs them."""

import os
import select
import subprocess
import sys

import pytest

from mnist_bp.sweep.forking import KEPT, Ended, Started, possible, processors

PROGRAM = """
import os, signal, sys, time
from contextlib import suppress
from mnist_bp.sweep.forking import Forked, processors

def act(words):
    print("said", *words)
    if words[0] == "exit":
        sys.exit(3)
    if words[0] == "raise":
        raise ValueError("mistake")
    if words[0] == "kill":
        os.kill(os.getpid(), int(words[1]))
    if words[0] == "much":
        print("0" * 100_000 + "end", file=sys.stderr)
    if words[0] == "where":
        return int(os.sched_getaffinity(0) != {own[-1]})
    if words[0] == "pipes":
        return pipes()
    if words[0] == "signals":
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert sys.stdin.read() == ""
    if words[0] == "wait":
        time.sleep(60)

def pipes():
    files = map("/proc/self/fd/{}".format, os.listdir("/proc/self/fd"))
    return sum(os.path.exists(file) and os.readlink(file).startswith("pipe:") for file in files)

def fail():
    raise BlockingIOError

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
    signal.signal(number, lambda *_: print("the parent's handler"))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("of the parent", end="")
own, before = processors(), pipes()
children = Forked(act, own)
fork, os.fork = os.fork, fail
with suppress(BlockingIOError):
    children.start(0, [])
os.fork = fork
children.start(0, ["wait"])
for words in (["exit"], ["raise"], ["kill", "9"], ["kill", "11"], ["much"], ["where"], ["pipes"], ["signals"], []):
    if words:
        children.start(len(own) - 1, words)
    else:
        children.terminate()
    found = []
    while not found:
        found = [*children.ended(1)]
    print("", *found[0], sep="|", end="|end")
assert pipes() == before
"""


@pytest.mark.skipif(not possible(), reason="only Linux makes copies of a process")
def test_copies_do_their_act_and_tell_how_they_ended() -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    result = subprocess.run(command, input="not theirs", capture_output=True, text=True, check=False, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    first, *told = [part.split("|") for part in result.stdout.split("|end")[:-1]]
    assert first[0] == "of the parent"  # once
    ends = [eval_ended(part[-1]) for part in (first, *told)]
    assert [code for code, _ in ends] == [3, 1, -9, -11, 0, 0, 2, 0, -15]
    said = [text for _, text in ends]
    assert said[0] == "said exit"
    assert said[1].startswith("said raise\\nTraceback ")
    assert said[1].endswith("ValueError: mistake")
    assert said[2:4] == ["said kill 9", "said kill 11"]
    assert len(said[4]) == KEPT + 2
    assert said[4].startswith("...0")
    assert said[4].endswith("0end")
    assert said[5:8] == ["said where", "said pipes", "said signals"]


ORPHAN = """
import os, signal
from mnist_bp.sweep.forking import Forked

def act(words):
    signal.alarm(60)  # nobody else would end it
    print("0" * 1_000_000)

Forked(act).start(0, [])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not possible(), reason="only Linux makes copies of a process")
def test_a_copy_that_says_much_ends_though_nobody_hears_it() -> None:
    """A pipe that both have inherited is at its end once they are."""
    held, holding = os.pipe()
    subprocess.run([sys.executable, "-c", ORPHAN], pass_fds=[holding], check=False)
    os.close(holding)
    assert select.select([held], [], [], 30)[0]
    os.close(held)


def eval_ended(text: str) -> tuple[int, str]:
    """Return code and words of an `Ended` as it is printed."""
    code, _, said = text.removeprefix("Ended(code=").partition(", said=")
    return int(code), said[1:-2]


def test_new_processes_tell_how_they_ended() -> None:
    program = "import os, sys; print(sys.argv[1], os.environ['MARK']); print('é', file=sys.stderr); sys.exit(3)"
    children = Started([sys.executable, "-c", program], {"MARK": "marked", "PYTHONIOENCODING": "utf-8"})
    assert [*children.ended(0)] == []
    children.start(4, ["word"])
    found: list[tuple[int, Ended]] = []
    while not found:
        found = [*children.ended(1)]
    (place, ended), newline = found[0], os.linesep
    assert (place, ended.code, sorted(ended.said.split(newline))) == (4, 3, ["word marked", "é"])


@pytest.mark.skipif(os.name == "nt", reason="on Windows, Ctrl-C tells them")
def test_new_processes_are_told_to_end() -> None:
    children = Started([sys.executable, "-c", "import time; time.sleep(60)"], {})
    children.start(0, [])
    assert os.getsid(children._living[0].pid) != os.getsid(0)  # no terminal's Ctrl-C reaches it
    children.terminate()
    found: list[tuple[int, Ended]] = []
    while not found:
        found = [*children.ended(1)]
    assert found == [(0, Ended(-15, ""))]


def test_there_is_a_processor() -> None:
    assert len(processors()) == len({*processors()}) >= 1
