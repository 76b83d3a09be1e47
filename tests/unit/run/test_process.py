"""Processes are recognised: alive, dead, not yet buried, another's number, another place, and not to be told."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_bp.run import process
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


def test_this_process_runs_and_is_read_as_it_is_written() -> None:
    this = Process.this()
    assert this.number == os.getpid()
    assert this.runs() is True
    assert Process.parse(this.line) == this


def test_another_process_runs_until_it_has_ended() -> None:
    with child() as (other, popen):
        assert other.number == popen.pid
        assert other.runs() is True
        popen.kill()
        popen.wait()
        assert other.runs() is False


def test_a_process_that_has_ended_does_not_run_though_nobody_has_asked_how() -> None:
    with child() as (other, popen):
        popen.kill()
        os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)  # which leaves it a zombie
        os.kill(popen.pid, 0)
        assert other.runs() is False


@pytest.mark.parametrize("name", [") Z 1", "a b) S (c", "((("])
def test_the_name_of_a_process_may_be_anything(name: str) -> None:
    with child(f"open('/proc/self/comm', 'w').write({name!r})") as (other, _):
        assert other.runs() is True


def test_another_process_may_have_got_the_number() -> None:
    this = Process.this()
    assert replace(this, started=str(int(this.started) - 1)).runs() is False


@pytest.mark.parametrize("place", ["another-boot/pid:[4026531836]", UNKNOWN])
def test_a_number_means_nothing_in_another_place(place: str) -> None:
    assert replace(Process.this(), place=place).runs() is None


def test_two_places_that_are_unknown_are_not_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on machines without /proc."""

    def absent(number: int) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(process, "_start", absent)
    this = Process.this()
    assert (this.started, this.place) == (UNKNOWN, UNKNOWN)
    assert Process.parse(this.line) == this
    assert this.runs() is None


@pytest.mark.parametrize(("answer", "runs"), [(None, None), (PermissionError, None), (ProcessLookupError, False)])
def test_of_a_process_that_is_hidden_from_us_nothing_is_said_but_that_its_number_is_free(
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


def test_processes_that_proc_does_not_show_have_no_known_place() -> None:
    """In a name space of its own, a process sees a /proc in which its number is another's."""
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


def test_a_line_that_is_not_whole_tells_of_nobody() -> None:
    line = Process.this().line
    assert not [cut for cut in range(len(line)) if Process.parse(line[:cut])]


@pytest.mark.parametrize(
    "line", ["0 1 here host\n", "-1 1 here host\n", "9999999999 1 here host\n", "1 x here host\n", "1 2\n", "{}\n"]
)
def test_a_line_of_something_else_tells_of_nobody(line: str) -> None:
    assert Process.parse(line) is None
