"""The exclusive right to write a run directory, for one process on any of the machines that share it.

Its holder has a file of a name of its own in the folder `lock` of the run directory, and touches it now and then. The
two things that must be atomic are so on every file system, NFS included: a folder is renamed to `lock` only while there
is none, or an empty one; and deleting the file of a dead process can never delete that of a living one, as each has a
name of its own.
"""

import os
import re
import secrets
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import NamedTuple

from mnist_bp import regular
from mnist_bp.atomic import leftovers
from mnist_bp.errors import BpError
from mnist_bp.run.directory import LOCK
from mnist_bp.run.process import Process

BEAT, LEASE = 10, 60  # seconds: between signs of life, and from the last one until a process elsewhere counts as dead
NAME = re.compile(r"[0-9a-f]{32}")


class Claim:
    """Context manager: while in it, this process alone writes the run directory, which is made if there is none.

    Raises BpError at once if another process writes there, or if the directory cannot be written to. A dead process of
    this machine is succeeded at once, one that cannot be seen from here LEASE seconds after its last sign of life.
    """

    def __init__(self, path: Path) -> None:
        name = secrets.token_hex(16)
        self.path = path
        self._folder = path / LOCK
        self._file = self._folder / name
        self._candidate = path / f".{LOCK}.{os.getpid()}-{name[:8]}.part"
        self._made = False
        self._released = Event()
        self._heart = Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Claim":
        try:
            self._made = not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
            self._take()
            self._heart.start()
        except BaseException as error:
            self._release()
            if not isinstance(error, OSError):
                raise
            message = f"{self._folder}: cannot create it: {error.strerror}"
            raise BpError(message, hint="a run directory must be writable; --out names another") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def require(self) -> None:
        """Raise BpError unless the directory is still this process's to write; to be called right before each write.

        A process that was suspended for longer than LEASE may have lost it; one whose file was deleted has. If it is
        suspended between this question and its write, it still puts one whole file in place, and learns of its loss
        before the next.
        """
        try:
            regular.opened(self._file).close()  # this asks an NFS server, as stat need not
        except OSError as error:
            if not self.path.exists():
                message = f"{self.path}: is gone: it was deleted or moved while this process wrote it"
                hint = "once it is back, the run can be continued; else the same command begins it again"
                raise BpError(message, hint=hint) from error
            reasons = [*(f"{holder} is writing now" for holder in _holders(self._folder)), f"{self._file} is gone"]
            message = f"{self.path}: this process has lost the right to write here: {reasons[0]}"
            raise BpError(message, hint="once no other process writes it, the run can be continued") from error

    def _take(self) -> None:
        with suppress(FileNotFoundError):  # another process has deleted the candidate folder or the run directory
            self._contend()
        self.require()
        now = self._file.stat().st_mtime
        for candidate in leftovers(self.path):
            if candidate.is_dir() and not any(holder.is_alive(now) for holder in _holders(candidate)):
                shutil.rmtree(candidate, ignore_errors=True)

    def _contend(self) -> None:
        self._candidate.mkdir()
        own = self._candidate / self._file.name
        own.write_text(Process.this().line, encoding="utf-8", errors="replace", newline="\n")
        os.utime(own)
        now = own.stat().st_mtime  # by the clock of all signs of life: that of the file system
        for holder in _holders(self._folder):
            if holder.is_alive(now):
                ago = f"{max(now - holder.seen, 0):.0f} s ago"
                message = f"{self.path}: is being written by {holder}, which gave a sign of life {ago}"
                hint = f"wait for its end; if its machine is down, it counts as ended {LEASE} s after that sign; "
                hint += f"if this is a copy of its run, delete {self._folder}"
                raise BpError(message, hint=hint)
            holder.file.unlink(missing_ok=True)
        with suppress(OSError):
            self._folder.rmdir()  # not every file system lets a folder take the place of an empty one
        with suppress(OSError):  # somebody was quicker; or the server has done it, and its reply got lost
            self._candidate.rename(self._folder)

    def _beat(self) -> None:
        while not self._released.wait(BEAT):
            with suppress(OSError):  # which may pass; if it is a loss, `require` finds it
                os.utime(self._file)

    def _release(self) -> None:
        self._released.set()
        shutil.rmtree(self._candidate, ignore_errors=True)
        for remove in (self._file.unlink, self._folder.rmdir, *[self.path.rmdir] * self._made):
            with suppress(OSError):  # another process's, or not empty
                remove()


def is_held(path: Path) -> bool:
    """Whether a process writes the run directory, as far as can be told from here; nothing is changed."""
    with suppress(BpError, OSError):
        return any(holder.is_alive(time.time()) for holder in _holders(path / LOCK))
    return False


class _Holder(NamedTuple):
    """A file in a lock, when it was last touched, and the process that it tells of, if it is whole."""

    file: Path
    seen: float
    process: Process | None

    def __str__(self) -> str:
        return str(self.process or "an unknown process")

    def is_alive(self, now: float) -> bool:
        runs = self.process.runs() if self.process else None
        return abs(now - self.seen) < LEASE if runs is None else runs


def _holders(folder: Path) -> list[_Holder]:
    """Return whoever has a file in a lock, dead or alive: one or nobody; raises BpError for anything else in it."""
    found = []
    try:
        for file in folder.iterdir():
            with suppress(FileNotFoundError):
                if not (NAME.fullmatch(file.name) and stat.S_ISREG(file.lstat().st_mode)):
                    raise _foreign(file)
                with file.open(encoding="utf-8", errors="replace") as opened:
                    seen = os.fstat(opened.fileno()).st_mtime
                    found.append(_Holder(file, seen, Process.parse(opened.read())))
    except FileNotFoundError:
        pass
    except NotADirectoryError as error:
        raise _foreign(folder) from error
    return found


def _foreign(path: Path) -> BpError:
    return BpError(f"{path}: expected the file of a process that writes; got something else", hint="move it away")
