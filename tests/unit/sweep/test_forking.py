"""Children, as copies of a process of their own: this one has threads, as the test runner needs them."""

import os
import select
import signal
import subprocess
import sys

import pytest

from mnist_bp.sweep.forking import KEPT, Ended, Started, possible, processors

PROGRAM = """
import os, signal, sys, time
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
        assert os.sched_getaffinity(0) == {processors()[-1]}
        return pipes()
    if words[0] == "signals":
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGHUP)
        assert sys.stdin.read() == ""
    if words[0] == "wait":
        time.sleep(60)

signal.signal(signal.SIGTERM, lambda *_: print("the parent's handler"))
signal.signal(signal.SIGINT, lambda *_: print("the parent's handler"))
print("of the parent", end="")
children = Forked(act, processors())
for words in (["exit"], ["raise"], ["kill", "9"], ["kill", "11"], ["much"], ["where"], ["signals"], ["wait"]):
    children.start(0, words)
    if words == ["wait"]:
        children.terminate()
    found = []
    while not found:
        found = [*children.ended(1)]
    print("", *found[0], sep="|", end="|end")
"""


@pytest.mark.skipif(not possible(), reason="only Linux makes copies of a process")
def test_copies_do_their_act_and_tell_how_they_ended() -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    result = subprocess.run(command, input="not theirs", capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    first, *told = [part.split("|") for part in result.stdout.split("|end")[:-1]]
    assert first[0] == "of the parent"  # once
    ends = [eval_ended(part[-1]) for part in (first, *told)]
    assert [code for code, _ in ends] == [3, 1, -9, -11, 0, 11, 0, -15]
    said = [text for _, text in ends]
    assert said[0] == "said exit"
    assert said[1].startswith("said raise\\nTraceback ")
    assert said[1].endswith("ValueError: mistake")
    assert said[2:4] == ["said kill 9", "said kill 11"]
    assert len(said[4]) == KEPT + 2
    assert said[4].startswith("...0")
    assert said[4].endswith("0end")
    assert said[5:7] == ["said where", "said signals"]


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
    children.terminate()
    found: list[tuple[int, Ended]] = []
    while not found:
        found = [*children.ended(1)]
    assert found == [(0, Ended(-15, ""))]


def test_there_is_a_processor() -> None:
    assert len(processors()) == len({*processors()}) >= 1
