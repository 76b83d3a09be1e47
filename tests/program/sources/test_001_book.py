"""001: Saito, Deep Learning from Scratch (2016), chapters 2 to 5: what its examples print."""

import numpy as np
import pytest

from mnist_bp.nn.activations import Identity, ReLU, Sigmoid, Step
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check import graph
from mnist_bp.nn.check.numerical import gradient_descent, numerical_derivative, numerical_gradient
from mnist_bp.nn.losses import CrossEntropy, HalfSquaredError, SoftmaxCrossEntropy, cross_entropy_error
from mnist_bp.nn.network import Network
from mnist_bp.nn.softmax import Softmax

GATE_INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
STEP = 1e-4  # the book's, in all differences


def filled(network: Network, **parameters: object) -> Network:
    for name, values in parameters.items():
        network.named_parameters[name][...] = values
    return network


# Chapters 2 and 3: perceptrons, activation functions, a forward pass.


@pytest.mark.parametrize(
    ("gate", "weights", "bias", "truth"),
    [("and", 0.5, -0.7, [0, 0, 0, 1]), ("nand", -0.5, 0.7, [1, 1, 1, 0]), ("or", 0.5, -0.2, [0, 1, 1, 1])],
)
def test_a_perceptron_is_a_logic_gate(gate: str, weights: float, bias: float, truth: list[int]) -> None:
    perceptron = filled(Network([Affine(2, 1), Step()], HalfSquaredError(), "float64"), W1=weights, b1=bias)
    assert perceptron.predict(GATE_INPUTS).ravel().tolist() == truth


def test_two_layers_of_perceptrons_compute_the_exclusive_or() -> None:
    """NAND and OR, then AND."""
    layers = [Affine(2, 2), Step(), Affine(2, 1), Step()]
    net = filled(
        Network(layers, HalfSquaredError(), "float64"),
        W1=[[-0.5, 0.5], [-0.5, 0.5]], b1=[0.7, -0.2], W2=0.5, b2=-0.7,
    )  # fmt: skip
    assert net.predict(GATE_INPUTS).ravel().tolist() == [0, 1, 1, 0]
    with pytest.raises(TypeError, match="a step function trains nothing"):
        net.backprop(GATE_INPUTS, np.array([0, 1, 1, 0]))


def test_activation_functions_take_the_books_values() -> None:
    x = np.array([[-1.0, 1.0, 2.0]])
    np.testing.assert_allclose(Sigmoid().forward(x), [[0.26894142, 0.73105858, 0.88079708]], atol=5e-9)
    np.testing.assert_array_equal(Step().forward(x), [[0, 1, 1]])
    np.testing.assert_array_equal(ReLU().forward(x), [[0, 1, 2]])


def test_the_softmax_takes_the_books_values() -> None:
    """Those of 1010, 1000 and 990 overflow if the largest is not subtracted first; printed are 8 digits."""
    for a, y in (
        ([0.3, 2.9, 4.0], [0.01821127, 0.24519181, 0.73659691]),
        ([1010.0, 1000.0, 990.0], [9.99954600e-01, 4.53978686e-05, 2.06106005e-09]),
    ):
        np.testing.assert_allclose(Softmax().forward(np.array([a]))[0], y, rtol=5e-7)
        np.testing.assert_allclose(graph.softmax(a).value, y, rtol=5e-7)


def test_three_layers_with_fixed_weights_give_the_books_outputs() -> None:
    layers = [Affine(2, 3), Sigmoid(), Affine(3, 2), Sigmoid(), Affine(2, 2), Identity()]
    net = filled(
        Network(layers, HalfSquaredError(), "float64"),
        W1=[[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], b1=[0.1, 0.2, 0.3],
        W2=[[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], b2=[0.1, 0.2],
        W3=[[0.1, 0.3], [0.2, 0.4]], b3=[0.1, 0.2],
    )  # fmt: skip
    np.testing.assert_allclose(net.predict(np.array([[1.0, 0.5]])), [[0.31682708, 0.69627909]], atol=5e-9)


# Chapter 4: losses, differences, gradient descent.

RIGHT = [0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]  # probability 0.6 for the truth, class 2
WRONG = [0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0]  # the same for class 7


@pytest.mark.parametrize(
    ("y", "squared", "entropy", "exact"),
    [(RIGHT, 0.0975, 0.510825457099338, 0.5108256237659907), (WRONG, 0.5975, 2.302584092994546, 2.302585092994046)],
    ids=["right", "wrong"],
)
def test_errors_take_the_books_values(y: list[float], squared: float, entropy: float, exact: float) -> None:
    """The book's cross-entropy adds 1e-7 in the logarithm; from logits, which are its exact value, none is needed."""
    t = np.array([0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    assert HalfSquaredError().forward(np.array([y]), np.array([2])) == pytest.approx(squared, rel=1e-15)
    assert cross_entropy_error(np.array(y), t) == pytest.approx(entropy, rel=1e-15)
    assert CrossEntropy().forward(np.array([y]), np.array([2])) == pytest.approx(entropy, rel=1e-15)
    logits = np.log(np.maximum([y], 1e-300))
    assert SoftmaxCrossEntropy().forward(logits, np.array([2])) == pytest.approx(exact, rel=1e-15)


def test_the_numerical_derivative_takes_the_books_values() -> None:
    """0.01 x² + 0.1 x at 5 and 10; and x0² + x1² at (3, 4) along each of its axes; every printed digit."""
    for f, x, slope in (
        (lambda x: 0.01 * x**2 + 0.1 * x, 5, 0.1999999999990898),
        (lambda x: 0.01 * x**2 + 0.1 * x, 10, 0.2999999999986347),
        (lambda x0: x0 * x0 + 4.0**2.0, 3.0, 6.00000000000378),
        (lambda x1: 3.0**2.0 + x1 * x1, 4.0, 7.999999999999119),
    ):
        assert numerical_derivative(f, x, STEP) == slope


def test_the_numerical_gradient_takes_the_books_values() -> None:
    for point, expected in (([3.0, 4.0], [6, 8]), ([0.0, 2.0], [0, 4]), ([3.0, 0.0], [6, 0])):
        gradient = numerical_gradient(lambda x: float(np.sum(x**2)), np.array(point), STEP)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=5e-9)


@pytest.mark.parametrize(
    ("rate", "end"),
    [
        (0.1, "[-6.11110793e-10  8.14814391e-10]"),
        (10.0, "[-2.58983747e+13 -1.29524862e+12]"),  # where rounding decides: the differences of 1e26 are 0
        (1e-10, "[-2.99999994  3.99999992]"),
    ],
)
def test_gradient_descent_ends_where_the_books_does(rate: float, end: str) -> None:
    start = np.array([-3.0, 4.0])
    assert str(gradient_descent(lambda x: x[0] ** 2 + x[1] ** 2, start, rate, 100, STEP)) == end
    assert start.tolist() == [-3, 4]


# Chapter 5: computational graphs.


def test_apples_are_bought_on_a_graph() -> None:
    """2 apples at 100 and 10 % tax: 220; an apple's price counts 2.2 times, another apple 110, the tax 200."""
    price, number, tax = graph.variable(100, "apple"), graph.variable(2, "number"), graph.variable(1.1, "tax")
    total = price * number * tax
    assert total.value == pytest.approx(220, rel=1e-15)
    found = [float(gradient) for gradient in graph.gradients(total, [price, number, tax])]
    assert found == pytest.approx([2.2, 110, 200], rel=1e-15)


def test_apples_and_oranges_are_bought_on_a_graph() -> None:
    """3 oranges at 150 as well: 715."""
    apple, apples, orange, oranges, tax = map(graph.variable, (100, 2, 150, 3, 1.1))
    total = (apple * apples + orange * oranges) * tax
    assert total.value == pytest.approx(715)
    assert graph.gradients(total, [apple, apples, orange, oranges, tax]) == pytest.approx([2.2, 110, 3.3, 165, 650])


def test_the_chain_rule_is_shown_by_the_square_of_a_sum() -> None:
    """With z = t² and t = x + y, ∂z/∂x = ∂z/∂t · ∂t/∂x = 2t · 1 = 2 (x + y), at a point of our choice."""
    x, y = graph.variable(3.0), graph.variable(-0.5)
    t = x + y
    z = t**2
    assert z.value == 6.25
    assert graph.gradients(z, [t, x, y]) == [5.0, 5.0, 5.0]


def test_the_sigmoid_node_sends_back_y_times_1_minus_y() -> None:
    """Out of −1 ×, exp, + 1 and 1 /, as the book takes it apart."""
    x = graph.variable([-1.0, 1.0, 2.0])
    y = 1 / (1 + graph.exp(-1 * x))
    np.testing.assert_allclose(y.value, [0.26894142, 0.73105858, 0.88079708], atol=5e-9)
    np.testing.assert_allclose(graph.gradients(y.sum(), [x])[0], y.value * (1 - y.value), rtol=1e-14)


def test_the_softmax_with_loss_node_sends_back_y_minus_t() -> None:
    """The book's probabilities 0.3, 0.2, 0.5 for the truth (0, 1, 0) send back 0.3, −0.8, 0.5."""
    logits = graph.variable(np.log([[0.3, 0.2, 0.5]]))
    loss = graph.softmax_cross_entropy(logits, np.array([[0, 1, 0]]))
    np.testing.assert_allclose(graph.gradients(loss, [logits])[0], [[0.3, -0.8, 0.5]], rtol=1e-14)
