"""Another grid of pixels over the same picture, as products of matrices; and squares of neighbours in it."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = TypeVar("Pixels", bound=NDArray[Any])


def coarse(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Return the shape of a picture in which the longer side has at most so many pixels."""
    height, width = (max(round(side * min(longest / max(shape), 1)), 1) for side in shape)
    return height, width


def windows(pixels: Pixels, side: int) -> Pixels:
    """Return all squares of side × side pixels, (H - side + 1, W - side + 1, side, side), as a view."""
    return np.lib.stride_tricks.sliding_window_view(pixels, (side, side))  # type: ignore[return-value]


def resampled(pixels: Floats, corner: tuple[float, float], step: float, shape: tuple[int, int]) -> Floats:
    """Return new pixels, each the mean of the `step` × `step` old ones that it covers, from a corner (y, x) on.

    Coordinates are those of the old pixels, of which number i lies between i and i + 1; outside of them is 0.
    """
    rows, columns = (_shares(*axis) for axis in zip(pixels.shape, corner, (step, step), shape, strict=True))
    return _weighted(rows, pixels, columns)


def reduced(pixels: Floats, shape: tuple[int, int]) -> Floats:
    """Return the means of as many equal parts of the picture."""
    rows, columns = (_shares(old, 0, old / new, new) for old, new in zip(pixels.shape, shape, strict=True))
    return _weighted(rows, pixels, columns)


def enlarged(pixels: Floats, shape: tuple[int, int]) -> Floats:
    """Return the picture in more pixels, interpolated linearly."""
    rows, columns = (_between(old, new) for old, new in zip(pixels.shape, shape, strict=True))
    return _weighted(rows, pixels, columns)


def _weighted(rows: Floats, pixels: Floats, columns: Floats) -> Floats:
    return np.asarray(rows @ pixels @ columns.T, np.float32)


def _shares(size: int, start: float, step: float, count: int) -> Floats:
    """Return which part of each of `count` new pixels is each of `size` old ones, (count, size)."""
    ends = start + step * np.arange(count + 1)[:, None]
    old = np.arange(size)
    overlap = np.minimum(ends[1:], old + 1) - np.maximum(ends[:-1], old)
    return np.asarray(np.maximum(overlap, 0) / step, np.float32)


def _between(size: int, count: int) -> Floats:
    """Return the weight of each of `size` old pixels in each of `count` new ones, (count, size)."""
    at = np.clip((np.arange(count)[:, None] + 0.5) * size / count - 0.5, 0, size - 1)
    return np.asarray(np.maximum(1 - np.abs(at - np.arange(size)), 0), np.float32)
