"""The cache folder, and the decoded copies in it: arrays that are verified at every start.

Symbolic links in it are not followed: neither what is read nor what is written lies elsewhere. The cache folder itself
may be one, as the user's own choice.
"""

import errno
import hashlib
import logging
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import IO

import numpy as np

from mnist_bp import npz, regular
from mnist_bp.atomic import leftovers, replacing
from mnist_bp.data.dataset import Arrays, Dataset, fingerprint
from mnist_bp.errors import BpError, Exit

log = logging.getLogger(__name__)

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)  # where there are no symbolic links, there is nothing to follow
MISSING = FileNotFoundError, NotADirectoryError
MAX_BYTES = 1 << 32  # of a decoded copy: four archives decode to less
ABANDONED = 24 * 60 * 60  # seconds: no living process leaves its temporary file untouched for so long


def folder(configured: str | None = None) -> Path:
    """Return the cache folder: $MNIST_BP_CACHE, else the configured one, else the user's own cache.

    Raises BpError (exit 4) if the user has none, having no home folder.
    """
    if named := os.environ.get("MNIST_BP_CACHE") or configured:
        return expanded(named)
    import platformdirs  # noqa: PLC0415  # 4 ms, needed only here

    try:
        return expanded(platformdirs.user_cache_dir("mnist-bp"))
    except RuntimeError as error:
        message = "expected a home folder, for the cache; this user has none"
        raise BpError(message, code=Exit.NO_DATA, hint="name a cache folder in MNIST_BP_CACHE") from error


def expanded(path: str) -> Path:
    """Return the path with ~ replaced by the home folder; the ~ of a user who does not exist stays."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # Path.expanduser raises RuntimeError for that user


def reading(path: Path) -> BufferedReader:
    """Open a file of the cache; raises OSError if there is none, BpError (exit 4) if its folder is a symbolic link."""
    _refuse_link(path.parent)
    try:
        return regular.opened(path, NO_FOLLOW)
    except OSError as error:
        if not path.is_symlink():
            raise
        log.warning("%s: a symbolic link, which is not followed in the cache: taken for missing", path)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error


def store(path: Path, pieces: Iterable[bytes], sha256: str) -> None:
    """Write a file of the cache, piece by piece, if it has the SHA-256 in the end; else leave `path` alone.

    Raises ValueError if it has another, BpError (exit 4) if it cannot be written. An OSError from
    `pieces` would be taken for a failure to write, so they raise something else.
    """
    digest = hashlib.sha256()
    with _writing(path) as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != sha256:
            raise ValueError(f"expected SHA-256 {sha256}; got {digest.hexdigest()} ({file.tell()} bytes)")


def keep(name: str, path: Path, make: Callable[[], Arrays], pinned: str | None = None) -> Dataset:
    """Return the data set of the decoded copy at `path`; make its arrays and the copy if there is no sound one.

    Raises BpError (exit 4) if their fingerprint is not the one that is `pinned`.
    """
    try:
        return read(name, path, pinned)
    except MISSING:
        pass
    except ValueError as error:
        log.warning("%s; making it anew", error)
    dataset = Dataset.of(name, make())
    if pinned and dataset.fingerprint != pinned:
        message = f"data set {name}: expected contents of fingerprint {pinned}; got {dataset.fingerprint}"
        raise BpError(message, code=Exit.NO_DATA, hint=f"`bp data verify {name}` looks for what is wrong")
    try:
        _write(path, dataset)
        return read(name, path, pinned)
    except (BpError, OSError, ValueError) as error:
        log.warning("%s; without a decoded copy, the next start will be slower", error)
    return dataset


def read(name: str, path: Path, pinned: str | None = None) -> Dataset:
    """Read the decoded copy at `path`; raises one of MISSING if there is none, ValueError if it is not a sound one.

    A sound one holds what was written there, by its fingerprint, and what is `pinned`, if anything is. To take the
    fingerprint is slow, so it is believed if the file was found sound before and is still the same by its `_identity`,
    which is kept in a file beside it.
    """
    unsound = f"{path}: not the decoded copy that was written there"
    try:
        with reading(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise ValueError(f"it has {size} bytes")
            whole = np.empty(size, np.uint8)
            file.readinto(whole.data)
            members = npz.arrays(file, whole)
            identity = _identity(os.fstat(file.fileno()), whole)  # as it is after all has been read
    except MISSING:
        raise
    except OSError as error:
        raise ValueError(f"{path}: cannot read it: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(unsound) from error
    known_by = path.with_suffix(".verified")
    believed = _line(known_by) == identity
    try:
        written = bytes(members.pop("fingerprint")).decode()
        known = written[-64:] if believed else fingerprint(members)
        if written != f"{name}/{path.name} {known}" or known != (pinned or known):
            raise ValueError(unsound)
        dataset = Dataset.of(name, members, known)
    except MemoryError:
        raise
    except Exception as error:  # members may be missing, or anything
        raise ValueError(unsound) from error
    if not believed:
        with suppress(BpError), _writing(known_by) as file:  # where it cannot be written, the next start is slower
            file.write(identity)
    return dataset


def _identity(status: os.stat_result, whole: np.ndarray) -> bytes:
    """Return the line that tells a file from any other, and from itself after a change."""
    parts = status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    return f"{zlib.crc32(whole.data):08x} {' '.join(map(str, parts))}\n".encode()


def _line(path: Path) -> bytes | None:
    """Return the line that a file of the cache holds; None if it cannot be read."""
    with suppress(OSError), reading(path) as file:
        return file.readline(200)
    return None


def _write(path: Path, dataset: Dataset) -> None:
    written = f"{dataset.name}/{path.name} {dataset.fingerprint}".encode()
    with _writing(path) as file:
        np.savez(file, allow_pickle=False, fingerprint=np.frombuffer(written, np.uint8), **dataset.arrays)


@contextmanager
def _writing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file of the cache, as `replacing` does; raises BpError (exit 4) if it cannot be written."""
    try:
        _refuse_link(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            for leftover in leftovers(path.parent):
                with suppress(OSError):  # another process may be as quick
                    if time.time() - leftover.lstat().st_mtime > ABANDONED:
                        leftover.unlink()
            yield file
    except OSError as error:
        raise BpError(
            f"{path}: cannot write to the cache: {error.strerror or error}",
            code=Exit.NO_DATA,
            hint="name another cache folder in MNIST_BP_CACHE",
        ) from error


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise BpError(
            f"{folder}: expected a folder; got a symbolic link, which is not followed in the cache",
            code=Exit.NO_DATA,
            hint="remove the link; to keep the whole cache elsewhere, name that folder in MNIST_BP_CACHE",
        )
