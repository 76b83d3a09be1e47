"""The claim on a run directory: one process has it at a time, ended ones lose it, and a loss is noticed."""

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
from mnist_bp.run.claim import LEASE, Claim
from mnist_bp.run.directory import LOCK
from mnist_bp.run.process import Process
from tests.helpers.commands import contents
from tests.helpers.disks import bound_by_permissions

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


def here(**changes: Any) -> Process:
    return replace(Process.this(), **changes)


def ended() -> Process:
    """Return a process of this machine that has ended."""
    program = "from mnist_bp.run.process import Process; print(Process.this().line, end='')"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    process = Process.parse(told)
    assert process is not None
    return process


def leave(line: str, age: float = 0) -> Path:
    """Leave a lock with this line in the run directory, last touched `age` seconds ago; return its file."""
    file = R / LOCK / "0123456789abcdef0123456789abcdef"
    file.parent.mkdir(parents=True)
    file.write_text(line)
    now = file.stat().st_mtime
    os.utime(file, (now - age, now - age))
    return file


@contextmanager
def holding(*prefix: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a process that holds the claim until it gets a line."""
    command = [*prefix, sys.executable, "-c", HOLD, str(R)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as popen:
        assert popen.stdout is not None
        assert popen.stdout.readline() == "held\n"
        yield popen
        popen.kill()


def test_the_lock_names_this_process_and_is_removed_at_the_end() -> None:
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
def test_the_lock_is_removed_after_any_exception(end: BaseException) -> None:
    with pytest.raises(type(end)), Claim(R):
        raise end
    assert not R.exists()


def test_a_run_directory_that_the_claim_made_is_removed_if_it_is_empty() -> None:
    with Claim(R):
        pass
    assert not R.exists()
    with Claim(R):
        (R / "config.yaml").touch()
    assert [*R.iterdir()] == [R / "config.yaml"]


def test_a_second_claim_is_refused_at_once_and_leaves_no_files() -> None:
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


LOCKS: dict[str, tuple[Callable[[], str], float, bool]] = {
    "this process, silent for long": (lambda: here().line, 10 * LEASE, True),
    "a process that ended a moment ago": (lambda: ended().line, 0, False),
    "a process whose number another one has now": (lambda: here(started="1").line, 0, False),
    "a process elsewhere": (lambda: here(place="elsewhere").line, LEASE / 2, True),
    "a process elsewhere, silent for long": (lambda: here(place="elsewhere").line, 2 * LEASE, False),
    "a process elsewhere, before the clock was put back": (lambda: here(place="elsewhere").line, -2 * LEASE, False),
    "an empty line": (lambda: "", LEASE / 2, True),
    "an empty line, silent for long": (lambda: "", 2 * LEASE, False),
    "a torn line": (lambda: here().line[:-1], LEASE / 2, True),
    "a torn line, silent for long": (lambda: here().line[:-1], 2 * LEASE, False),
    "garbage, silent for long": (lambda: "\x00\xff" * 1000, 2 * LEASE, False),
}
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are told apart by /proc")
TOLD_BY_PROC = [*LOCKS][:3]
ON_LOCKS = [pytest.param(*row, id=name, marks=[needs_proc] * (name in TOLD_BY_PROC)) for name, row in LOCKS.items()]


@pytest.mark.parametrize(("line", "age", "kept"), ON_LOCKS)
def test_a_lock_is_respected_as_long_as_its_process_may_be_running(
    line: Callable[[], str], age: float, kept: bool
) -> None:
    file = leave(line(), age)
    before = file.read_bytes()
    if kept:
        with pytest.raises(BpError, match="r: is being written by "), Claim(R):
            pass
        assert contents(R / LOCK) == {file.name: before}
        assert [*R.iterdir()] == [R / LOCK]
    else:
        with Claim(R) as held:
            held.require()
            assert not file.exists()
        assert [*R.iterdir()] == []


@pytest.mark.parametrize(("wrong", "age", "kept"), [(3600, 0, True), (-3600, 3600, False)])
def test_the_age_of_a_lock_is_measured_by_the_clock_of_the_file_system(
    wrong: float, age: float, kept: bool, monkeypatch: pytest.MonkeyPatch
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
            assert not kept
    except BpError:
        assert kept


def test_an_empty_lock_folder_can_be_taken() -> None:
    """It is left if a process is killed between the removal of its file and that of the folder."""
    (R / LOCK).mkdir(parents=True)
    with Claim(R) as held:
        held.require()


def test_a_claim_works_where_no_folder_can_be_renamed_onto_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """POSIX allows that, but not every file system does."""
    rename = Path.rename

    def strict(path: Path, target: Path) -> Path:
        if target.exists():
            raise FileExistsError
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", strict)
    (R / LOCK).mkdir(parents=True)
    with Claim(R) as held:
        held.require()


@needs_proc
@pytest.mark.parametrize("reaped", [True, False])
def test_the_lock_of_a_killed_process_can_be_taken_at_once(reaped: bool) -> None:
    with holding() as other:
        with pytest.raises(BpError, match=rf"is being written by process {other.pid} on "), Claim(R):
            pass
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | (0 if reaped else os.WNOWAIT))
        assert len([*(R / LOCK).iterdir()]) == 1
        with Claim(R) as held:
            held.require()


@needs_proc
def test_a_suspended_process_keeps_its_claim() -> None:
    with holding() as other:
        other.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, other.pid, os.WSTOPPED)
        (file,) = (R / LOCK).iterdir()
        os.utime(file, (0, 0))
        with pytest.raises(BpError, match="is being written by"), Claim(R):
            pass
        other.send_signal(signal.SIGCONT)
        assert other.communicate("\n")[0] == ""


@needs_proc
def test_a_silent_process_in_another_container_loses_its_claim_and_is_told() -> None:
    prefix = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"], check=False).returncode:
        pytest.skip("no name spaces are to be had")
    with holding(*prefix) as other:
        with pytest.raises(BpError, match="is being written by process 1 on "), Claim(R):
            pass
        (file,) = (R / LOCK).iterdir()
        os.utime(file, (0, 0))
        with Claim(R) as held:
            assert other.communicate("\n")[0].startswith(
                f"r: this process has lost the right to write here: {Process.this()} is writing"
            )
            held.require()


def test_the_file_of_a_claim_is_touched_regularly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "BEAT", 0.001)
    with Claim(R):
        (file,) = (R / LOCK).iterdir()
        for _ in range(3):
            os.utime(file, (0, 0))
            deadline = time.monotonic() + 60
            while file.stat().st_mtime == 0:
                assert time.monotonic() < deadline


def test_a_process_that_lost_its_claim_is_told_who_has_it_and_leaves_that_lock_alone() -> None:
    with Claim(R) as held:
        shutil.rmtree(R / LOCK)
        thief = leave(here(place="elsewhere", host="node7").line)
        with pytest.raises(BpError) as caught:
            held.require()
    assert (
        str(caught.value)
        == f"r: this process has lost the right to write here: process {os.getpid()} on node7 is writing now"
    )
    assert caught.value.hint
    assert contents(R / LOCK) == {thief.name: thief.read_bytes()}


def test_a_process_whose_lock_was_deleted_is_told() -> None:
    with Claim(R) as held:
        shutil.rmtree(R / LOCK)
        with pytest.raises(BpError, match=r"lost the right to write here: r/lock/[0-9a-f]+ is gone"):
            held.require()
    with Claim(R):
        pass


def test_a_rename_that_nfs_wrongly_reports_as_failed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the reply gets lost, the client asks again, and hears that there is nothing to rename."""
    rename = Path.rename

    def lost(path: Path, target: Path) -> Path:
        rename(path, target)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", lost)
    with Claim(R) as held:
        held.require()


def test_the_process_that_renames_its_folder_first_gets_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process takes it after we looked and before our rename."""
    rename = Path.rename

    def overtaken(path: Path, target: Path) -> Path:
        leave(here(host="node7").line)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", overtaken)
    with pytest.raises(BpError, match="on node7 is writing now"), Claim(R):
        pass
    assert [path.relative_to(R).parts[0] for path in R.rglob("*")] == [LOCK] * 2


@pytest.mark.parametrize("step", ["write_text", "stat"])
def test_a_process_whose_temporary_folder_was_removed_is_told_who_has_the_claim(
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
    with pytest.raises(BpError, match="on node7 is writing now"), Claim(R):
        pass


@pytest.mark.parametrize(("line", "age", "kept"), ON_LOCKS)
def test_temporary_folders_are_removed_if_their_process_has_ended(
    line: Callable[[], str], age: float, kept: bool
) -> None:
    candidate = (left := leave(line(), age)).parent.rename(R / ".lock.1234-0123abcd.part") / left.name
    with Claim(R) as held:
        held.require()
        assert candidate.exists() == candidate.parent.exists() == kept


def test_an_empty_temporary_folder_is_removed() -> None:
    (candidate := R / ".lock.1234-0123abcd.part").mkdir(parents=True)
    with Claim(R):
        assert not candidate.exists()


def test_a_claim_that_fails_on_the_way_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(thread: Thread) -> None:
        raise SystemExit(143)

    monkeypatch.setattr(Thread, "start", exhausted)
    with pytest.raises(SystemExit), Claim(R):
        pass
    assert not R.exists()


def test_a_read_only_run_directory_is_reported() -> None:
    R.mkdir(mode=0o555)
    with bound_by_permissions(), pytest.raises(BpError, match="r/lock: cannot create it: Permission denied"), Claim(R):
        pass


def test_a_file_in_place_of_the_lock_folder_is_reported_and_kept() -> None:
    R.mkdir()
    (R / LOCK).write_text("mine")
    with pytest.raises(BpError, match="r/lock: expected the file of a process that writes"), Claim(R):
        pass
    assert contents(R) == {LOCK: b"mine"}


STRANGE: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a link": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("name", ["0" * 32, LOCK])
def test_pipes_folders_and_links_in_the_lock_are_reported_without_blocking(
    name: str, make: Callable[[Path], object]
) -> None:
    (R / LOCK).mkdir(parents=True)
    make(path := R / LOCK / name)
    with pytest.raises(BpError, match=f"{path}: expected the file of a process that writes"), Claim(R):
        pass
    assert [*R.rglob("*")] == [R / LOCK, path]


def test_a_pipe_in_the_place_of_the_holders_file_is_a_loss_and_is_not_waited_for() -> None:
    with Claim(R) as held:
        (mark,) = (R / LOCK).iterdir()
        mark.unlink()
        os.mkfifo(mark)
        with pytest.raises(BpError, match=f"{mark}: expected the file of a process that writes"):
            held.require()


def test_a_process_whose_directory_was_moved_away_says_that_it_is_gone() -> None:
    with Claim(R) as held:
        R.rename("elsewhere")
        with pytest.raises(BpError, match=r"^r: is gone: it was deleted or moved") as caught:
            held.require()
    assert caught.value.hint == "once it is back, the run can be continued; else the same command begins it again"
    assert not R.exists()


@pytest.mark.parametrize("link", [True, False])
def test_foreign_files_in_the_lock_are_reported_and_kept(link: bool) -> None:
    (folder := Path("elsewhere") if link else R / LOCK).mkdir(parents=True)
    R.mkdir(exist_ok=True)
    if link:
        (R / LOCK).symlink_to(folder.absolute())
    (folder / "thesis.tex").touch()
    os.utime(folder / "thesis.tex", (0, 0))
    with pytest.raises(BpError, match=r"r/lock/thesis\.tex: expected the file "), Claim(R):
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
for number in range(10):
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
        sys.exit("two have the claim at once")
    had += status == 0
print(had)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_eight_competing_processes_never_have_the_claim_at_the_same_time(tmp_path: Path) -> None:
    """Every other one ends without releasing it. A marker file shows that no two have it at once."""
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


def test_whether_a_run_is_being_written_can_be_asked_without_writing() -> None:
    R.mkdir()
    assert not claim.is_held(R)
    with Claim(R):
        assert claim.is_held(R)
    shutil.rmtree(R / LOCK, ignore_errors=True)
    leave(ended().line, 2 * LEASE)
    before = contents(R / LOCK)
    assert not claim.is_held(R)
    (R / LOCK / "other").touch()
    assert not claim.is_held(R)
    assert contents(R / LOCK) == before | {"other": b""}
