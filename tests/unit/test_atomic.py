"""A file is there whole, or it is as it was."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mnist_bp import atomic
from mnist_bp.atomic import leftovers, replacing
from tests.helpers.commands import contents

KILLED = """
import os, signal
from pathlib import Path
from mnist_bp.atomic import replacing
with replacing(Path("file")) as file:
    file.write(b"new")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path() -> Path:
    path = Path("file")
    path.write_bytes(b"old")
    return path


def write(path: Path, then: BaseException | None = None) -> None:
    with replacing(path) as file:
        file.write(b"new")
        if then:
            raise then


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_new_contents_take_the_place_of_the_old_at_the_end(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    assert contents(Path()) == {"file": b"new"}


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_the_file_as_it_was_and_nothing_beside_it(path: Path, failure: type[BaseException]) -> None:
    with pytest.raises(failure):
        write(path, then=failure())

    assert contents(Path()) == {"file": b"old"}


def test_a_check_that_fails_after_all_is_written_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []

    def refuse() -> None:
        events.append("check")
        raise RuntimeError

    monkeypatch.setattr(os, "fsync", lambda file: events.append("fsync"))
    with pytest.raises(RuntimeError), replacing(path, refuse) as file:
        file.write(b"new")

    assert events == ["fsync", "check"]
    assert contents(Path()) == {"file": b"old"}


@pytest.mark.parametrize("step", [(os, "fsync"), (Path, "replace")], ids=["fsync", "replace"])
def test_a_full_disk_leaves_the_file_as_it_was_and_nothing_beside_it(
    path: Path, step: tuple[object, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*step, full)
    with pytest.raises(OSError, match="No space left"):
        write(path)

    assert contents(Path()) == {"file": b"old"}


def test_a_killed_process_leaves_the_file_as_it_was_and_one_leftover(path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert [leftover.read_bytes() for leftover in leftovers(Path())] == [b"new"]
    assert len(contents(Path())) == 2


def test_leftovers_are_the_temporary_files_of_replacing_alone() -> None:
    for name in (".download.part", "file.1-0123abcd.part", ".file.1-0123abcd", ".file.1-0123abc.part"):
        Path(name).touch()
    with replacing(Path("file")):
        (temporary,) = leftovers(Path())
        assert temporary.name.startswith(".file.")


def test_the_contents_reach_the_disk_before_the_name_and_the_folder_after_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []

    def fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        events.append("folder" if stat.S_ISDIR(status.st_mode) else f"{status.st_size} bytes")

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", lambda *_: events.append("name"))
    write(path)

    assert events == ["3 bytes", "name", "folder"]


def test_a_file_is_written_even_where_folders_cannot_be_synced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: full() if stat.S_ISDIR(os.fstat(descriptor).st_mode) else None)
    write(path)

    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("refusals", [3, 20])
def test_on_windows_a_file_that_a_reader_has_open_is_replaced_once_it_is_closed_or_that_is_the_reason(
    path: Path, refusals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows answers with PermissionError as long as any process has the file open."""
    replace = Path.replace
    waits: list[float] = []

    def busy(temporary: Path, target: Path) -> Path:
        if len(waits) < refusals:
            raise PermissionError(errno.EACCES, "Access is denied")
        return replace(temporary, target)

    for name, value in {"TRIES": 20, "PAUSE": 0.05, "REASON": "; another process may have it open"}.items():
        monkeypatch.setattr(atomic, name, value)
    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr(time, "sleep", waits.append)
    if refusals < 20:
        write(path)
        assert waits == [0.05] * refusals
    else:
        with pytest.raises(PermissionError, match="Access is denied; another process may have it open: 'file'"):
            write(path)
        assert sum(waits) < 1
    assert contents(Path()) == {"file": b"new" if refusals < 20 else b"old"}


def test_elsewhere_a_folder_that_may_not_be_written_to_is_not_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.delattr(time, "sleep")
    with pytest.raises(PermissionError, match="Permission denied: 'file'"):
        write(path)


def test_of_two_writers_the_last_to_finish_wins(path: Path) -> None:
    with replacing(path) as last, replacing(path) as first:
        last.write(b"last")
        first.write(b"first")

    assert contents(Path()) == {"file": b"last"}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_the_mode_is_what_the_umask_asks_for(umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write(Path("file"))
    finally:
        os.umask(before)

    assert stat.S_IMODE(Path("file").stat().st_mode) == mode
