"""Named views of a flat vector, each in the shape of its tensor."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.buffers import Array


class Views(Mapping[str, Array]):
    """The views, by name; to assign to a name writes into its view, so that vector and views never part."""

    def __init__(self, vector: Array, shapes: Mapping[str, tuple[int, ...]]) -> None:
        ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
        self._views = {
            name: vector[end - math.prod(shape) : end].reshape(shape)
            for (name, shape), end in zip(shapes.items(), ends, strict=True)
        }

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
