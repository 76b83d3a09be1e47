"""A computational graph of elementary nodes: an oracle for the fused layers that shares none of their formulas.

A node holds an array and remembers what it was computed from. Every node here is so simple that its derivative can be
read off beside its operation, and the chain rule, applied from the output back, does the rest. The functions at the
end, from `sigmoid` on, are composed of such nodes and state no derivative at all.

Where the arguments of a maximum are equal, the first takes the whole gradient. So the functions with a kink at 0,
written maximum(0, x), maximum(αx, x) and maximum(−x, x), have there the slope of their left side.

Sources: Rumelhart, Hinton & Williams, Nature 323 (1986); Griewank & Walther, Evaluating Derivatives (2008), chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Operand: TypeAlias = "Node | npt.ArrayLike"
Edge: TypeAlias = "tuple[Node, Callable[[Array], Array]]"


class Node:
    """A float64 value, the operation that made it, and an edge to each operand.

    An edge is the operand with the operation's local derivative: a function from dout, the gradient of some output with
    respect to this node, to the part of the operand's gradient that comes this way (a vector-Jacobian product). It need
    not mind broadcasting, which `backward` undoes. `gradient` is None until then. A node varies if it is a variable or
    computed from one; only such nodes have a gradient.
    """

    __array_ufunc__ = None  # makes NumPy leave array + node to Node.__radd__

    def __init__(self, label: str, value: npt.ArrayLike, *edges: Edge, varies: bool = False) -> None:
        self.label = label
        self.value: Array = np.asarray(value, np.float64)
        self.edges = edges
        self.varies: bool = varies or any(operand.varies for operand, _ in edges)
        self.gradient: Array | None = None

    def __repr__(self) -> str:
        gradient = "" if self.gradient is None else f", gradient {_brief(self.gradient)}"
        return f"<{self.label or 'constant'} {_brief(self.value)}{gradient}>"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return self.value.shape

    def __add__(self, other: Operand) -> Node:
        other = lift(other)
        return Node("+", self.value + other.value, (self, lambda dout: dout), (other, lambda dout: dout))

    def __sub__(self, other: Operand) -> Node:
        other = lift(other)
        return Node("−", self.value - other.value, (self, lambda dout: dout), (other, lambda dout: -dout))

    def __mul__(self, other: Operand) -> Node:
        other = lift(other)
        a, b = self.value, other.value
        return Node("×", a * b, (self, lambda dout: dout * b), (other, lambda dout: dout * a))

    def __truediv__(self, other: Operand) -> Node:
        other = lift(other)
        a, b = self.value, other.value
        return Node("/", a / b, (self, lambda dout: dout / b), (other, lambda dout: -dout * a / (b * b)))

    def __matmul__(self, other: Operand) -> Node:
        """Multiply matrices, or stacks of them along the leading axes as NumPy does; raises ValueError for vectors."""
        other = lift(other)
        a, b = self.value, other.value
        if a.ndim < 2 or b.ndim < 2:
            raise ValueError(f"@ expects matrices or stacks of them; got {a.shape} @ {b.shape}: reshape the vector")
        return Node(
            "@", a @ b, (self, lambda dout: dout @ b.swapaxes(-1, -2)), (other, lambda dout: a.swapaxes(-1, -2) @ dout)
        )

    def __neg__(self) -> Node:
        return 0 - self

    def __radd__(self, other: npt.ArrayLike) -> Node:
        return lift(other) + self

    def __rsub__(self, other: npt.ArrayLike) -> Node:
        return lift(other) - self

    def __rmul__(self, other: npt.ArrayLike) -> Node:
        return lift(other) * self

    def __rtruediv__(self, other: npt.ArrayLike) -> Node:
        return lift(other) / self

    def __rmatmul__(self, other: npt.ArrayLike) -> Node:
        return lift(other) @ self

    def sum(self, axis: int | tuple[int, ...] | None = None) -> Node:
        """Sum everything to a scalar, or along `axis`, which stays with length 1."""
        value = self.value.sum(axis, keepdims=axis is not None)
        return Node("sum", value, (self, lambda dout: np.broadcast_to(dout, self.shape)))

    def max(self, axis: int) -> Node:
        """Return the largest along `axis`, which stays with length 1; the first of equals takes the gradient."""

        def to_the_first(dout: Array) -> Array:
            dx = np.zeros(self.shape)
            np.put_along_axis(dx, self.value.argmax(axis, keepdims=True), dout, axis)
            return dx

        return Node("max", self.value.max(axis, keepdims=True), (self, to_the_first))

    def reshape(self, *shape: int) -> Node:
        """Arrange the same elements in another shape."""
        return Node("reshape", self.value.reshape(shape), (self, lambda dout: dout.reshape(self.shape)))

    def __getitem__(self, key: tuple[int | slice, ...]) -> Node:
        """Return a part; only integers and slices, so that no element is taken twice."""
        if not isinstance(key, tuple) or not all(isinstance(each, int | slice) for each in key):
            raise TypeError(f"a node is indexed by a tuple of integers and slices; got {key!r}")

        def into_zeros(dout: Array) -> Array:
            dx = np.zeros(self.shape)
            dx[key] = dout
            return dx

        return Node("slice", self.value[key].copy(), (self, into_zeros))  # contiguous: @ in NumPy 2.2 is 10 × faster


def variable(value: npt.ArrayLike, name: str = "") -> Node:
    """Return a node to differentiate with respect to. It keeps a copy of the value."""
    return Node(name, np.array(value, np.float64), varies=True)


def lift(operand: Operand) -> Node:
    """Return a node as it is, and a number or an array as a constant: a node, with a copy, that has no gradient."""
    return operand if isinstance(operand, Node) else Node("", np.array(operand, np.float64))


def exp(x: Operand) -> Node:
    """Return eˣ."""
    x = lift(x)
    value = np.exp(x.value)
    return Node("exp", value, (x, lambda dout: dout * value))


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


def backward(output: Node) -> None:
    """Set `gradient` of every node that varies: the derivative of the output, a scalar, with respect to the node.

    Nodes are visited from the output back, each after all that were computed from it: by then its gradient, a sum over
    all of them, is complete. Gradients of an earlier call are forgotten.

    Raises ValueError if the output is not a single number.
    """
    if output.value.size != 1:
        raise ValueError(
            f"backward expects a single number to differentiate; got an array of shape {output.shape}: sum it"
        )
    order = _operands_first(output)
    for node in order:
        node.gradient = None
    output.gradient = np.ones(output.shape)
    for node in reversed(order):
        dout = node.gradient
        if dout is not None:
            for operand, local in node.edges:
                if operand.varies:
                    part = _sum_to_shape(local(dout), operand.shape)
                    operand.gradient = np.asarray(part if operand.gradient is None else operand.gradient + part)


def gradients(output: Node, variables: Sequence[Node]) -> list[Array]:
    """Run `backward` and return the variables' gradients in arrays of the caller's own.

    They are zeros for a variable that the output does not depend on. Raises ValueError for a constant.
    """
    for node in variables:
        if not node.varies:
            raise ValueError(
                f"gradients expects variables; got a constant of shape {node.shape}: make it with variable()"
            )
        node.gradient = None
    backward(output)
    return [np.zeros(node.shape) if node.gradient is None else node.gradient.copy() for node in variables]


def dot(output: Node) -> str:
    """Return a picture of the graph in DOT, the language of Graphviz, from the leaves on the left to the output.

    Each node shows its operation or name, its value or the shape of it, and the same of its gradient if there is one.
    """
    order = _operands_first(output)
    number = {node: i for i, node in enumerate(order)}
    lines = ["digraph {", "  rankdir=LR"]
    for node, i in number.items():
        texts = [node.label, _brief(node.value)]
        if node.gradient is not None:
            texts.append(f"gradient {_brief(node.gradient)}")
        label = "\\n".join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts if text)
        lines.append(f'  n{i} [label="{label}", shape={"ellipse" if node.edges else "box"}]')
        lines += [f"  n{number[operand]} -> n{i}" for operand, _ in node.edges]
    return "\n".join([*lines, "}", ""])


def _brief(value: Array) -> str:
    return f"{value.item():.6g}" if value.size == 1 else "×".join(map(str, value.shape))


def _operands_first(output: Node) -> list[Node]:
    """Return all nodes that the output is computed from, and itself, each after its operands; without recursion."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(output, False)]
    while stack:
        node, operands_done = stack.pop()
        if operands_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(operand, False) for operand, _ in reversed(node.edges)]
    return order


def _sum_to_shape(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting: an element that served many times has the sum of their gradients."""
    if gradient.shape == shape:
        return gradient
    added = gradient.ndim - len(shape)
    repeated = [added + i for i, size in enumerate(shape) if size == 1]
    return np.asarray(gradient.sum((*range(added), *repeated))).reshape(shape)


# From here on, only compositions: activations, losses, layers.


def sigmoid(x: Operand) -> Node:
    """Return eˣ / (eˣ + e⁰), both exponents lowered by the larger of them."""
    x = lift(x)
    larger = maximum(0, x)
    ex = exp(x - larger)
    return ex / (ex + exp(-larger))


def tanh(x: Operand) -> Node:
    """Return 2 σ(2x) − 1."""
    return 2 * sigmoid(2 * lift(x)) - 1


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
