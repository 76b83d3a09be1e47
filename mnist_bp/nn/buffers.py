"""Reused memory: arrays that grow to the largest size asked for; smaller ones lie at their start."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Buffers:
    """Own arrays by name, so that a steady training step allocates nothing."""

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def __copy__(self) -> "Buffers":
        """Return a twin that writes to memory of its own."""
        twin = object.__new__(type(self))
        twin.__dict__ |= self.__dict__ | {"_buffers": {}}
        return twin

    def buffer(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """Return the array `name` with this shape and dtype; its contents are whatever they were."""
        size = math.prod(shape)
        held = self._buffers.get(name)
        if held is None or held.size < size or held.dtype != dtype:
            held = self._buffers[name] = np.empty(size, dtype)
        return held[:size].reshape(shape)

    def like(self, name: str, array: Array) -> Array:
        """Return the array `name` with another one's shape, dtype and order of memory, row by row or column by column.

        Mixed orders would make the processor jump through one of two arrays that it reads side by side.
        """
        if array.flags.f_contiguous and not array.flags.c_contiguous:
            return self.buffer(name, array.shape[::-1], array.dtype).T
        return self.buffer(name, array.shape, array.dtype)
