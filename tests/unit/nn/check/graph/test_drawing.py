"""A graph as DOT, the language of Graphviz."""

import re

import numpy as np

from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import Node, variable

NUMBERS = re.compile(r'<FONT COLOR="#\w+">(.*?)</FONT>')


def carried(output: Node) -> dict[str, tuple[str, ...]]:
    """Return what stands above and below the line that leaves each node, by the node's text."""
    found = {}
    for line in graph.dot(output).splitlines():
        if match := re.match(r'  n\d+ \[id="n\d+", label=<(.*?)>, shape', line):
            text = match[1]
        elif line.startswith("  v") and "label" in line:
            found[text] = tuple(NUMBERS.findall(line))
    return found


def edges(dot: str) -> set[tuple[str, ...]]:
    return {match.groups() for match in re.finditer(r"^  (\w+)\S* -> (\w+)", dot, re.MULTILINE)}


def test_the_apples_have_their_values_above_the_lines_and_their_gradients_below() -> None:
    """The numbers of the book's figure 5.15."""
    price, count, tax = variable(100, "price"), variable(2, "number"), variable(1.1, "tax")
    total = price * count * tax
    graph.backward(total)
    assert carried(total) == {
        "price": ("100", "2.2"), "number": ("2", "110"), "tax": ("1.1", "200"), "×": ("220", "1"),
    }  # fmt: skip
    assert graph.dot(total) == graph.dot(total)
    assert edges(graph.dot(total, "total")) == {
        ("n0", "v0"), ("n1", "v1"), ("n2", "v2"), ("n3", "v3"), ("n4", "v4"),
        ("v0", "n2"), ("v1", "n2"), ("v2", "n4"), ("v3", "n4"), ("v4", "output"),
    }  # fmt: skip


def test_apples_and_oranges_have_the_numbers_of_figure_5_17() -> None:
    apples = variable(100, "apple") * variable(2, "apples")
    total = (apples + variable(150, "orange") * variable(3, "oranges")) * variable(1.1, "tax")
    graph.backward(total)
    assert carried(total) == {
        "apple": ("100", "2.2"), "apples": ("2", "110"), "orange": ("150", "3.3"), "oranges": ("3", "165"),
        "+": ("650", "1.1"), "tax": ("1.1", "650"), "×": ("715", "1"),
    }  # fmt: skip


def test_before_backward_and_for_a_constant_there_is_nothing_below_the_line() -> None:
    total = variable(100, "price") * Node("tax", 1.1)
    assert carried(total) == {"price": ("100", " "), "tax": ("1.1", " "), "×": ("110", " ")}
    graph.backward(total)
    assert carried(total)["tax"] == ("1.1", " ")


def test_a_number_without_a_name_stands_for_itself() -> None:
    dot = graph.dot(variable(3, "x") / -2)
    assert 'n1 [id="n1", label=<−2>' in dot
    assert "v1" not in dot
    assert ("n1", "n2") in edges(dot)


def test_a_leaf_that_is_used_twice_stands_before_the_others() -> None:
    x = variable(3, "x")
    assert graph.dot(x * variable(2, "W") + x).count("v0:e -> n2 [minlen=4]") == 1


def test_an_array_is_shown_by_its_shape_and_a_zero_without_a_sign() -> None:
    loss = (variable(np.zeros((5, 3)), "x") @ variable(np.zeros((3, 2)), "W")).sum() * variable(-0.0, "zero")
    assert {"x": ("5×3", " "), "zero": ("0", " ")}.items() <= carried(loss).items()


def test_names_are_text_not_markup() -> None:
    dot = graph.dot(variable(1, '<script>"') * variable(2, "a & b"), "</td>")
    assert "label=<&lt;script&gt;&quot;>" in dot
    assert "label=<a &amp; b>" in dot
    assert "label=<&lt;/td&gt;>" in dot
