"""Finite differences: derivatives from function values alone, the judge of every other gradient."""

from collections.abc import Callable

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network, Score

STEP = 1e-5  # float64: truncation, about h² = 1e-10, and rounding, about 1e-16 / h = 1e-11, are both small


def numerical_derivative(f: Callable[[float], float], x: float, step: float = STEP) -> float:
    """Return f′(x) ≈ (f(x + h) − f(x − h)) / 2h, the central difference, whose error is of order h².

    Source: Press, Teukolsky, Vetterling & Flannery, Numerical Recipes (2007), section 5.7.
    """
    return (f(x + step) - f(x - step)) / (2 * step)


def numerical_gradient(f: Callable[[Array], float], x: Array, step: float = STEP) -> Array:
    """Return the gradient of a scalar f at x, one central difference an element: 2 · x.size values of f.

    f is called with x itself, one element moved; x is left as it was.
    """
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]

        def moved(element: float, index: tuple[int, ...] = index) -> float:
            x[index] = element
            return f(x)

        gradient[index] = numerical_derivative(moved, float(value), step)
        x[index] = value
    return gradient


def differentiate(network: Network, x: Array, t: Array) -> Score:
    """Overwrite `network.gradients` with central differences of the loss on a batch: the slow twin of `backprop`.

    The differences are taken in float64, whatever the network's own precision.
    """
    twin, wide = network.copy(np.float64), x.astype(np.float64)
    network.gradients[...] = numerical_gradient(lambda _: twin.loss(wide, t), twin.parameters)
    return network.score(x, t)
