"""A computational graph of elementary nodes, each with its derivative beside its operation.

A node holds an array and remembers what it was computed from. Every node here is so simple that its derivative can be
read off, and the chain rule, applied from the output back, does the rest. Where the arguments of a maximum are equal,
the first takes the whole gradient.

Sources: Rumelhart, Hinton & Williams, Nature 323 (1986); Griewank & Walther, Evaluating Derivatives (2008), chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Operand: TypeAlias = "Node | npt.ArrayLike"
Edge: TypeAlias = "tuple[Node, Callable[[np.ndarray], np.ndarray]]"


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
        self.value: np.ndarray = np.asarray(value, np.float64)
        self.edges = edges
        self.varies: bool = varies or any(operand.varies for operand, _ in edges)
        self.gradient: np.ndarray | None = None

    def __repr__(self) -> str:
        gradient = "" if self.gradient is None else f", gradient {brief(self.gradient)}"
        return f"<{self.label or 'constant'} {brief(self.value)}{gradient}>"

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

    def __pow__(self, exponent: float) -> Node:
        """Raise to a power, which is a number; raises TypeError for anything else."""
        if not isinstance(exponent, Real):
            raise TypeError(f"** expects a number as exponent; got {exponent!r}: write exp(y * log(x)) for x to the y")
        a, n = self.value, float(exponent)
        return Node(f"^{n:g}", a**n, (self, lambda dout: dout * (n * a ** (n - 1) if n else 0)))

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
        value = self.value.sum() if axis is None else self.value.sum(axis, keepdims=True)
        return Node("sum", value, (self, lambda dout: np.broadcast_to(dout, self.shape)))

    def max(self, axis: int) -> Node:
        """Return the largest along `axis`, which stays with length 1; the first of equals takes the gradient."""

        def to_the_first(dout: np.ndarray) -> np.ndarray:
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

        def into_zeros(dout: np.ndarray) -> np.ndarray:
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
    order = operands_first(output)
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


def gradients(output: Node, variables: Sequence[Node]) -> list[np.ndarray]:
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


def brief(value: np.ndarray, digits: int = 6) -> str:
    """Return a single number, or the shape of an array, as a label shows it."""
    return f"{value.item() + 0:.{digits}g}" if value.size == 1 else "×".join(map(str, value.shape))


def operands_first(output: Node) -> list[Node]:
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


def _sum_to_shape(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Undo broadcasting: an element that served many times has the sum of their gradients."""
    if gradient.shape == shape:
        return gradient
    added = gradient.ndim - len(shape)
    repeated = [added + i for i, size in enumerate(shape) if size == 1]
    return np.asarray(gradient.sum((*range(added), *repeated))).reshape(shape)
