"""Elementary functions against central differences."""

import numpy as np
import pytest

from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import variable
from tests.unit.nn.check.graph.test_nodes import Case, Function, require_adjoint

FUNCTIONS: dict[str, Case] = {
    "exp": (graph.exp, [(3, 4)]),
    "expm1": (graph.expm1, [(3, 4)]),
    "log": (lambda x: graph.log(x * x), [(3, 4)]),
    "log1p": (lambda x: graph.log1p(x * x), [(3, 4)]),
    "maximum": (graph.maximum, [(3, 4), (3, 4)]),
    "maximum with a stack": (graph.maximum, [(2, 1, 4), (3, 1)]),
    "pad": (lambda x: graph.pad(x, [(1, 2), (0, 3)]), [(3, 4)]),
}


@pytest.mark.parametrize(("function", "shapes"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_gradient_is_the_adjoint_of_the_forward_derivative(
    function: Function, shapes: list[tuple[int, ...]], rng: np.random.Generator
) -> None:
    require_adjoint(function, shapes, rng)


def test_where_arguments_are_equal_the_first_takes_the_gradient() -> None:
    x, y = variable([1.0, 1.0]), variable([1.0, 2.0])
    dx, dy = graph.gradients(graph.maximum(x, y).sum(), [x, y])
    np.testing.assert_array_equal(dx, [1, 0])
    np.testing.assert_array_equal(dy, [0, 1])


def test_small_numbers_keep_their_digits() -> None:
    assert graph.expm1(1e-20).value == graph.log1p(1e-20).value == 1e-20
