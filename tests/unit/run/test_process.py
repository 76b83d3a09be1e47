"""Processes are recognised: running, ended, zombies, with a reused number, elsewhere, and hidden ones."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_bp.run import process
from mnist_bp.run.claim import Claim
from mnist_bp.run.process import UNKNOWN, Process

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told apart by /proc")

TELL = "import sys\nfrom mnist_bp.run.process import Process\nprint(Process.this().line, end='', flush=True)\n"


@contextmanager
def child(*lines: str) -> Iterator[tuple[Process, "subprocess.Popen[str]"]]:
    """Run some lines in a process that then tells of itself and waits for the end of its input."""
    command = [sys.executable, "-c", "\n".join([*lines, TELL, "sys.stdin.read()"])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as popen:
        assert popen.stdout is not None
        told = Process.parse(popen.stdout.readline())
        assert told is not None
        yield told, popen
        popen.communicate()


def test_this_process_is_running_and_its_line_reads_back() -> None:
    this = Process.this()
    assert this.number == os.getpid()
    assert this.runs() is True
    assert Process.parse(this.line) == this


def test_another_process_is_running_until_it_is_killed() -> None:
    with child() as (other, popen):
        assert other.number == popen.pid
        assert other.runs() is True
        popen.kill()
        popen.wait()
        assert other.runs() is False


def test_a_zombie_is_not_running() -> None:
    with child() as (other, popen):
        popen.kill()
        os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)  # which leaves it a zombie
        os.kill(popen.pid, 0)
        assert other.runs() is False


@pytest.mark.parametrize("name", [") Z 1", "a b) S (c", "((("])
def test_a_process_is_recognised_whatever_its_name(name: str) -> None:
    with child(f"open('/proc/self/comm', 'w').write({name!r})") as (other, _):
        assert other.runs() is True


def test_a_process_with_the_same_number_and_another_start_is_another_one() -> None:
    this = Process.this()
    assert replace(this, started=str(int(this.started) - 1)).runs() is False


@pytest.mark.parametrize("place", ["another-boot/pid:[4026531836]", UNKNOWN])
def test_a_process_elsewhere_cannot_be_judged_from_here(place: str) -> None:
    assert replace(Process.this(), place=place).runs() is None


def test_without_proc_no_process_can_be_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(number: int) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(process, "_start", absent)
    this = Process.this()
    assert (this.started, this.place) == (UNKNOWN, UNKNOWN)
    assert Process.parse(this.line) == this
    assert this.runs() is None


def test_where_there_is_no_proc_no_process_is_sent_a_signal_to_see_whether_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows os.kill ends a process, whatever the signal."""
    here = Process.this()

    def absent(path: Path) -> Path:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "readlink", absent)
    monkeypatch.delattr(os, "kill")
    assert Process.this().runs() is None
    assert here.runs() is None  # told by a process that saw /proc


@pytest.mark.parametrize(("answer", "runs"), [(None, None), (PermissionError, None), (ProcessLookupError, False)])
def test_a_hidden_process_is_known_to_have_ended_only_if_its_number_is_free(
    answer: type[OSError] | None, runs: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where /proc is mounted with hidepid."""
    start, other = process._start, replace(Process.this(), number=os.getpid() + 1)

    def hidden(number: int) -> str:
        if number == other.number:
            raise FileNotFoundError
        return start(number)

    def kill(number: int, signal: int) -> None:
        assert (number, signal) == (other.number, 0)
        if answer:
            raise answer

    monkeypatch.setattr(process, "_start", hidden)
    monkeypatch.setattr(os, "kill", kill)
    assert other.runs() is runs


def test_a_process_whose_number_is_another_in_proc_has_no_known_place() -> None:
    """In a name space of its own it sees the /proc of the outer one, in which its number is another process's."""
    command = ["unshare", "--pid", "--fork", sys.executable, "-c", TELL]
    if (
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "--pid", "--fork", "true"], check=False).returncode
    ):
        pytest.skip("no name spaces are to be had")
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    other = Process.parse(told)
    assert other is not None
    assert (other.started, other.place) == (UNKNOWN, UNKNOWN)


def test_no_part_of_a_line_is_taken_for_a_process() -> None:
    line = Process.this().line
    assert not [cut for cut in range(len(line)) if Process.parse(line[:cut])]


@pytest.mark.parametrize(
    "line", ["0 1 here host\n", "-1 1 here host\n", "9999999999 1 here host\n", "1 x here host\n", "1 2\n", "{}\n"]
)
def test_a_line_of_another_form_is_not_taken_for_a_process(line: str) -> None:
    assert Process.parse(line) is None


def test_a_host_may_have_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "h\udcff")
    with Claim(Path("r")):
        (file,) = Path("r/lock").iterdir()
        assert Process.parse(file.read_text("utf-8")) is not None
