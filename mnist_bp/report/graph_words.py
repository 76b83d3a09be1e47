"""What a computational graph computes, in words: how each node comes to its value and to its gradient."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_bp.nn.check.graph.drawing import number
from mnist_bp.nn.check.graph.nodes import Node, operands_first

SIGNS = {"×": " · ", "+": " + ", "−": " − ", "/": " / "}


@dataclass(frozen=True)
class Row:
    """A node, its place in the order of computation, the places of its operands, and where its numbers come from.

    `forward` says that of its value, unless it is a leaf; `backward` of its gradient, if it has one.
    """

    place: int
    node: Node
    operands: tuple[int, ...]
    forward: str
    backward: str

    @property
    def data(self) -> dict[str, Any]:
        """The node, for programs."""
        value, gradient = self.node.value.item(), self.node.gradient
        return {
            "label": self.node.label,
            "operands": list(self.operands),
            "value": value,
            "gradient": None if gradient is None else gradient.item(),
        }


def rows(loss: Node) -> list[Row]:
    """Return a row for each node of the graph, after `backward`, with operands first."""
    order = operands_first(loss)
    place = {node: i for i, node in enumerate(order)}
    uses = defaultdict(list)
    for node in order:
        for operand, local in node.edges:
            uses[operand].append((node.gradient, local))
    return [
        Row(i, node, tuple(place[operand] for operand, _ in node.edges), _forward(node), _backward(node, uses[node]))
        for node, i in place.items()
    ]


def _forward(node: Node) -> str:
    if not node.edges:
        return ""
    terms = [_term(operand.value) for operand, _ in node.edges]
    if node.label in SIGNS:
        formula = SIGNS[node.label].join(terms)
    elif node.label.startswith("^"):
        formula = f"{terms[0]}{node.label}"
    else:
        return f"{node.label}({', '.join(number(operand.value) for operand, _ in node.edges)}) = {number(node.value)}"
    return f"{node.label} : {formula} = {number(node.value)}"


def _backward(node: Node, uses: list[tuple[np.ndarray | None, Callable[[np.ndarray], np.ndarray]]]) -> str:
    if node.gradient is None:
        return ""
    parts = [f"{_term(dout)} · {_term(local(np.ones(())))}" for dout, local in uses if dout is not None]
    gradient = " = ".join([*filter(None, [" + ".join(parts)]), number(node.gradient)])
    return f"gradient of {node.label if parts else 'the loss'} = {gradient}"


def _term(value: np.ndarray) -> str:
    """Return a number as it stands within a formula."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text
