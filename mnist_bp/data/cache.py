"""The cache folder, and the decoded copies in it: arrays that are mapped, not read, and verified at every start.

Symbolic links in it are not followed: neither what is read nor what is written lies elsewhere. The cache folder itself
may be one, as the user's own choice.
"""

import errno
import hashlib
import logging
import mmap
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import platformdirs

from mnist_bp import npz
from mnist_bp.atomic import leftovers, replacing
from mnist_bp.data.dataset import Arrays, Dataset
from mnist_bp.errors import BpError, Exit

log = logging.getLogger(__name__)

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)  # where there are no symbolic links, there is nothing to follow
ABANDONED = 24 * 60 * 60  # seconds: no living process leaves its temporary file untouched for so long


def folder(configured: str | None = None) -> Path:
    """Return the cache folder: $MNIST_BP_CACHE, else the configured one, else the user's own cache."""
    return expanded(os.environ.get("MNIST_BP_CACHE") or configured or platformdirs.user_cache_dir("mnist-bp"))


def expanded(path: str) -> Path:
    """Return the path with ~ replaced by the home folder; the ~ of a user who does not exist stays."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # Path.expanduser raises RuntimeError for that user


def reading(path: Path) -> IO[bytes]:
    """Open a file of the cache; raises OSError if there is none, BpError (exit 4) if its folder is a symbolic link."""
    _refuse_link(path.parent)
    try:
        return open(path, "rb", opener=lambda name, flags: os.open(name, flags | NO_FOLLOW))
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


def keep(name: str, path: Path, make: Callable[[], Arrays]) -> Dataset:
    """Return the data set of the decoded copy at `path`; make its arrays and the copy if there is no sound one."""
    with suppress(OSError):  # there is none, or none that this user may read
        try:
            return opened(name, path)
        except ValueError as error:
            log.warning("%s; making it anew", error)
    dataset = Dataset.of(name, make())
    try:
        _write(path, dataset)
    except BpError as error:
        log.warning("%s; without a decoded copy, the next start will be slower", error)
    return dataset


def opened(name: str, path: Path) -> Dataset:
    """Map the decoded copy at `path`; raises ValueError if its contents have changed since, and as `reading` does."""
    with reading(path) as file, suppress(Exception):  # damaged bytes may raise almost any; the answer is the same
        members = npz.arrays(file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        written = bytes(members.pop("fingerprint"))
        dataset = Dataset.of(name, members)
        if written == _named_fingerprint(path, dataset):
            return dataset
    raise ValueError(f"{path}: not the decoded copy that was written there")


def _write(path: Path, dataset: Dataset) -> None:
    members: dict[str, Any] = {"fingerprint": np.frombuffer(_named_fingerprint(path, dataset), np.uint8)}
    for name, split in (("train", dataset.train), ("test", dataset.test)):
        members |= {f"{name}_images": split.x.reshape(-1, *dataset.shape), f"{name}_labels": split.t}
    with _writing(path) as file:
        np.savez(file, allow_pickle=False, **members)


def _named_fingerprint(path: Path, dataset: Dataset) -> bytes:
    return f"{dataset.name}/{path.name} {dataset.fingerprint}".encode()


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
