"""The cache folder, and the decoded copies in it: arrays that are mapped, not read, and verified at every start."""

import logging
import mmap
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import platformdirs

from mnist_bp.atomic import replacing
from mnist_bp.data.dataset import Array, Arrays, Dataset
from mnist_bp.errors import BpError, Exit

log = logging.getLogger(__name__)


def folder(configured: str | None = None) -> Path:
    """Return the cache folder: $MNIST_BP_CACHE, else the configured one, else the user's own cache."""
    return expanded(os.environ.get("MNIST_BP_CACHE") or configured or platformdirs.user_cache_dir("mnist-bp"))


def expanded(path: str) -> Path:
    """Return the path with ~ replaced by the home folder; the ~ of a user who does not exist stays."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # Path.expanduser raises RuntimeError for that user


@contextmanager
def entry(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file of the cache, as `replacing` does; raises BpError (exit 4) if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            yield file
    except OSError as error:
        raise BpError(
            f"{path}: cannot write to the cache: {error.strerror or error}",
            code=Exit.NO_DATA,
            hint="name another cache folder in MNIST_BP_CACHE",
        ) from error


def keep(name: str, path: Path, make: Callable[[], Arrays]) -> Dataset:
    """Return the data set of the decoded copy at `path`; make its arrays and the copy if there is no sound one."""
    dataset = opened(name, path)
    if dataset is None:
        if path.exists():
            log.warning("%s: not the decoded copy that was written there; making it anew", path)
        dataset = Dataset.of(name, make())
        try:
            _write(path, dataset)
        except BpError as error:
            log.warning("%s; without a decoded copy, the next start will be slower", error)
    return dataset


def opened(name: str, path: Path) -> Dataset | None:
    """Map the decoded copy at `path`; None where there is none, or where its contents have changed since."""
    try:
        members = _mapped(path)
        dataset = Dataset.of(name, {member: array for member, array in members.items() if member != "fingerprint"})
        return dataset if bytes(members["fingerprint"]) == _named_fingerprint(dataset) else None
    except Exception:  # damaged bytes make zip and header parsers raise almost anything, and the answer is the same
        return None


def _write(path: Path, dataset: Dataset) -> None:
    members: dict[str, Any] = {"fingerprint": np.frombuffer(_named_fingerprint(dataset), np.uint8)}
    for name, split in (("train", dataset.train), ("test", dataset.test)):
        members |= {f"{name}_images": split.x.reshape(-1, *dataset.shape), f"{name}_labels": split.t}
    with entry(path) as file:
        np.savez(file, **members)


def _named_fingerprint(dataset: Dataset) -> bytes:
    return f"{dataset.name} {dataset.fingerprint}".encode()


def _mapped(path: Path) -> dict[str, Array]:
    """Map the arrays of an uncompressed .npz file, read-only: they cost no memory until they are touched.

    NumPy itself maps .npy files alone; in an .npz each lies behind a zip header: 30 bytes, its name, an extra field.
    """
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        arrays = {}
        for member in archive.infolist():
            name_length, extra_length = struct.unpack_from("<HH", whole, member.header_offset + 26)
            file.seek(member.header_offset + 30 + name_length + extra_length)
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            flat = np.frombuffer(whole, dtype, count=int(np.prod(shape)), offset=file.tell())
            arrays[member.filename.removesuffix(".npy")] = flat.reshape(shape)
    return arrays
