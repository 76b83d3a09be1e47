"""Activations, losses and layers, composed of elementary nodes: no derivative is stated here.

The functions with a kink at 0, written maximum(0, x), maximum(αx, x) and maximum(−x, x), have there the slope of their
left side, as the first of equal arguments takes the gradient.
"""

from __future__ import annotations

from functools import reduce
from operator import add

from mnist_bp.nn.check.graph.functions import exp, expm1, log, log1p, maximum, pad
from mnist_bp.nn.check.graph.nodes import Node, Operand, lift


def sigmoid(x: Operand) -> Node:
    """Return eˣ / (eˣ + e⁰), both exponents lowered by the larger of them."""
    x = lift(x)
    larger = maximum(0, x)
    ex = exp(x - larger)
    return ex / (ex + exp(-larger))


def tanh(x: Operand) -> Node:
    """Return (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), all exponents lowered by |x|, and the exponentials by 1, which keeps small ones.

    At 0, the second maximum takes the slope of x, and the first that of 0.
    """
    x = lift(x)
    p, q = expm1(-2 * maximum(0, -x)), expm1(-2 * maximum(x, 0))
    return (p - q) / (p + q + 2)


def relu(x: Operand) -> Node:
    """Return max(0, x), with slope 0 at 0."""
    return maximum(0, x)


def leaky_relu(x: Operand, slope: float) -> Node:
    """Return x where it is positive and slope · x elsewhere, 0 included, for a slope of at most 1."""
    return maximum(slope * lift(x), x)


def softplus(x: Operand) -> Node:
    """Return log(1 + eˣ) as max(0, x) + log(1 + exp(−|x|))."""
    x = lift(x)
    return maximum(0, x) + log1p(exp(-maximum(-x, x)))


def softmax(x: Operand) -> Node:
    """Return exp(x) over its sum along the last axis, all exponents lowered by the row's largest."""
    x = lift(x)
    ex = exp(x - x.max(-1))
    return ex / ex.sum(-1)


def softmax_cross_entropy(x: Operand, t: Operand) -> Node:
    """Return −1/N Σ t log(softmax(x)) for logits x (N, K) and class probabilities t (N, K).

    The logarithm of the quotient is taken as a difference, for a probability may be too small for float64.
    """
    x, t = _same_shape(x, t)
    lowered = x - x.max(-1)
    return -(t * (lowered - log(exp(lowered).sum(-1)))).sum() / len(x.value)


def cross_entropy(x: Operand, t: Operand) -> Node:
    """Return −1/N Σ t log(x + 1e-7) for probabilities x (N, K) and t (N, K)."""
    x, t = _same_shape(x, t)
    return -(t * log(x + 1e-7)).sum() / len(x.value)


def binary_cross_entropy(x: Operand, t: Operand) -> Node:
    """Return the mean over all elements of −t log(σ(x)) − (1 − t) log(1 − σ(x)), where −log(σ(x)) = softplus(−x)."""
    x, t = _same_shape(x, t)
    return (t * softplus(-x) + (1 - t) * softplus(x)).sum() / x.value.size


def mean_squared_error(x: Operand, t: Operand) -> Node:
    """Return the mean over all elements of (x − t)²."""
    x, t = _same_shape(x, t)
    return _sum_of_squares(x - t) / x.value.size


def half_squared_error(x: Operand, t: Operand) -> Node:
    """Return the mean over the examples, along the first axis, of half the sum of (x − t)²."""
    x, t = _same_shape(x, t)
    return _sum_of_squares(x - t) / (2 * len(x.value))


def affine(x: Operand, W: Operand, b: Operand | None = None) -> Node:
    """Return x W + b, or x W; shapes x (N, D), W (D, H), b (H,)."""
    out = lift(x) @ W
    return out if b is None else out + b


def convolution(x: Operand, W: Operand, b: Operand | None = None, stride: int = 1, padding: int = 0) -> Node:
    """Slide the filters W over the images x, unflipped, with zeros around, and add b to each filter's result.

        out[n, f, p, q] = b[f] + Σ_ij Σ_c W[f, c, i, j] · padded x[n, c, stride · p + i, stride · q + j]

    Shapes: x (N, C, H, W), W (F, C, KH, KW), b (F,).
    The outer sum is taken as it stands, over the KH · KW offsets; a product of matrices takes the inner one.
    """
    W = lift(W)
    filters, channels, height, width = W.shape
    parts = _offsets(pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)]), height, width, stride)
    images, _, *size = parts[0, 0].shape
    products = [W[:, :, i, j] @ part.reshape(images, channels, -1) for (i, j), part in parts.items()]
    out = reduce(add, products).reshape(images, filters, *size)
    return out if b is None else out + lift(b).reshape(filters, 1, 1)


def max_pool(x: Operand, size: int) -> Node:
    """Return the largest of each size × size tile of the images; rows and columns that fill no tile are dropped.

    Of equals the first, in the order of rows and then columns, takes the gradient.
    """
    return reduce(maximum, _offsets(x, size, size, stride=size).values())


def average_pool(x: Operand, size: int) -> Node:
    """Return the mean of each size × size tile of the images; rows and columns that fill no tile are dropped."""
    return reduce(add, _offsets(x, size, size, stride=size).values()) / size**2


def flatten(x: Operand) -> Node:
    """Make one row of each example: (N, …) to (N, D)."""
    x = lift(x)
    return x.reshape(len(x.value), -1)


def _same_shape(x: Operand, t: Operand) -> tuple[Node, Node]:
    x, t = lift(x), lift(t)
    if x.shape != t.shape:
        raise ValueError(f"a loss expects targets of the outputs' shape {x.shape}; got {t.shape}")
    return x, t


def _sum_of_squares(x: Node) -> Node:
    return (x * x).sum()


def _offsets(x: Operand, height: int, width: int, stride: int) -> dict[tuple[int, int], Node]:
    """Return, for each offset (i, j) in a window, the elements of x (N, C, H, W) found there in all whole windows."""
    x = lift(x)
    rows, columns = ((size - window) // stride + 1 for size, window in zip(x.shape[2:], (height, width), strict=True))
    if rows < 1 or columns < 1:
        raise ValueError(f"a window of {height}×{width} does not fit into images of {x.shape[2]}×{x.shape[3]}")
    return {
        (i, j): x[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
        for i in range(height)
        for j in range(width)
    }
