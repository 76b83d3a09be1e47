"""A graph in words."""

import numpy as np

from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import Node, variable
from mnist_bp.report.graph_words import rows


def said(loss: Node) -> dict[str, tuple[str, str]]:
    graph.backward(loss)
    return {row.node.label: (row.forward, row.backward) for row in rows(loss)}


def test_each_operation_says_what_it_computes_and_each_gradient_where_it_comes_from() -> None:
    x, W = variable(0.5, "x"), variable(-0.31, "W")
    assert said(graph.exp(x * W) ** 2) == {
        "x": ("", "gradient of x = 1.467 · (−0.31) = −0.4547"),  # 2 e^(2xW) = 1.467
        "W": ("", "gradient of W = 1.467 · 0.5 = 0.7334"),
        "×": ("× : 0.5 · (−0.31) = −0.155", "gradient of × = 1.713 · 0.8564 = 1.467"),
        "exp": ("exp(−0.155) = 0.8564", "gradient of exp = 1 · 1.713 = 1.713"),
        "^2": ("^2 : 0.8564^2 = 0.7334", "gradient of the loss = 1"),
    }


def test_a_number_that_goes_into_several_operations_sums_their_gradients() -> None:
    x = variable(3, "x")
    words = said(x * variable(2, "W") - x / 4)
    assert words["x"][1] == "gradient of x = 1 · 2 + (−1) · 0.25 = 1.75"
    assert words["−"][0] == "− : 6 − 0.75 = 5.25"
    assert words["/"][0] == "/ : 3 / 4 = 0.75"


def test_a_row_has_its_operands_places_and_all_digits_for_programs() -> None:
    loss = variable(2 / 3, "x") + 1
    graph.backward(loss)
    x, one, total = (row.data for row in rows(loss))
    assert x == {"label": "x", "operands": [], "value": 2 / 3, "gradient": 1.0}
    assert (one["label"], one["gradient"]) == ("", None)
    assert total == {"label": "+", "operands": [0, 1], "value": 2 / 3 + 1, "gradient": 1.0}


def test_what_is_not_finite_is_said_so() -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        assert said(graph.log(variable(0, "x")))["log"] == ("log(0) = −inf", "gradient of the loss = 1")
