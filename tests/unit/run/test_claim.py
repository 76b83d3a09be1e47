"""The claim on a run directory: one process has it at a time, the dead are succeeded, a loss is found."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.run import claim
from mnist_bp.run.claim import LEASE, LOCK, Claim
from mnist_bp.run.process import Process
from tests.conftest import bound_by_permissions, contents

R = Path("r")
HOLD = """
import sys
from pathlib import Path
from mnist_bp.run.claim import Claim
from mnist_bp.errors import BpError
with Claim(Path(sys.argv[1])) as claim:
    print("held", flush=True)
    sys.stdin.readline()
    try:
        claim.require()
    except BpError as error:
        print(error)
"""


def here(**changes: str) -> Process:
    return replace(Process.this(), **changes)


def ended() -> Process:
    """Return a process that was here."""
    program = "from mnist_bp.run.process import Process; print(Process.this().line, end='')"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    process = Process.parse(told)
    assert process is not None
    return process


def leave(line: str, age: float = 0) -> Path:
    """Leave a lock in the run directory, last touched so many seconds ago; return its file."""
    file = R / LOCK / "0123456789abcdef0123456789abcdef"
    file.parent.mkdir(parents=True)
    file.write_text(line)
    now = file.stat().st_mtime
    os.utime(file, (now - age, now - age))
    return file


@contextmanager
def holder(*prefix: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a process that holds the claim until it gets a line."""
    command = [*prefix, sys.executable, "-c", HOLD, str(R)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as popen:
        assert popen.stdout is not None
        assert popen.stdout.readline() == "held\n"
        yield popen
        popen.kill()


def test_it_is_a_file_that_tells_of_this_process_and_goes_with_it() -> None:
    R.mkdir()
    with Claim(R) as held:
        held.require()
        (file,) = (R / LOCK).iterdir()
        assert Process.parse(file.read_text()) == Process.this()
        assert [path.name for path in R.iterdir()] == [LOCK]
    assert [*R.iterdir()] == []


@pytest.mark.parametrize(
    "end", [BpError("no"), SystemExit(143), KeyboardInterrupt()], ids=lambda end: type(end).__name__
)
def test_it_goes_however_the_process_leaves(end: BaseException) -> None:
    with pytest.raises(type(end)), Claim(R):
        raise end
    assert not R.exists()


def test_a_directory_that_it_made_goes_unless_something_is_in_it() -> None:
    with Claim(R):
        pass
    assert not R.exists()
    with Claim(R):
        (R / "config.yaml").touch()
    assert [*R.iterdir()] == [R / "config.yaml"]


def test_a_second_one_is_refused_at_once_and_leaves_nothing() -> None:
    with Claim(R) as held:
        with pytest.raises(BpError) as caught, Claim(R):
            pass
        held.require()
        assert len([*R.rglob("*")]) == 2
    assert caught.value.code == Exit.FAILURE
    assert str(caught.value).startswith(f"r: is being written by {Process.this()}, which gave a sign of life ")
    assert "wait for its end" in str(caught.value.hint)
    with Claim(R):
        pass


LEFT: dict[str, tuple[Callable[[], str], float, bool]] = {
    "this process, silent": (lambda: here().line, 10 * LEASE, True),
    "a process that has ended, a moment ago": (lambda: ended().line, 0, False),
    "a process whose number is another's now": (lambda: here(started="1").line, 0, False),
    "a process elsewhere": (lambda: here(place="elsewhere").line, LEASE / 2, True),
    "a process elsewhere, silent": (lambda: here(place="elsewhere").line, 2 * LEASE, False),
    "a process elsewhere, before the clock was put back": (lambda: here(place="elsewhere").line, -2 * LEASE, False),
    "nothing": (lambda: "", LEASE / 2, True),
    "nothing, for long": (lambda: "", 2 * LEASE, False),
    "a torn line": (lambda: here().line[:-1], LEASE / 2, True),
    "a torn line, for long": (lambda: here().line[:-1], 2 * LEASE, False),
    "garbage, for long": (lambda: "\x00\xff" * 1000, 2 * LEASE, False),
}


@pytest.mark.parametrize(("line", "age", "lives"), LEFT.values(), ids=LEFT)
def test_a_lock_is_respected_while_its_holder_may_live(line: Callable[[], str], age: float, lives: bool) -> None:
    file = leave(line(), age)
    before = file.read_bytes()
    if lives:
        with pytest.raises(BpError, match="r: is being written by "), Claim(R):
            pass
        assert contents(R / LOCK) == {file.name: before}
        assert [*R.iterdir()] == [R / LOCK]
    else:
        with Claim(R) as held:
            held.require()
            assert not file.exists()
        assert [*R.iterdir()] == []


@pytest.mark.parametrize(("wrong", "age", "lives"), [(3600, 0, True), (-3600, 3600, False)])
def test_age_is_by_the_clock_of_the_file_system(
    wrong: float, age: float, lives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of this machine is an hour off, and what it writes is of that hour until it is touched."""
    leave(here(place="elsewhere").line, age)
    right, right_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: right() + wrong)
    monkeypatch.setattr(time, "time_ns", lambda: right_ns() + int(wrong * 1e9))
    write = Path.write_text

    def written(path: Path, text: str, **how: str) -> None:
        write(path, text, **how)
        os.utime(path, (time.time(), time.time()))

    monkeypatch.setattr(Path, "write_text", written)
    try:
        with Claim(R):
            assert not lives
    except BpError:
        assert lives


def test_an_empty_lock_is_nobodys() -> None:
    """It is left where a process ends in the midst of leaving."""
    (R / LOCK).mkdir(parents=True)
    with Claim(R) as held:
        held.require()


def test_a_file_system_may_let_no_folder_take_the_place_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """POSIX lets it take that of an empty one."""
    rename = Path.rename

    def strict(path: Path, target: Path) -> Path:
        if target.exists():
            raise FileExistsError
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", strict)
    (R / LOCK).mkdir(parents=True)
    with Claim(R) as held:
        held.require()


@pytest.mark.parametrize("buried", [True, False])
def test_a_process_that_was_killed_is_succeeded_at_once(buried: bool) -> None:
    with holder() as other:
        with pytest.raises(BpError, match=rf"is being written by process {other.pid} on "), Claim(R):
            pass
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | (0 if buried else os.WNOWAIT))
        assert len([*(R / LOCK).iterdir()]) == 1
        with Claim(R) as held:
            held.require()


def test_a_process_that_is_stopped_is_waited_for() -> None:
    with holder() as other:
        other.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, other.pid, os.WSTOPPED)
        (file,) = (R / LOCK).iterdir()
        os.utime(file, (0, 0))
        with pytest.raises(BpError, match="is being written by"), Claim(R):
            pass
        other.send_signal(signal.SIGCONT)
        assert other.communicate("\n")[0] == ""


def test_a_process_in_another_container_counts_while_it_beats_and_finds_out_when_it_is_succeeded() -> None:
    prefix = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"], check=False).returncode:
        pytest.skip("no name spaces are to be had")
    with holder(*prefix) as other:
        with pytest.raises(BpError, match="is being written by process 1 on "), Claim(R):
            pass
        (file,) = (R / LOCK).iterdir()
        os.utime(file, (0, 0))
        with Claim(R) as held:
            assert other.communicate("\n")[0].startswith(f"r: is not this process's to write: {Process.this()} has")
            held.require()


def test_a_holder_touches_its_file_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "BEAT", 0.001)
    with Claim(R):
        (file,) = (R / LOCK).iterdir()
        for _ in range(3):
            os.utime(file, (0, 0))
            deadline = time.monotonic() + 60
            while file.stat().st_mtime == 0:
                assert time.monotonic() < deadline


def test_a_holder_that_loses_it_is_told_who_has_it_and_leaves_it_to_him() -> None:
    with Claim(R) as held:
        shutil.rmtree(R / LOCK)
        thief = leave(here(place="elsewhere", host="node7").line)
        with pytest.raises(BpError) as caught:
            held.require()
    assert str(caught.value) == f"r: is not this process's to write: process {os.getpid()} on node7 has taken it"
    assert caught.value.hint
    assert contents(R / LOCK) == {thief.name: thief.read_bytes()}


def test_a_holder_whose_lock_was_deleted_is_told() -> None:
    with Claim(R) as held:
        shutil.rmtree(R / LOCK)
        with pytest.raises(BpError, match=r"r: is not this process's to write: r/lock/[0-9a-f]+ is gone"):
            held.require()
    with Claim(R):
        pass


def test_a_rename_whose_reply_got_lost_is_a_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS asks again, and hears that there is nothing to rename."""
    rename = Path.rename

    def lost(path: Path, target: Path) -> Path:
        rename(path, target)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", lost)
    with Claim(R) as held:
        held.require()


def test_whoever_is_quicker_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process takes it between our look and our rename."""
    rename = Path.rename

    def outrun(path: Path, target: Path) -> Path:
        leave(here(host="node7").line)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", outrun)
    with pytest.raises(BpError, match="on node7 has taken it"), Claim(R):
        pass
    assert [path.relative_to(R).parts[0] for path in R.rglob("*")] == [LOCK] * 2


@pytest.mark.parametrize("step", ["write_text", "stat"])
def test_a_contender_whose_candidate_is_swept_away_is_told_who_was_quicker(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = getattr(Path, step)

    def swept(path: Path, *arguments: Any, **named: Any) -> object:
        if path.parent.suffix == ".part":
            monkeypatch.undo()
            os.chdir(cwd)
            shutil.rmtree(path.parent)
            leave(here(host="node7").line)
        return genuine(path, *arguments, **named)

    cwd = Path.cwd()
    monkeypatch.setattr(Path, step, swept)
    with pytest.raises(BpError, match="on node7 has taken it"), Claim(R):
        pass


@pytest.mark.parametrize(("line", "age", "lives"), LEFT.values(), ids=LEFT)
def test_candidates_of_the_dead_are_swept_and_those_of_the_living_are_not(
    line: Callable[[], str], age: float, lives: bool
) -> None:
    candidate = (left := leave(line(), age)).parent.rename(R / ".lock.1234-0123abcd.part") / left.name
    with Claim(R) as held:
        held.require()
        assert candidate.exists() == candidate.parent.exists() == lives


def test_a_candidate_of_nobody_is_swept() -> None:
    (candidate := R / ".lock.1234-0123abcd.part").mkdir(parents=True)
    with Claim(R):
        assert not candidate.exists()


def test_nothing_is_left_where_it_fails_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(thread: Thread) -> None:
        raise SystemExit(143)

    monkeypatch.setattr(Thread, "start", exhausted)
    with pytest.raises(SystemExit), Claim(R):
        pass
    assert not R.exists()


def test_a_directory_that_cannot_be_written_to_is_said() -> None:
    R.mkdir(mode=0o555)
    with bound_by_permissions(), pytest.raises(BpError, match="r/lock: cannot make it: Permission denied"), Claim(R):
        pass


def test_a_file_in_its_place_is_said() -> None:
    R.mkdir()
    (R / LOCK).write_text("mine")
    with pytest.raises(BpError, match="r/lock: expected nothing but the mark of a process"), Claim(R):
        pass
    assert contents(R) == {LOCK: b"mine"}


STRANGE: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a link": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("name", ["0" * 32, LOCK])
def test_what_is_no_file_with_the_name_of_a_mark_is_said_and_not_waited_for(
    name: str, make: Callable[[Path], object]
) -> None:
    (R / LOCK).mkdir(parents=True)
    make(path := R / LOCK / name)
    with pytest.raises(BpError, match=f"{path}: expected nothing but the mark of a process"), Claim(R):
        pass
    assert [*R.rglob("*")] == [R / LOCK, path]


def test_a_pipe_in_the_place_of_the_own_mark_is_not_waited_for() -> None:
    with Claim(R) as held:
        (mark,) = (R / LOCK).iterdir()
        mark.unlink()
        os.mkfifo(mark)
        held.require()


@pytest.mark.parametrize("link", [True, False])
def test_files_of_others_in_its_place_stay(link: bool) -> None:
    (folder := Path("elsewhere") if link else R / LOCK).mkdir(parents=True)
    R.mkdir(exist_ok=True)
    if link:
        (R / LOCK).symlink_to(folder.absolute())
    (folder / "thesis.tex").touch()
    os.utime(folder / "thesis.tex", (0, 0))
    with pytest.raises(BpError, match=r"r/lock/thesis\.tex: expected nothing but "), Claim(R):
        pass
    assert [*folder.iterdir()] == [folder / "thesis.tex"]
    assert [*R.iterdir()] == [R / LOCK]


CONTEND = """
import os, sys
from pathlib import Path
from mnist_bp.run.claim import Claim
from mnist_bp.errors import BpError
folder, marker, had = Path(sys.argv[1]), sys.argv[2], 0
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    child = os.fork()
    if not child:
        code = 9
        try:
            with Claim(folder) as claim:
                os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
                claim.require()
                os.sched_yield()
                os.unlink(marker)
                code = 0
                if number % 2:
                    os._exit(code)
        except BpError as error:
            code = 1
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == 9:
        sys.exit("two at once")
    had += status == 0
print(had)
"""


def test_of_eight_that_contend_one_has_it_at_a_time(tmp_path: Path) -> None:
    """Every other process that has it dies without leaving it. A marker shows that nobody else has it meanwhile."""
    command = [sys.executable, "-c", CONTEND, str(R), str(tmp_path / "marker")]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    for contender in started:
        assert contender.stdout is not None
        assert contender.stdout.readline() == "ready\n"
    for contender in started:
        assert contender.stdin is not None
        contender.stdin.write("\n")
        contender.stdin.flush()
    told = [contender.communicate()[0] for contender in started]
    assert [contender.returncode for contender in started] == [0] * 8
    assert sum(map(int, told)) >= 1
    with Claim(R):
        pass
