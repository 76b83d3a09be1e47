"""Nodes against central differences; how gradients flow; what is refused; the picture."""

import sys
from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import Node, variable

STEP, RTOL = 1e-5, 1e-7  # float64 error observed ≤ 2e-9; the absolute part is for sums near zero
ATOL = 1e-9

# A function and the shapes of its arguments, whose elements are drawn from ±(0.1 … 2), away from the kinks at 0.
Function = Callable[..., Node]
Case = tuple[Function, list[tuple[int, ...]]]

NODES: dict[str, Case] = {
    "+": (lambda x, y: x + y, [(3, 4), (3, 4)]),
    "−": (lambda x, y: x - y, [(3, 4), (3, 4)]),
    "×": (lambda x, y: x * y, [(3, 4), (3, 4)]),
    "/": (lambda x, y: x / y, [(3, 4), (3, 4)]),
    "@": (lambda x, y: x @ y, [(3, 4), (4, 2)]),
    "@ of stacks": (lambda x, y: x @ y, [(5, 3, 4), (5, 4, 2)]),
    "negation": (lambda x: -x, [(3, 4)]),
    "** 3": (lambda x: x**3, [(3, 4)]),
    "** -2": (lambda x: x**-2, [(3, 4)]),
    "** 1.5": (lambda x: (x * x) ** 1.5, [(3, 4)]),
    "sum": (lambda x: x.sum(), [(3, 4)]),
    "sum along an axis": (lambda x: x.sum(0), [(3, 4)]),
    "sum along two axes": (lambda x: x.sum((0, 2)), [(3, 4, 2)]),
    "max along the first axis": (lambda x: x.max(0), [(3, 4)]),
    "max along the last axis": (lambda x: x.max(-1), [(3, 4)]),
    "reshape": (lambda x: x.reshape(2, -1), [(3, 4)]),
    "slice": (lambda x: x[1:, ::2], [(3, 4)]),
    "slice with an integer": (lambda x: x[:, 2], [(3, 4)]),
}
BROADCASTING: dict[str, Case] = {
    "+ of a row": (lambda x, y: x + y, [(3, 4), (4,)]),
    "− of a column": (lambda x, y: x - y, [(3, 4), (3, 1)]),
    "× of a scalar": (lambda x, y: x * y, [(), (3, 4)]),
    "/ of a row by a column": (lambda x, y: x / y, [(1, 4), (3, 1)]),
    "@ of one matrix with a stack": (lambda x, y: x @ y, [(3, 4), (5, 4, 2)]),
}


@pytest.mark.parametrize(("function", "shapes"), (cases := NODES | BROADCASTING).values(), ids=cases)
def test_a_gradient_is_the_adjoint_of_the_forward_derivative(
    function: Function, shapes: list[tuple[int, ...]], rng: np.random.Generator
) -> None:
    require_adjoint(function, shapes, rng)


def require_adjoint(function: Function, shapes: list[tuple[int, ...]], rng: np.random.Generator) -> None:
    """⟨dout, J v⟩ by central differences equals ⟨Jᵀ dout, v⟩ by the graph, for each argument."""
    points = [rng.choice([-1, 1], shape) * rng.uniform(0.1, 2, shape) for shape in shapes]
    variables = [variable(point) for point in points]
    out = function(*variables)
    dout = rng.standard_normal(out.shape)
    gradients = graph.gradients((out * dout).sum(), variables)

    for i, (point, gradient) in enumerate(zip(points, gradients, strict=True)):
        v = rng.standard_normal(point.shape)
        plus, minus = (
            function(*points[:i], variable(point + step * v), *points[i + 1 :]).value for step in (STEP, -STEP)
        )
        assert gradient.shape == point.shape
        np.testing.assert_allclose(
            np.vdot(gradient, v), np.vdot(dout, (plus - minus) / (2 * STEP)), rtol=RTOL, atol=ATOL
        )


# How gradients flow.


def test_powers_are_differentiated_at_zero_too() -> None:
    """There x⁰ has no slope, though n·xⁿ⁻¹ is 0 · ∞; x has 1, and x² and x³ none."""
    for exponent, slope in ((0, 0), (1, 1), (2, 0), (np.float64(3), 0)):
        x = variable(0.0)
        assert graph.gradients(x**exponent, [x]) == [slope]


def test_a_node_used_twice_has_the_sum_of_both_gradients() -> None:
    """At 5, x² + 3x has the slope 2x + 3 = 13, and x⁴ as the square of x² has 4x³ = 500."""
    x = variable(5.0)
    square = x * x
    assert graph.gradients(square + 3 * x, [x, square]) == [13.0, 1.0]
    assert graph.gradients(square * square, [x]) == [500.0]


def test_a_second_backward_starts_afresh() -> None:
    x = variable(5.0)
    y = x * x
    graph.backward(y)
    graph.backward(y)
    assert x.gradient == 10.0


def test_a_chain_much_longer_than_pythons_stack_is_differentiated() -> None:
    length = 10 * sys.getrecursionlimit()
    x = y = variable(1.0)
    for _ in range(length):
        y = y + x
    assert graph.gradients(y, [x]) == [length + 1]


def test_where_arguments_are_equal_the_first_takes_the_gradient() -> None:
    x = variable([[0.0, 7.0, 7.0], [3.0, 3.0, 3.0]])
    np.testing.assert_array_equal(graph.gradients(x.max(1).sum(), [x])[0], [[0, 1, 0], [1, 0, 0]])


def test_operators_take_numbers_and_arrays_on_either_side() -> None:
    """An array on the left must not spread the node over its elements."""
    x, a = variable([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 0.5], [1.0, 4.0]])
    for node, expected in [
        (x + a, x.value + a), (a + x, a + x.value), (x - a, x.value - a), (a - x, a - x.value),
        (x * a, x.value * a), (a * x, a * x.value), (x / a, x.value / a), (a / x, a / x.value),
        (x @ a, x.value @ a), (a @ x, a @ x.value), (1 - x, 1 - x.value), (np.float64(2) / x, 2 / x.value),
    ]:  # fmt: skip
        assert isinstance(node, Node)
        np.testing.assert_array_equal(node.value, expected)


def test_constants_have_no_gradient_and_what_does_not_matter_has_zeros() -> None:
    x, unused, constant = variable([1.0, 2.0]), variable([3.0, 4.0]), graph.lift([5.0, 6.0])
    graph.backward((unused * constant).sum())
    dx, dunused = graph.gradients((x * constant).sum(), [x, unused])
    np.testing.assert_array_equal(dx, [5, 6])
    np.testing.assert_array_equal(dunused, [0, 0])
    assert constant.gradient is None
    with pytest.raises(ValueError, match=r"expects variables; got a constant of shape \(2,\)"):
        graph.gradients(x.sum(), [constant])


def test_values_and_gradients_are_float64_and_share_no_memory_with_the_caller_or_each_other() -> None:
    given = np.array([1.0, 2.0])
    x, y, constant = variable(given), variable(np.array([1, 2], np.int8)), graph.lift(given)
    out = x + y
    dx, dy = graph.gradients(out.sum(), [x, y])
    given += 1
    dx += 1
    np.testing.assert_array_equal(x.value, [1, 2])
    np.testing.assert_array_equal(constant.value, [1, 2])
    np.testing.assert_array_equal(dy, [1, 1])
    assert {array.dtype for array in (x.value, y.value, out.value, dx, dy)} == {np.dtype(np.float64)}


# What is refused.


def test_backward_from_an_array_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expects a single number to differentiate; got an array of shape \(2,\)"):
        graph.backward(variable([1.0, 2.0]) * 2)


def test_a_product_of_vectors_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expects matrices or stacks of them; got \(2,\) @ \(2, 2\)"):
        variable([1.0, 2.0]) @ np.eye(2)


def test_an_index_that_may_take_an_element_twice_is_refused() -> None:
    with pytest.raises(TypeError, match="integers and slices"):
        variable([1.0, 2.0])[[0, 0],]  # type: ignore[index]  # that is the point


@pytest.mark.parametrize("exponent", [variable(2.0), [1, 2], "2"], ids=["node", "list", "text"])
def test_an_exponent_that_is_no_number_is_refused(exponent: object) -> None:
    with pytest.raises(TypeError, match=r"\*\* expects a number as exponent; got .*: write exp\(y \* log\(x\)\)"):
        variable(3.0) ** exponent  # type: ignore[operator]  # that is the point
