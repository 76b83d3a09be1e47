"""Small data sets as files, and where the genuine archives may lie."""

import gzip
import struct
from pathlib import Path

import numpy as np

from mnist_bp.data import synthetic
from mnist_bp.data.archives import FILES
from mnist_bp.streams import TEST_DIGITS

MNIST = Path(__file__).parents[3] / "shared" / "mnist"


def idx(array: np.ndarray) -> bytes:
    """Return a uint8 array in the IDX format."""
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def blobs(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return images (count, 8, 8) of three classes, each a bright row on noise, and their labels."""
    labels = rng.integers(0, 3, count, dtype=np.uint8)
    labels[:3] = 0, 1, 2
    images = rng.integers(0, 100, (count, 8, 8), dtype=np.uint8)
    images[np.arange(count), 2 * labels.astype(int)] += 120
    return images, labels


def archives(folder: Path, rng: np.random.Generator) -> Path:
    """Make a folder of gzipped IDX files, named as MNIST's, of 210 and 60 such images."""
    return _written(folder, [*blobs(210, rng), *blobs(60, rng)])


def digits(folder: Path) -> Path:
    """Make such a folder of 20 drawn digits, which are for training and for testing."""
    return _written(folder, [*synthetic.draw(20, 0, TEST_DIGITS)] * 2)


def _written(folder: Path, arrays: list[np.ndarray]) -> Path:
    folder.mkdir()
    for name, array in zip(FILES, arrays, strict=True):
        (folder / name).write_bytes(gzip.compress(idx(array), mtime=0))
    return folder
