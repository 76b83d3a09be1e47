"""Elementary functions of nodes, each with its derivative beside its value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mnist_bp.nn.check.graph.nodes import Node, Operand, lift


def exp(x: Operand) -> Node:
    """Return eˣ."""
    x = lift(x)
    value = np.exp(x.value)
    return Node("exp", value, (x, lambda dout: dout * value))


def expm1(x: Operand) -> Node:
    """Return eˣ − 1, which keeps its digits where x is small."""
    x = lift(x)
    value = np.expm1(x.value)
    return Node("expm1", value, (x, lambda dout: dout * (value + 1)))


def log(x: Operand) -> Node:
    """Return the natural logarithm."""
    x = lift(x)
    a = x.value
    return Node("log", np.log(a), (x, lambda dout: dout / a))


def log1p(x: Operand) -> Node:
    """Return log(1 + x), which keeps its digits where 1 + x would round them away."""
    x = lift(x)
    a = x.value
    return Node("log1p", np.log1p(a), (x, lambda dout: dout / (1 + a)))


def maximum(x: Operand, y: Operand) -> Node:
    """Return the larger, element by element; the first of equals takes the gradient."""
    x, y = lift(x), lift(y)
    a, b = x.value, y.value
    return Node("maximum", np.maximum(a, b), (x, lambda dout: dout * (a >= b)), (y, lambda dout: dout * (a < b)))


def pad(x: Operand, widths: Sequence[tuple[int, int]]) -> Node:
    """Put zeros around: for each axis, how many before and how many after."""
    x = lift(x)
    inside = tuple(slice(before, before + size) for (before, _), size in zip(widths, x.shape, strict=True))
    return Node("pad", np.pad(x.value, widths), (x, lambda dout: dout[inside]))
