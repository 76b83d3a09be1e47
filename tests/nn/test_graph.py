"""The graph against worked examples, central differences, naive loops and the mathematics of Python itself."""

import inspect
import math
import re
from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn import graph
from mnist_bp.nn.graph import Node, variable

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
    "exp": (graph.exp, [(3, 4)]),
    "log": (lambda x: graph.log(x * x), [(3, 4)]),
    "log1p": (lambda x: graph.log1p(x * x), [(3, 4)]),
    "maximum": (graph.maximum, [(3, 4), (3, 4)]),
    "sum": (lambda x: x.sum(), [(3, 4)]),
    "sum along an axis": (lambda x: x.sum(0), [(3, 4)]),
    "sum along two axes": (lambda x: x.sum((0, 2)), [(3, 4, 2)]),
    "max along the first axis": (lambda x: x.max(0), [(3, 4)]),
    "max along the last axis": (lambda x: x.max(-1), [(3, 4)]),
    "reshape": (lambda x: x.reshape(2, -1), [(3, 4)]),
    "slice": (lambda x: x[1:, ::2], [(3, 4)]),
    "slice with an integer": (lambda x: x[:, 2], [(3, 4)]),
    "pad": (lambda x: graph.pad(x, [(1, 2), (0, 3)]), [(3, 4)]),
}
BROADCASTING: dict[str, Case] = {
    "+ of a row": (lambda x, y: x + y, [(3, 4), (4,)]),
    "− of a column": (lambda x, y: x - y, [(3, 4), (3, 1)]),
    "× of a scalar": (lambda x, y: x * y, [(), (3, 4)]),
    "/ of a row by a column": (lambda x, y: x / y, [(1, 4), (3, 1)]),
    "maximum with a stack": (graph.maximum, [(2, 1, 4), (3, 1)]),
    "@ of one matrix with a stack": (lambda x, y: x @ y, [(3, 4), (5, 4, 2)]),
}
TARGETS = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0]])
COMPOSED: dict[str, Case] = {
    "sigmoid": (graph.sigmoid, [(3, 4)]),
    "tanh": (graph.tanh, [(3, 4)]),
    "relu": (graph.relu, [(3, 4)]),
    "leaky_relu": (lambda x: graph.leaky_relu(x, 0.01), [(3, 4)]),
    "softplus": (graph.softplus, [(3, 4)]),
    "softmax": (graph.softmax, [(3, 4)]),
    "softmax_cross_entropy": (lambda x: graph.softmax_cross_entropy(x, TARGETS), [(3, 4)]),
    "binary_cross_entropy": (lambda x: graph.binary_cross_entropy(x, TARGETS), [(3, 4)]),
    "mean_squared_error": (lambda x: graph.mean_squared_error(x, TARGETS), [(3, 4)]),
    "half_squared_error": (lambda x: graph.half_squared_error(x, TARGETS), [(3, 4)]),
    "affine": (graph.affine, [(3, 4), (4, 2), (2,)]),
    "convolution": (lambda x, W, b: graph.convolution(x, W, b, 2, 1), [(2, 3, 6, 5), (4, 3, 3, 2), (4,)]),
    "max_pool": (lambda x: graph.max_pool(x, 2), [(2, 3, 5, 4)]),
    "average_pool": (lambda x: graph.average_pool(x, 2), [(2, 3, 5, 4)]),
    "flatten": (graph.flatten, [(2, 3, 2)]),
}


@pytest.mark.parametrize(("function", "shapes"), (cases := NODES | BROADCASTING | COMPOSED).values(), ids=cases)
def test_a_gradient_is_the_adjoint_of_the_forward_derivative(
    function: Function, shapes: list[tuple[int, ...]], rng: np.random.Generator
) -> None:
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


def test_every_function_is_checked_above_and_no_other_is_offered() -> None:
    """Beside the operations and their compositions, a graph is made, differentiated and drawn."""
    public = {
        name
        for name, value in vars(graph).items()
        if inspect.isfunction(value) and value.__module__ == graph.__name__ and not name.startswith("_")
    }
    assert public == {
        "variable",
        "lift",
        "backward",
        "gradients",
        "dot",
        "exp",
        "log",
        "log1p",
        "maximum",
        "pad",
    } | set(COMPOSED)


# Worked examples.


def test_two_apples_with_tax_cost_what_the_book_says() -> None:
    apple, apples, tax = variable(100), variable(2), variable(1.1)
    price = apple * apples * tax
    assert price.value == pytest.approx(220)
    assert graph.gradients(price, [apple, apples, tax]) == pytest.approx([2.2, 110, 200])


def test_two_apples_and_three_oranges_with_tax_cost_what_the_book_says() -> None:
    apple, apples, orange, oranges, tax = map(variable, (100, 2, 150, 3, 1.1))
    price = (apple * apples + orange * oranges) * tax
    assert price.value == pytest.approx(715)
    assert graph.gradients(price, [apple, apples, orange, oranges, tax]) == pytest.approx([2.2, 110, 3.3, 165, 650])


def test_the_books_three_layer_network_gives_the_books_outputs() -> None:
    z = graph.sigmoid(graph.affine([[1.0, 0.5]], [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], [0.1, 0.2, 0.3]))
    z = graph.sigmoid(graph.affine(z, [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], [0.1, 0.2]))
    y = graph.affine(z, [[0.1, 0.3], [0.2, 0.4]], [0.1, 0.2])
    np.testing.assert_allclose(y.value, [[0.31682708, 0.69627909]], atol=5e-9)  # as many digits as are printed


# How gradients flow.


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


def test_a_chain_of_100000_nodes_is_differentiated() -> None:
    x = y = variable(1.0)
    for _ in range(100_000):
        y = y + x
    assert graph.gradients(y, [x]) == [100_001.0]


def test_where_arguments_are_equal_the_first_takes_the_gradient() -> None:
    x, y = variable([1.0, 1.0]), variable([1.0, 2.0])
    dx, dy = graph.gradients(graph.maximum(x, y).sum(), [x, y])
    np.testing.assert_array_equal(dx, [1, 0])
    np.testing.assert_array_equal(dy, [0, 1])

    x = variable([[0.0, 7.0, 7.0], [3.0, 3.0, 3.0]])
    np.testing.assert_array_equal(graph.gradients(x.max(1).sum(), [x])[0], [[0, 1, 0], [1, 0, 0]])

    x = variable([[[[1.0, 2.0], [2.0, 2.0]]]])
    np.testing.assert_array_equal(graph.gradients(graph.max_pool(x, 2).sum(), [x])[0], [[[[0, 1], [0, 0]]]])


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (graph.relu, 0.0),
        (lambda x: graph.leaky_relu(x, 0.01), 0.01),
        (graph.softplus, 0.5),  # smooth, though composed of two functions with a kink
        (graph.sigmoid, 0.25),
        (graph.tanh, 1.0),
        (lambda x: graph.binary_cross_entropy(x, 1.0), -0.5),
    ],
    ids=["relu", "leaky_relu", "softplus", "sigmoid", "tanh", "binary_cross_entropy"],
)
def test_the_slope_at_zero_is_the_documented_one(function: Function, slope: float) -> None:
    x = variable(0.0)
    assert graph.gradients(function(x), [x]) == [slope]


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


def test_an_array_is_not_differentiated() -> None:
    with pytest.raises(ValueError, match=r"expects a single number to differentiate; got an array of shape \(2,\)"):
        graph.backward(variable([1.0, 2.0]) * 2)


def test_a_product_of_vectors_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expects matrices or stacks of them; got \(2,\) @ \(2, 2\)"):
        variable([1.0, 2.0]) @ np.eye(2)


def test_an_index_that_may_take_an_element_twice_is_refused() -> None:
    with pytest.raises(TypeError, match="integers and slices"):
        variable([1.0, 2.0])[[0, 0],]  # type: ignore[index]  # that is the point


@pytest.mark.parametrize("loss", [name for name in COMPOSED if name.endswith(("entropy", "error"))])
def test_a_loss_refuses_targets_that_would_be_broadcast(loss: str) -> None:
    with pytest.raises(ValueError, match=r"targets of the outputs' shape \(3, 1\); got \(3,\)"):
        getattr(graph, loss)(np.zeros((3, 1)), np.zeros(3))


def test_a_window_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="window of 3×3 does not fit into images of 2×5"):
        graph.max_pool(np.zeros((1, 1, 2, 5)), 3)


# Values of the composed functions.


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (graph.sigmoid, lambda x: 1 / (1 + math.exp(-x))),
        (graph.tanh, math.tanh),
        (graph.relu, lambda x: x if x > 0 else 0),
        (lambda x: graph.leaky_relu(x, 0.2), lambda x: x if x > 0 else 0.2 * x),
        (graph.softplus, lambda x: math.log1p(math.exp(x))),
    ],
    ids=["sigmoid", "tanh", "relu", "leaky_relu", "softplus"],
)
def test_an_activation_has_the_values_of_its_definition(function: Function, expected: Callable[[float], float]) -> None:
    x = np.linspace(-20, 20, 41)
    np.testing.assert_allclose(
        function(x).value, [expected(each) for each in x], rtol=1e-15, atol=1e-15
    )  # few ulps of 1


def test_softmax_gives_the_books_probabilities_row_by_row() -> None:
    y = graph.softmax([[0.3, 2.9, 4.0], [1010.0, 1000.0, 990.0]])
    expected = [[0.01821127, 0.24519181, 0.73659691], [9.99954600e-01, 4.53978686e-05, 2.06106005e-09]]
    np.testing.assert_allclose(y.value, expected, rtol=1e-8, atol=5e-9)  # as many digits as are printed


def test_softmax_cross_entropy_has_the_books_values_and_is_a_mean_over_the_batch() -> None:
    """Probability 0.6 of the truth costs −log 0.6 = 0.510826, and 0.1 costs 2.302585."""
    z, t = np.log([[0.1, 0.3, 0.6]]), np.eye(3)
    assert graph.softmax_cross_entropy(z, t[[2]]).value == pytest.approx(0.510825623766, abs=1e-12)
    assert graph.softmax_cross_entropy(z, t[[0]]).value == pytest.approx(2.302585092994, abs=1e-12)
    both = graph.softmax_cross_entropy(z[[0, 0]], t[[2, 0]]).value
    assert both == pytest.approx((0.510825623766 + 2.302585092994) / 2, abs=1e-12)


def test_binary_cross_entropy_is_the_mean_cost_of_all_elements() -> None:
    """The logit log(p / (1 − p)) means probability p: the truth has 0.6, 0.9 and 0.1; t = ½ at p = ½ costs log 2."""
    logits = np.log([[0.6 / 0.4, 0.9 / 0.1], [0.9 / 0.1, 1.0]])
    cost = graph.binary_cross_entropy(logits, [[1.0, 1.0], [0.0, 0.5]])
    expected = -(math.log(0.6) + math.log(0.9) + math.log(0.1) + math.log(0.5)) / 4
    assert cost.value == pytest.approx(expected, rel=1e-14)


def test_squared_errors_have_the_books_values_and_divide_by_what_their_names_say() -> None:
    """Half the squares' sum is 0.0975 for the right answer and 0.5975 for a wrong one."""
    y = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])
    right, wrong = y, np.roll(y, 5)  # the 0.6 at 7, where the target 2 has 0.1
    t = np.eye(10)[[2, 2]]
    outputs = np.array([right, wrong])
    assert graph.half_squared_error(outputs[:1], t[:1]).value == pytest.approx(0.0975, rel=1e-14)
    assert graph.half_squared_error(outputs[1:], t[1:]).value == pytest.approx(0.5975, rel=1e-14)
    assert graph.half_squared_error(outputs, t).value == pytest.approx((0.0975 + 0.5975) / 2, rel=1e-14)
    assert graph.mean_squared_error(outputs, t).value == pytest.approx((0.0975 + 0.5975) * 2 / 20, rel=1e-14)


def test_affine_without_bias_is_the_product() -> None:
    np.testing.assert_array_equal(graph.affine([[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]]).value, [[7.0, 10.0]])


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 2), (3, 1)])
def test_convolution_is_the_naive_loop(stride: int, padding: int, rng: np.random.Generator) -> None:
    x, W, b = rng.standard_normal((2, 3, 7, 6)), rng.standard_normal((4, 3, 3, 2)), rng.standard_normal(4)
    framed = np.zeros((2, 3, 7 + 2 * padding, 6 + 2 * padding))
    framed[:, :, padding : padding + 7, padding : padding + 6] = x
    expected = np.empty((2, 4, (7 + 2 * padding - 3) // stride + 1, (6 + 2 * padding - 2) // stride + 1))
    for n, f, p, q in np.ndindex(expected.shape):
        window = framed[n, :, stride * p : stride * p + 3, stride * q : stride * q + 2]
        expected[n, f, p, q] = (window * W[f]).sum() + b[f]

    np.testing.assert_allclose(graph.convolution(x, W, b, stride, padding).value, expected, rtol=1e-12, atol=1e-14)
    without = graph.convolution(x, W, stride=stride, padding=padding).value
    np.testing.assert_allclose(without, expected - b[:, None, None], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("pool", "reduction"), [(graph.max_pool, np.max), (graph.average_pool, np.mean)])
def test_pooling_is_the_naive_loop_over_whole_tiles(
    pool: Callable[..., Node], reduction: Callable[..., float], rng: np.random.Generator
) -> None:
    x = rng.standard_normal((2, 3, 7, 6))  # a row is left over
    expected = np.empty((2, 3, 3, 3))
    for n, c, p, q in np.ndindex(expected.shape):
        expected[n, c, p, q] = reduction(x[n, c, 2 * p : 2 * p + 2, 2 * q : 2 * q + 2])
    np.testing.assert_allclose(pool(x, 2).value, expected, rtol=1e-14, atol=1e-16)


def test_flatten_makes_one_row_of_each_example() -> None:
    np.testing.assert_array_equal(graph.flatten(np.arange(12).reshape(2, 3, 2)).value, np.arange(12).reshape(2, 6))


def test_huge_logits_give_the_limits_and_no_warning() -> None:
    """Warnings are errors here, so that nothing overflows on the way, forward or backward."""
    huge = np.array([-1e4, 1e4])
    for function, limits, slopes in [
        (graph.sigmoid, [0, 1], [0, 0]),
        (graph.tanh, [-1, 1], [0, 0]),
        (graph.softplus, [0, 1e4], [0, 1]),
    ]:
        x = variable(huge)
        y = function(x)
        np.testing.assert_array_equal(y.value, limits)
        np.testing.assert_array_equal(graph.gradients(y.sum(), [x])[0], slopes)

    x, t = variable([[1e4, -1e4], [-1e4, 1e4]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    loss = graph.softmax_cross_entropy(x, t)
    assert loss.value == 1e4  # the mean of 0 and 2e4
    np.testing.assert_array_equal(graph.gradients(loss, [x])[0], [[0, 0], [-0.5, 0.5]])
    loss = graph.binary_cross_entropy(x, t)
    assert loss.value == 5e3  # the mean of 0, 0, 1e4 and 1e4
    np.testing.assert_array_equal(graph.gradients(loss, [x])[0], [[0, 0], [-0.25, 0.25]])


# The picture.


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
