"""The tutorials on backpropagation that `bp` grew out of, row by row: each system runs, with its source's own numbers.

The numbers are those of docs and books, not of this package; 001 is Saito, Deep Learning from Scratch (2016).
"""

import itertools
import math
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from mnist_bp import build
from mnist_bp.config import load
from mnist_bp.data.loading import load as load_data
from mnist_bp.nn.activations import Identity, ReLU, Sigmoid, Softplus, Step
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check import graph
from mnist_bp.nn.check.numerical import gradient_descent, numerical_derivative, numerical_gradient
from mnist_bp.nn.conv import Conv2D, im2col
from mnist_bp.nn.losses import HalfSquaredError, MeanSquaredError, SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.two_layer_net import TwoLayerNet
from tests.helpers.commands import rows, run
from tests.helpers.making import unsynced

CONFIGS = Path(__file__).parents[2] / "configs"
GATE_INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def filled(network: Network, **parameters: object) -> Network:
    for name, values in parameters.items():
        network.named_parameters[name][...] = values
    return network


# 000 a: linear – ReLU – linear – MSE, gradients by hand against an automatic differentiation framework.


def test_000a_the_gradients_equal_those_of_an_independent_autodiff_library(rng: np.random.Generator) -> None:
    """64 examples, 1000 inputs, 100 hidden units and 10 outputs, as in the source; asked for: 1e-10."""
    net = Network([Affine(1000, 100, bias=False), ReLU(), Affine(100, 10, bias=False)], MeanSquaredError(), "float64")
    x, t = rng.standard_normal((64, 1000)), rng.standard_normal((64, 10))
    net.parameters[...] = rng.standard_normal(net.parameters.size)

    def mse(W1: np.ndarray, W2: np.ndarray) -> Any:
        return anp.mean((anp.maximum(x @ W1, 0) @ W2 - t) ** 2)

    W1, W2 = (net.named_parameters[name].copy() for name in ("W1", "W2"))
    assert net.backprop(x, t).loss == pytest.approx(float(mse(W1, W2)), rel=1e-13)
    for name, expected in zip(("W1", "W2"), autograd.grad(mse, (0, 1))(W1, W2), strict=True):
        np.testing.assert_allclose(net.named_gradients[name], expected, rtol=1e-10, atol=1e-10)


def test_000a_is_a_config_whose_gradients_are_proven(small_config: Path) -> None:
    config = load(CONFIGS / "relu-mse.yaml")
    assert (config.model.activation, config.model.loss) == ("relu", "mean_squared_error")
    assert len(config.model.hidden) == 1
    images = ["--set", "data.name=idx", "--set", f"data.dir={load(small_config).data.dir}"]
    assert run("gradcheck", "--config", CONFIGS / "relu-mse.yaml", *images).exit_code == 0


# 000 b: two layers of sigmoids without bias, the sum of squares, full batch, 1,500 iterations.


@unsynced
def test_000b_the_loss_falls_monotonically_over_1500_iterations_as_by_the_sources_own_formulas() -> None:
    assert run("train", "--config", CONFIGS / "xor.yaml", "--out", "xor", "--quiet").exit_code == 0
    losses = [float(row["train_loss"]) for row in rows("xor")]
    assert len(losses) == 1500
    assert all(after < before for before, after in itertools.pairwise(losses))

    def sigmoid(z: np.ndarray) -> Any:
        return 1 / (1 + np.exp(-z))

    x, y = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([[0], [1], [1], [0]])
    config = load(CONFIGS / "xor.yaml")
    assert (config.model.hidden, config.model.bias, config.train.batch_size) == ((4,), False, 4)
    start = build.initialized(config, (3,), outputs=1)
    first, second = (start.named_parameters[name].copy() for name in ("W1", "W2"))
    for _ in range(1500):  # learning rate 1 on the sum of squares
        hidden = sigmoid(x @ first)
        output = sigmoid(hidden @ second)
        error = 2 * (y - output) * output * (1 - output)
        first, second = first + x.T @ (error @ second.T * hidden * (1 - hidden)), second + hidden.T @ error
    assert losses[-1] == pytest.approx(np.sum((y - output) ** 2) / 4, rel=1e-9)  # rounding, over 1,500 steps
    np.testing.assert_allclose(np.load("xor/checkpoint.npz")["W1"], first, rtol=1e-9)
    assert np.round(output).ravel().tolist() == [0, 1, 1, 0]


# 001: perceptrons, activations, a forward pass, losses, numerical differentiation.


@pytest.mark.parametrize(
    ("gate", "weights", "bias", "truth"),
    [("and", 0.5, -0.7, [0, 0, 0, 1]), ("nand", -0.5, 0.7, [1, 1, 1, 0]), ("or", 0.5, -0.2, [0, 1, 1, 1])],
)
def test_001_a_perceptron_is_a_logic_gate(gate: str, weights: float, bias: float, truth: list[int]) -> None:
    perceptron = filled(Network([Affine(2, 1), Step()], HalfSquaredError(), "float64"), W1=weights, b1=bias)
    assert perceptron.predict(GATE_INPUTS).ravel().tolist() == truth


def test_001_two_layers_of_perceptrons_compute_the_exclusive_or() -> None:
    """NAND and OR, then AND."""
    layers = [Affine(2, 2), Step(), Affine(2, 1), Step()]
    net = filled(
        Network(layers, HalfSquaredError(), "float64"),
        W1=[[-0.5, 0.5], [-0.5, 0.5]], b1=[0.7, -0.2], W2=0.5, b2=-0.7,
    )  # fmt: skip
    assert net.predict(GATE_INPUTS).ravel().tolist() == [0, 1, 1, 0]
    with pytest.raises(TypeError, match="a step function trains nothing"):
        net.backprop(GATE_INPUTS, np.array([0, 1, 1, 0]))


def test_001_activation_functions_take_the_books_values() -> None:
    x = np.array([[-1.0, 1.0, 2.0]])
    np.testing.assert_allclose(Sigmoid().forward(x), [[0.26894142, 0.73105858, 0.88079708]], atol=5e-9)
    np.testing.assert_array_equal(Step().forward(x), [[0, 1, 1]])
    np.testing.assert_array_equal(ReLU().forward(x), [[0, 1, 2]])
    softmax = graph.softmax([0.3, 2.9, 4.0]).value
    np.testing.assert_allclose(softmax, [0.01821127, 0.24519181, 0.73659691], atol=5e-9)
    np.testing.assert_array_equal(graph.softmax([1010.0, 1000.0, 990.0]).value.round(3), [1, 0, 0])


def test_001_three_layers_with_fixed_weights_give_the_books_outputs() -> None:
    layers = [Affine(2, 3), Sigmoid(), Affine(3, 2), Sigmoid(), Affine(2, 2), Identity()]
    net = filled(
        Network(layers, HalfSquaredError(), "float64"),
        W1=[[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], b1=[0.1, 0.2, 0.3],
        W2=[[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], b2=[0.1, 0.2],
        W3=[[0.1, 0.3], [0.2, 0.4]], b3=[0.1, 0.2],
    )  # fmt: skip
    np.testing.assert_allclose(net.predict(np.array([[1.0, 0.5]])), [[0.31682708, 0.69627909]], atol=5e-9)


def test_001_errors_take_the_books_values() -> None:
    """Probability 0.6 for the truth, class 2, then for class 7, which is wrong. The book adds 1e-7 in the logarithm."""
    right = np.array([[0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]])
    wrong = np.array([[0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0]])
    t = np.array([2])
    assert HalfSquaredError().forward(right, t) == pytest.approx(0.0975, abs=1e-12)
    assert HalfSquaredError().forward(wrong, t) == pytest.approx(0.5975, abs=1e-12)
    for probabilities, expected in ((right, 0.510825), (wrong, 2.302585)):
        logits = np.log(np.maximum(probabilities, 1e-300))
        assert SoftmaxCrossEntropy().forward(logits, t) == pytest.approx(expected, abs=1e-6)


def test_001_numerical_derivatives_take_the_books_values() -> None:
    """0.01 x² + 0.1 x has the slopes 0.2 at 5 and 0.3 at 10; x0² + x1² has the gradients (6, 8), (0, 4) and (6, 0)."""
    for x, slope in ((5, 0.2), (10, 0.3)):
        assert numerical_derivative(lambda x: 0.01 * x**2 + 0.1 * x, x) == pytest.approx(slope, abs=1e-10)
    for point, expected in (([3.0, 4.0], [6, 8]), ([0.0, 2.0], [0, 4]), ([3.0, 0.0], [6, 0])):
        gradient = numerical_gradient(lambda x: float(np.sum(x**2)), np.array(point))
        np.testing.assert_allclose(gradient, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("rate", "end", "tolerance"),
    [
        (0.1, [-6.11110793e-10, 8.14814391e-10], 1e-10),  # −3 and 4 times 0.8¹⁰⁰, but for rounding in the differences
        (1e-10, [-2.99999994, 3.99999992], 1e-8),
    ],
)
def test_001_gradient_descent_ends_where_the_books_does(rate: float, end: list[float], tolerance: float) -> None:
    start = np.array([-3.0, 4.0])
    found = gradient_descent(lambda x: float(np.sum(x**2)), start, rate, 100)
    np.testing.assert_allclose(found, end, rtol=0, atol=tolerance)
    assert start.tolist() == [-3, 4]


def test_001_gradient_descent_with_a_learning_rate_too_large_diverges() -> None:
    """The book ends at −2.6e13 and −1.3e12; where exactly is up to rounding."""
    found = gradient_descent(lambda x: float(np.sum(x**2)), np.array([-3.0, 4.0]), 10.0, 100)
    assert abs(found).max() > 1e10


def test_001_the_two_layer_net_has_the_books_shapes_and_both_its_gradients_agree(rng: np.random.Generator) -> None:
    """The book compares the means of |difference|, on three images; it finds 1e-10 to 1e-7 with its step of 1e-4."""
    net = TwoLayerNet(input_size=784, hidden_size=50, output_size=10)
    shapes = {name: values.shape for name, values in net.named_parameters.items()}
    assert shapes == {"W1": (784, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}
    x, t = rng.random((3, 784)), np.array([5, 0, 4])
    backprop, numerical = net.gradient(x, t), net.numerical_gradient(x, t)
    for name in shapes:
        assert abs(backprop[name] - numerical[name]).mean() < 1e-10


def test_001_the_book_trains_it_by_either_gradient_to_the_same_losses(small_config: Path) -> None:
    """Asked for: 1e-6. Differences err by 1e-11, and nothing amplifies that in 33 steps."""
    for gradient in ("backprop", "numerical"):
        options = ["--set", f"train.gradient={gradient}", "--set", "train.dtype=float64", "--out", gradient]
        assert run("train", "--config", small_config, *options).exit_code == 0
    for one, other in zip(rows("backprop"), rows("numerical"), strict=True):
        assert float(one["train_loss"]) == pytest.approx(float(other["train_loss"]), rel=1e-9)
        assert float(one["test_loss"]) == pytest.approx(float(other["test_loss"]), rel=1e-9)


def test_001_the_books_configs_have_the_books_numbers() -> None:
    book, numerical = load(CONFIGS / "book.yaml"), load(CONFIGS / "book-numerical.yaml")
    assert (book.model.hidden, book.model.activation, book.model.weight_init_std) == ((50,), "sigmoid", 0.01)
    train = book.train
    assert (train.batch_size, train.learning_rate, train.max_steps, train.sampling) == (100, 0.1, 10_000, "replacement")
    assert (numerical.model, numerical.train.gradient, numerical.train.batch_size) == (book.model, "numerical", 100)


def test_001_apples_are_bought_on_a_graph() -> None:
    """2 apples at 100 and 10 % tax: 220; an apple's price counts 2.2 times, another apple 110, the tax 200."""
    price, number, tax = graph.variable(100, "apple"), graph.variable(2, "number"), graph.variable(1.1, "tax")
    total = price * number * tax
    assert total.value == pytest.approx(220, rel=1e-15)
    found = [float(gradient) for gradient in graph.gradients(total, [price, number, tax])]
    assert found == pytest.approx([2.2, 110, 200], rel=1e-15)


def test_001_the_softmax_with_loss_node_sends_back_y_minus_t() -> None:
    """The book's probabilities 0.3, 0.2, 0.5 for the truth (0, 1, 0) send back 0.3, −0.8, 0.5."""
    logits = graph.variable(np.log([[0.3, 0.2, 0.5]]))
    loss = graph.softmax_cross_entropy(logits, np.array([[0, 1, 0]]))
    np.testing.assert_allclose(graph.gradients(loss, [logits])[0], [[0.3, -0.8, 0.5]], rtol=1e-14)


# 002: backprop by dimension compatibility, for any number of layers; softplus; convolution as a matrix product.


@pytest.mark.parametrize("depth", [0, 1, 2, 7])
def test_002_every_gradient_has_its_parameters_shape_at_any_depth(depth: int, rng: np.random.Generator) -> None:
    sizes = [6, *(3 + i for i in range(depth)), 2]
    layers = [part for pair in itertools.pairwise(sizes) for part in (Affine(*pair), Softplus())]
    net = Network(layers, MeanSquaredError(), "float64")
    net.parameters[...] = rng.standard_normal(net.parameters.size) / 2
    x, t = rng.standard_normal((5, 6)), rng.standard_normal((5, 2))
    net.backprop(x, t)
    numerical = numerical_gradient(lambda _: net.loss(x, t), net.parameters)
    np.testing.assert_allclose(net.gradients, numerical, rtol=0, atol=1e-9)


def test_002_the_slope_of_softplus_is_the_sigmoid() -> None:
    softplus, x = Softplus(), np.array([[-3.0, 0.0, 2.0]])
    assert softplus.forward(x)[0, 1] == pytest.approx(math.log(2), rel=1e-15)
    np.testing.assert_allclose(softplus.backward(np.ones((1, 3))), Sigmoid().forward(x), rtol=1e-14)


def test_002_a_convolution_is_a_matrix_product() -> None:
    """By hand: the four 2×2 windows of 1 … 9, each with the weights 1, 2, 3, 4: 1 + 4 + 12 + 20 = 37 for the first."""
    image = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    layer = Conv2D((1, 3, 3), 1, 2, bias=False)
    net = filled(Network([layer], MeanSquaredError(), "float64"), W1=[[[[1.0, 2.0], [3.0, 4.0]]]])
    np.testing.assert_array_equal(im2col(image, 2)[0].T, [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]])
    np.testing.assert_array_equal(net.predict(image)[0, 0], [[37, 47], [67, 77]])


# 003: a chain of single neurons, gradients computed incrementally.


def test_003_a_chain_of_neurons_has_the_gradients_computed_one_from_the_next() -> None:
    config = load(CONFIGS / "chain.yaml")
    dataset = load_data("chain")
    net = build.initialized(config, dataset.shape, dataset.outputs)
    net.backprop(dataset.train.x, dataset.train.t)

    a = [float(dataset.train.x[0, 0])]
    for i in range(1, 5):
        z = net.named_parameters[f"W{i}"].item() * a[-1] + net.named_parameters[f"b{i}"].item()
        a.append(1 / (1 + math.exp(-z)))
    slope = a[-1] - float(dataset.train.t[0])  # of E = (y − a)² / 2 with respect to the last a
    for i in range(4, 0, -1):
        slope *= a[i] * (1 - a[i])
        assert net.named_gradients[f"b{i}"].item() == pytest.approx(slope, rel=1e-13)
        assert net.named_gradients[f"W{i}"].item() == pytest.approx(slope * a[i - 1], rel=1e-13)
        slope *= net.named_parameters[f"W{i}"].item()


def test_003_the_chain_learns_its_sample() -> None:
    assert run("train", "--config", CONFIGS / "chain.yaml", "--out", "chain", "--quiet").exit_code == 0
    losses = [float(row["train_loss"]) for row in rows("chain")]
    assert all(after < before for before, after in itertools.pairwise(losses))
    assert losses[-1] < 0.01


# 004: online backprop on the points of the plane.


def test_004_the_plane_is_classified_after_one_pass_over_its_points() -> None:
    train = load(CONFIGS / "plane.yaml").train
    assert (train.batch_size, train.learning_rate, train.epochs) == (1, 0.001, 1)
    options = ["--target-accuracy", "0.99", "--quiet", "--out", "plane"]
    assert run("train", "--config", CONFIGS / "plane.yaml", *options).exit_code == 0
    assert rows("plane")[0]["step"] == "30000"
