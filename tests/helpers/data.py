"""Small data sets as files, and where the genuine archives may lie."""

import struct
from pathlib import Path

import numpy as np

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
