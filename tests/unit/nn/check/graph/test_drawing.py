"""A graph as DOT, the language of Graphviz."""

import re

import numpy as np

from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import variable


def test_the_picture_of_the_apples_shows_names_values_gradients_and_edges() -> None:
    price = variable(100, "apple") * variable(2, 'the "number"') * 1.1
    without = graph.dot(price)
    assert "gradient" not in without
    graph.backward(price)
    assert graph.dot(price) == graph.dot(price) == (
        "digraph {\n"
        "  rankdir=LR\n"
        '  n0 [label="apple\\n100\\ngradient 2.2", shape=box]\n'
        '  n1 [label="the \\"number\\"\\n2\\ngradient 110", shape=box]\n'
        '  n2 [label="×\\n200\\ngradient 1.1", shape=ellipse]\n'
        "  n0 -> n2\n"
        "  n1 -> n2\n"
        '  n3 [label="1.1", shape=box]\n'
        '  n4 [label="×\\n220\\ngradient 1", shape=ellipse]\n'
        "  n2 -> n4\n"
        "  n3 -> n4\n"
        "}\n"
    )  # fmt: skip


def test_a_picture_declares_every_node_once_and_draws_an_edge_for_every_operand() -> None:
    x = variable(np.zeros((5, 3)), "x")
    loss = graph.softmax_cross_entropy(x @ variable(np.zeros((3, 2)), "W"), np.full((5, 2), 0.5))
    lines = graph.dot(loss).splitlines()
    declared = [match[1] for line in lines if (match := re.fullmatch(r'  (n\d+) \[label="[^"]+", shape=\w+\]', line))]
    edges = [match.groups() for line in lines if (match := re.fullmatch(r"  (n\d+) -> (n\d+)", line))]
    assert len(declared) + len(edges) == len(lines) - 3  # the frame and the direction
    assert len(set(declared)) == len(declared)
    assert {end for edge in edges for end in edge} == set(declared)
    assert any('[label="x\\n5×3", shape=box]' in line for line in lines)  # an array is shown by its shape
