"""Known bugs, planted in a network's backprop: a gradient check that lets one pass proves nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Linear

BUGS: dict[str, Callable[[Array, int], Array]] = {  # what becomes of a right dW in a batch of N
    "a flipped sign": lambda dW, N: -dW,
    "a factor of 1 + 1e-3": lambda dW, N: dW * (1 + 1e-3),
    "a transposed matrix": lambda dW, N: dW.T.reshape(dW.shape),
    "a missing 1/N": lambda dW, N: dW * N,
    "an off-by-one row": lambda dW, N: np.roll(dW, 1, axis=0),
}


@contextmanager
def planted(layer: Linear, bug: str) -> Iterator[None]:
    """Give the layer's backprop one of the BUGS, within the context."""
    right = layer.parameter_gradients

    def wrong(dout: Array) -> None:
        right(dout)
        layer.dW[...] = BUGS[bug](layer.dW, len(dout))

    layer.parameter_gradients = wrong  # type: ignore[method-assign]  # that is the point
    try:
        yield
    finally:
        del layer.parameter_gradients
