"""The IDX format of the MNIST archives: two zero bytes, a type, the number of dimensions, their sizes, the values.

Sizes are big-endian 32-bit; type 8 is the unsigned byte, the only one these data sets use.
Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits, "File formats".
"""

import io
import math
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mnist_bp.data.dataset import Arrays
from mnist_bp.errors import BpError, Exit

UNSIGNED_BYTE = 8
MAX_BYTES = 1 << 30  # of decoded values in one file: more would be a gzip bomb, not a data set

DIMENSIONS = {"train_images": 3, "train_labels": 1, "test_images": 3, "test_labels": 1}
PATTERNS = ("*train-images*", "*train-labels*", "*t10k-images*", "*t10k-labels*")


def read_four(paths: Iterable[Path]) -> Arrays:
    """Read the four files of a data set, in the order of DIMENSIONS; raises BpError (exit 4) as `read` does."""
    return {name: read(path, DIMENSIONS[name]) for name, path in zip(DIMENSIONS, paths, strict=True)}


def find_four(folder: Path) -> list[Path]:
    """Find the four files of a data set by PATTERNS; raises BpError (exit 4) unless there is one of each.

    Where a file lies both gzipped and plain, it is the plain one.
    """
    if not folder.is_dir():
        raise BpError(f"{folder}: expected a folder with four IDX files; there is none", code=Exit.NO_DATA)
    return [_find(folder, pattern) for pattern in PATTERNS]


def read(path: Path, dimensions: int) -> np.ndarray:
    """Read an IDX file of unsigned bytes, gzipped or plain, as an array with that many dimensions.

    Raises BpError (exit 4) for anything but one whole, valid file. Memory stays within a few times the file's size and
    what is decoded from it, which is no more than its header claims.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BpError(f"{path}: cannot read it: {error.strerror}", code=Exit.NO_DATA) from error
    stream = _Gzip(raw, path) if raw[:2] == b"\x1f\x8b" else io.BytesIO(raw)
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
    count = math.prod(shape)
    if max(count, *shape) > MAX_BYTES:
        raise _malformed(path, f"at most {MAX_BYTES} values", f"a header that claims {count}")
    values = stream.read(count + 1)
    if len(values) != count:
        got = f"only {len(values)}" if len(values) < count else "more bytes after them"
        raise _malformed(path, f"{count} values", got)
    stream.close()
    return np.frombuffer(values, np.uint8).reshape(shape)


class _Gzip:
    """Hands out the decompressed bytes of a gzip stream piece by piece, never more than asked for."""

    def __init__(self, raw: bytes, path: Path) -> None:
        self._decoder = zlib.decompressobj(wbits=31)
        self._rest = raw
        self._path = path

    def read(self, count: int) -> bytes:
        pieces = []
        while count > 0 and not self._decoder.eof:
            try:
                piece = self._decoder.decompress(self._rest, count)
            except zlib.error as error:
                raise _malformed(self._path, "a sound gzip stream", str(error)) from error
            self._rest = self._decoder.unconsumed_tail
            if not piece and not self._rest:
                break
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Verify that the stream ended here, with its checksum, and that nothing follows."""
        if not self._decoder.eof or self._decoder.unused_data:
            got = "more bytes after it" if self._decoder.eof else "a truncated one"
            raise _malformed(self._path, "one whole gzip stream", got)


def _find(folder: Path, pattern: str) -> Path:
    found = sorted(path for path in folder.glob(pattern) if path.is_file() and not path.name.startswith("."))
    found = [path for path in found if path.suffix != ".gz" or path.with_suffix("") not in found]
    if len(found) != 1:
        got = ", ".join(path.name for path in found) or "none"
        raise BpError(f"{folder}: expected one file named {pattern}; got {got}", code=Exit.NO_DATA)
    return found[0]


def _malformed(path: Path, expected: str, got: str) -> BpError:
    return BpError(f"{path}: expected {expected}; got {got}", code=Exit.NO_DATA)
