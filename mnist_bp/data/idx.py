"""The IDX format of the MNIST archives: two zero bytes, a type, the number of dimensions, their sizes, the values.

Sizes are big-endian 32-bit; type 8 is the unsigned byte, the only one these data sets use.
Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits, "File formats".
"""

import gzip
import math
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from mnist_bp import regular
from mnist_bp.data.dataset import Arrays, require_fit
from mnist_bp.errors import BpError, Exit

UNSIGNED_BYTE = 8
MAX_BYTES = 1 << 30  # of values in one file: more would be a bomb, not a data set
MAX_RATIO = {1: 1032, 3: 255}  # of values to bytes of gzip, by dimensions: 1032 is the most there can be
ALWAYS = 1 << 20  # values, however small their file
CHUNK = 1 << 18  # decoded at a time

DIMENSIONS = {"train_images": 3, "train_labels": 1, "test_images": 3, "test_labels": 1}
HINT = "data.dir starts from the working directory: go where it leads there, or say --set data.dir=FOLDER"
PATTERNS = ("*train-images*", "*train-labels*", "*t10k-images*", "*t10k-labels*")


@dataclass(frozen=True)
class File:
    """An open IDX file, its header read: `shape` is what it claims, and `rest` has the values."""

    path: Path
    shape: tuple[int, ...]
    rest: Any

    def values(self) -> np.ndarray:
        """Read the values, once; raises BpError (exit 4) unless they are as many as claimed, and nothing follows."""
        values, got = np.empty(math.prod(self.shape), np.uint8), 0
        with _reading(self.path):
            while count := self.rest.readinto(values[got : got + CHUNK].data):
                got += count
            more = self.rest.read(1)
        if got < len(values) or more:
            raise _malformed(self.path, f"{len(values)} values", "more bytes after them" if more else f"only {got}")
        return values.reshape(self.shape)


def encoded(array: np.ndarray) -> bytes:
    """Return an array of unsigned bytes as an IDX file."""
    return struct.pack(f">4B{array.ndim}I", 0, 0, UNSIGNED_BYTE, array.ndim, *array.shape) + array.tobytes()


def read_four(name: str, paths: Sequence[Path]) -> Arrays:
    """Read the four files of a data set, in the order of DIMENSIONS.

    Raises BpError (exit 4) as `opened` and `File.values` do, and, before any value is read, if the files do not fit
    together.
    """
    with ExitStack() as stack:
        files = {
            each: stack.enter_context(opened(path, DIMENSIONS[each]))
            for each, path in zip(DIMENSIONS, paths, strict=True)
        }
        require_fit(name, {each: file.shape for each, file in files.items()})
        return {each: file.values() for each, file in files.items()}


def find_four(folder: Path) -> list[Path]:
    """Find the four files of a data set by PATTERNS; raises BpError (exit 4) unless there is one of each.

    Where a file lies both gzipped and plain, it is the plain one.
    """
    if not folder.is_dir():
        message = f"{folder}: expected a folder with four IDX files; there is none"
        raise BpError(message, code=Exit.NO_DATA, hint=HINT)
    return [_find(folder, pattern) for pattern in PATTERNS]


@contextmanager
def opened(path: Path, dimensions: int) -> Iterator[File]:
    """Open an IDX file of unsigned bytes, gzipped or plain, with that many dimensions.

    Raises BpError (exit 4) unless its header is valid, and claims no more values than a file of its size may hold.
    """
    with ExitStack() as stack:
        with _reading(path):
            file = stack.enter_context(regular.opened(path))
            size, zipped = os.fstat(file.fileno()).st_size, file.read(2) == b"\x1f\x8b"
            file.seek(0)
            stream: Any = stack.enter_context(gzip.GzipFile(fileobj=file)) if zipped else file
            shape = _shape(stream, path, dimensions)
        count, ratio, plain = math.prod(shape), MAX_RATIO[dimensions], size - 4 - 4 * dimensions
        if zipped and count > ALWAYS + ratio * size:
            expected = f"at most {ratio} values for each of its {size} gzipped bytes"
            raise _malformed(path, expected, f"{count}", "if it is genuine, gunzip it: a plain file has no such bound")
        if not zipped and count > plain:
            raise _malformed(path, f"{count} values", f"only {plain}")
        yield File(path, shape, stream)


def _shape(stream: IO[bytes], path: Path, dimensions: int) -> tuple[int, ...]:
    """Read the header; raises BpError (exit 4) unless it is that of unsigned bytes with so many dimensions."""
    header = stream.read(4)
    if len(header) < 4 or header[:2] != b"\0\0":
        raise _malformed(path, "an IDX file, which starts with two zero bytes", header.hex(" ") or "nothing")
    if header[2] != UNSIGNED_BYTE:
        raise _malformed(path, f"unsigned bytes, IDX type {UNSIGNED_BYTE:#04x}", f"type {header[2]:#04x}")
    if header[3] != dimensions:
        raise _malformed(path, f"{dimensions} dimension{'s' * (dimensions > 1)}", f"{header[3]}")
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise _malformed(path, f"the sizes of {dimensions} dimensions", "a file that ends before them")
    shape = struct.unpack(f">{dimensions}I", sizes)
    if max(count := math.prod(shape), *shape) > MAX_BYTES:
        raise _malformed(path, f"at most {MAX_BYTES} values", f"a header that claims {count}")
    return shape


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Let what goes wrong with a file, or with gzip in it, be a BpError (exit 4)."""
    try:
        yield
    except EOFError as error:
        raise _malformed(path, "one whole gzip stream", "a truncated one") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _malformed(path, "a sound gzip stream", f"one with a fault: {error}") from error
    except OSError as error:
        raise BpError(f"{path}: cannot read it: {error.strerror}", code=Exit.NO_DATA) from error


def _find(folder: Path, pattern: str) -> Path:
    found = sorted(path for path in folder.glob(pattern) if not path.is_dir() and not path.name.startswith("."))
    found = [path for path in found if path.suffix != ".gz" or path.with_suffix("") not in found]
    if len(found) != 1:
        got = ", ".join(path.name for path in found) or "none"
        raise BpError(f"{folder}: expected one file named {pattern}; got {got}", code=Exit.NO_DATA)
    return found[0]


def _malformed(path: Path, expected: str, got: str, hint: str | None = None) -> BpError:
    return BpError(f"{path}: expected {expected}; got {got}", code=Exit.NO_DATA, hint=hint)
