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

    def buffer(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike, fill: float | None = None) -> Array:
        """Return the array `name` with this shape and dtype; its contents are whatever they were, at first `fill`."""
        held = self._buffers.get(name)
        if held is None or held.shape != shape or held.dtype != dtype:
            size = math.prod(shape)
            memory = None if held is None else held.base
            if memory is None or memory.size < size or memory.dtype != dtype:
                memory = np.empty(size, dtype) if fill is None else np.full(size, fill, dtype)
            held = self._buffers[name] = memory[:size].reshape(shape)
        return held

    def like(self, name: str, array: Array) -> Array:
        """Return the array `name` with another one's shape, dtype and order of memory, row by row or column by column.

        Mixed orders would make the processor jump through one of two arrays that it reads side by side.
        """
        if array.flags.f_contiguous and not array.flags.c_contiguous:
            return self.buffer(name, array.shape[::-1], array.dtype).T
        return self.buffer(name, array.shape, array.dtype)
