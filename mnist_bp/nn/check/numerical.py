"""Finite differences by the textbook: derivatives of any function from its values alone, one element at a time."""

from collections.abc import Callable

import numpy as np

from mnist_bp.nn.buffers import Array

STEP = 1e-5  # float64: truncation, about h² = 1e-10, and rounding, about 1e-16 / h = 1e-11, are both small


def numerical_derivative(f: Callable[[float], float], x: float, step: float = STEP) -> float:
    """Return f′(x) ≈ (f(x + h) − f(x − h)) / 2h, the central difference, whose error is of order h².

    Source: Press, Teukolsky, Vetterling & Flannery, Numerical Recipes (2007), section 5.7.
    """
    return (f(x + step) - f(x - step)) / (2 * step)


def extrapolated_derivative(f: Callable[[float], float], x: float, step: float = STEP) -> float:
    """Return f′(x) ≈ (4 D(h/2) − D(h)) / 3, two central differences D of which the error of order h² cancels.

    What remains is of order h⁴; f is called at x ± h first.
    Source: Richardson, Philosophical Transactions of the Royal Society A 210 (1911); Press et al., section 5.7.
    """
    coarse = numerical_derivative(f, x, step)
    return (4 * numerical_derivative(f, x, step / 2) - coarse) / 3


def numerical_gradient(f: Callable[[Array], float], x: Array, step: float = STEP) -> Array:
    """Return the gradient of a scalar f at x, one central difference an element: 2 · x.size values of f.

    f is called with x itself, one element moved; x is left as it was. Raises TypeError if x is not of float64, as only
    that can take such small steps.
    """
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        raise TypeError(f"numerical_gradient expects an array of float64; got {getattr(x, 'dtype', type(x).__name__)}")
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]

        def moved(element: float, index: tuple[int, ...] = index) -> float:
            x[index] = element
            return f(x)

        try:
            gradient[index] = numerical_derivative(moved, float(value), step)
        finally:
            x[index] = value
    return gradient


def gradient_descent(
    f: Callable[[Array], float], x: Array, learning_rate: float = 0.01, steps: int = 100, step: float = STEP
) -> Array:
    """Return where `steps` updates x ← x − η ∂f/∂x lead from x, which is left as it was; all by numerical gradient.

    Source: Cauchy, Comptes rendus 25 (1847).
    """
    x = np.array(x, np.float64)
    for _ in range(steps):
        x -= learning_rate * numerical_gradient(f, x, step)
    return x
