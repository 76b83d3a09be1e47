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

    def like(
        self,
        name: str,
        array: Array,
        *,
        shape: tuple[int, ...] | None = None,
        dtype: npt.DTypeLike | None = None,
        fill: float | None = None,
    ) -> Array:
        """Return the array `name` with another one's shape and dtype, unless given, and with its order of memory.

        That is, the first axis lies first in memory or, as in the transpose of a matrix, last.
        Mixed orders would make the processor jump through one of two arrays that it reads side by side.
        """
        shape, dtype = shape or array.shape, dtype or array.dtype
        if array.strides[0] < array.strides[-1]:
            return first_axis_first(self.buffer(name, (*shape[1:], shape[0]), dtype, fill))
        return self.buffer(name, shape, dtype, fill)


def first_axis_last(array: Array) -> Array:
    """Return a view whose last axis is the array's first: (N, C, H, W) as (C, H, W, N)."""
    return array.transpose(*range(1, array.ndim), 0)


def first_axis_first(array: Array) -> Array:
    """Return the view that `first_axis_last` undoes: (C, H, W, N) as (N, C, H, W)."""
    return array.transpose(-1, *range(array.ndim - 1))
