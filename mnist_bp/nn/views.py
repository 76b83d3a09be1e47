"""Named views of a flat vector, each in the shape of its tensor."""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.buffers import Array


class Views(Mapping[str, Array]):
    """The views, by name; to assign to a name writes into its view, so that vector and views never part."""

    def __init__(self, vector: Array, shapes: Mapping[str, tuple[int, ...]]) -> None:
        ends = accumulate(map(math.prod, shapes.values()))
        self.slices = {
            name: slice(end - math.prod(shape), end) for (name, shape), end in zip(shapes.items(), ends, strict=True)
        }
        """Where each lies in the vector."""
        self._views = {name: vector[place].reshape(shapes[name]) for name, place in self.slices.items()}

    def __getitem__(self, name: str) -> Array:
        return self._views[name]

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        view = self._views[name]
        if np.shape(value) != view.shape:
            raise ValueError(f"{name}: expected an array of shape {view.shape}; got {np.shape(value)}")
        view[...] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        return repr(self._views)


def overlaps(slices: Iterable[slice], part: slice) -> list[slice]:
    """Return what slices of a vector have in common with a part of it, counted from the start of that part."""
    start = part.start or 0
    cut = [slice(max(each.start - start, 0), min(each.stop, part.stop or each.stop) - start) for each in slices]
    return [each for each in cut if each.start < each.stop]
