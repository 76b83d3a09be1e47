"""The composed functions against central differences, naive loops and the mathematics of Python itself."""

import inspect
import math
from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import Node, variable
from tests.unit.nn.check.graph.test_nodes import Case, Function, require_adjoint

TARGETS = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0]])
COMPOSED: dict[str, Case] = {
    "sigmoid": (graph.sigmoid, [(3, 4)]),
    "tanh": (graph.tanh, [(3, 4)]),
    "relu": (graph.relu, [(3, 4)]),
    "leaky_relu": (lambda x: graph.leaky_relu(x, 0.01), [(3, 4)]),
    "softplus": (graph.softplus, [(3, 4)]),
    "softmax": (graph.softmax, [(3, 4)]),
    "softmax_cross_entropy": (lambda x: graph.softmax_cross_entropy(x, TARGETS), [(3, 4)]),
    "cross_entropy": (lambda x: graph.cross_entropy(graph.softmax(x), TARGETS), [(3, 4)]),
    "binary_cross_entropy": (lambda x: graph.binary_cross_entropy(x, TARGETS), [(3, 4)]),
    "mean_squared_error": (lambda x: graph.mean_squared_error(x, TARGETS), [(3, 4)]),
    "half_squared_error": (lambda x: graph.half_squared_error(x, TARGETS), [(3, 4)]),
    "affine": (graph.affine, [(3, 4), (4, 2), (2,)]),
    "convolution": (lambda x, W, b: graph.convolution(x, W, b, 2, 1), [(2, 3, 6, 5), (4, 3, 3, 2), (4,)]),
    "max_pool": (lambda x: graph.max_pool(x, 2), [(2, 3, 5, 4)]),
    "average_pool": (lambda x: graph.average_pool(x, 2), [(2, 3, 5, 4)]),
    "flatten": (graph.flatten, [(2, 3, 2)]),
}


@pytest.mark.parametrize(("function", "shapes"), COMPOSED.values(), ids=COMPOSED)
def test_a_gradient_is_the_adjoint_of_the_forward_derivative(
    function: Function, shapes: list[tuple[int, ...]], rng: np.random.Generator
) -> None:
    require_adjoint(function, shapes, rng)


def test_every_function_is_checked_above_and_no_other_is_offered() -> None:
    """Beside the operations and their compositions, a graph is made, differentiated and drawn."""
    public = {
        name
        for name, value in vars(graph).items()
        if inspect.isfunction(value) and value.__module__.startswith(graph.__name__) and not name.startswith("_")
    }
    assert public == {
        "variable",
        "lift",
        "backward",
        "gradients",
        "dot",
        "exp",
        "expm1",
        "log",
        "log1p",
        "maximum",
        "pad",
    } | set(COMPOSED)


def test_the_books_three_layer_network_gives_the_books_outputs() -> None:
    z = graph.sigmoid(graph.affine([[1.0, 0.5]], [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], [0.1, 0.2, 0.3]))
    z = graph.sigmoid(graph.affine(z, [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], [0.1, 0.2]))
    y = graph.affine(z, [[0.1, 0.3], [0.2, 0.4]], [0.1, 0.2])
    np.testing.assert_allclose(y.value, [[0.31682708, 0.69627909]], atol=5e-9)  # as many digits as are printed


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


@pytest.mark.parametrize("loss", [name for name in COMPOSED if name.endswith(("entropy", "error"))])
def test_a_loss_refuses_targets_that_would_be_broadcast(loss: str) -> None:
    with pytest.raises(ValueError, match=r"targets of the outputs' shape \(3, 1\); got \(3,\)"):
        getattr(graph, loss)(np.zeros((3, 1)), np.zeros(3))


def test_a_window_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="window of 3×3 does not fit into images of 2×5"):
        graph.max_pool(np.zeros((1, 1, 2, 5)), 3)


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


def test_the_hyperbolic_tangent_keeps_the_digits_of_small_numbers_and_slopes() -> None:
    x = variable([-1e-9, 1e-9, 1e-3, 10.0])
    y = graph.tanh(x)
    np.testing.assert_allclose(y.value, np.tanh(x.value), rtol=1e-15, atol=0)
    slopes = 1 / np.cosh(x.value) ** 2  # that of 10 is a difference to 1
    np.testing.assert_allclose(graph.gradients(y.sum(), [x])[0], slopes, rtol=1e-14, atol=3e-16)


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


def test_the_cross_entropy_of_probabilities_has_the_books_values() -> None:
    """−log of the truth's probability and the book's 1e-7, in the digits that Python prints for the book's program."""
    y = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])
    t = np.eye(10)[[2]]
    assert graph.cross_entropy([y], t).value == pytest.approx(0.510825457099338, rel=1e-14)
    assert graph.cross_entropy([np.roll(y, 5)], t).value == pytest.approx(2.302584092994546, rel=1e-14)
    assert graph.cross_entropy([y, np.roll(y, 5)], t[[0, 0]]).value == pytest.approx(1.406704775046942, rel=1e-14)


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
    np.testing.assert_allclose(pool(x, 2).value, expected, rtol=1e-14, atol=3e-16)


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


def test_the_first_of_equal_maxima_of_a_tile_takes_the_gradient() -> None:
    x = variable([[[[1.0, 2.0], [2.0, 2.0]]]])
    np.testing.assert_array_equal(graph.gradients(graph.max_pool(x, 2).sum(), [x])[0], [[[[0, 1], [0, 0]]]])
