"""Reused memory: arrays that grow to the largest batch seen and are sliced for smaller ones."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Buffers:
    """Own arrays by name, so that a steady training step allocates nothing."""

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def buffer(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """Return the array `name` with this shape and dtype; its contents are whatever they were."""
        held = self._buffers.get(name)
        if held is None or len(held) < shape[0] or held.shape[1:] != shape[1:] or held.dtype != dtype:
            held = self._buffers[name] = np.empty(shape, dtype)
        return held[: shape[0]]
