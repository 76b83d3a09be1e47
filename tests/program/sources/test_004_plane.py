"""004: online backprop through a list of sigmoid layers, on the points of the plane (−100 … 99)² labelled y ≥ 0.

A neuron of the text computes the sigmoid of weights · x − bias; E = (y − a)² / 2; weights come from N(0, 1), and biases
here as well. The 30,000 points to train on are drawn with replacement, and those never drawn validate.
"""

import itertools
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.config import load
from mnist_bp.nn.activations import Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.losses import HalfSquaredError
from mnist_bp.nn.network import Network
from tests.helpers.commands import rows, run

PLANE = Path(__file__).parents[3] / "configs" / "plane.yaml"
POINTS = np.stack(np.meshgrid(np.arange(-100.0, 100), np.arange(-100.0, 100)), axis=-1).reshape(-1, 2)
LABELS = (POINTS[:, 1] >= 0).astype(np.uint8)
RATE = 0.001

Step = Callable[[Network, np.ndarray, np.ndarray, float], None]


class Neurons:
    """The text's layer, by its formulas: weights (H, D), and biases (H,), which are subtracted."""

    def __init__(self, weights: np.ndarray, biases: np.ndarray) -> None:
        self.weights, self.biases = weights.copy(), biases.copy()

    def forward(self, x: np.ndarray) -> np.ndarray:
        a: np.ndarray = 1 / (1 + np.exp(-(self.weights @ x - self.biases)))
        self.x, self.a = x, a
        return a

    def learn(self, error: np.ndarray) -> np.ndarray:
        """Change the weights, then pass the error through the changed ones."""
        slope = error * self.a * (1 - self.a)
        self.weights -= RATE * np.outer(slope, self.x)
        self.biases += RATE * slope
        back: np.ndarray = self.weights.T @ slope
        return back


def predict(layers: list[Neurons], x: np.ndarray) -> np.ndarray:
    for layer in layers:
        x = layer.forward(x)
    return x


def learn(layers: list[Neurons], x: np.ndarray, y: float) -> None:
    error = predict(layers, x) - y
    for layer in reversed(layers):
        error = layer.learn(error)


def both(sizes: list[int], rng: np.random.Generator) -> tuple[Network, list[Neurons]]:
    """Return a network and the text's layers with the same weights; the network adds its biases."""
    affine = [Affine(*pair) for pair in itertools.pairwise(sizes)]
    net = Network([part for each in affine for part in (each, Sigmoid())], HalfSquaredError(), "float64")
    net.parameters[...] = rng.standard_normal(net.parameters.size)
    return net, [Neurons(layer.W.T, -layer.b) for layer in affine]


def backprop(net: Network, x: np.ndarray, t: np.ndarray, rate: float) -> None:
    net.backprop(x, t)
    net.parameters -= rate * net.gradients


def in_the_texts_order(net: Network, x: np.ndarray, t: np.ndarray, rate: float) -> None:
    """Take a step with the network's own layers, each changed before the gradient is passed through it."""
    net.loss(x, t)
    dout = net.loss_function.backward()
    for layer in reversed(net.layers):
        if isinstance(layer, Affine):
            layer.parameter_gradients(dout)
            layer.W -= rate * layer.dW
            layer.b -= rate * layer.db
        dout = layer.backward(dout)


def test_the_texts_net_learns_as_by_its_formulas() -> None:
    """2-1. With a single layer the order of the update makes no difference; to 1e-9, for rounding.

    After 5,000 of the 30,000 points both have the same weights, and the formulas take the rest of the pass alone.
    """
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(POINTS), 30_000)
    left = np.setdiff1d(np.arange(len(POINTS)), drawn)
    assert len(left) == 18_876
    assert len(left) == pytest.approx(40_000 * math.exp(-0.75), abs=5 * 57)  # 18,895 and its standard deviation
    net, layers = both([2, 1], rng)
    for i in drawn[:5000]:
        backprop(net, POINTS[i : i + 1], LABELS[i : i + 1], RATE)
        learn(layers, POINTS[i], LABELS[i])
    np.testing.assert_allclose(net.named_parameters["W1"].T, layers[0].weights, rtol=1e-9)
    np.testing.assert_allclose(net.named_parameters["b1"], -layers[0].biases, rtol=1e-9)
    fifty = left[:: len(left) // 50][:50]
    expected = np.concatenate([predict(layers, point) for point in POINTS[fifty]])
    np.testing.assert_allclose(net.predict(POINTS[fifty])[:, 0], expected, rtol=0, atol=1e-6)

    for i in drawn[5000:]:
        learn(layers, POINTS[i], LABELS[i])
    right = (predict(layers, POINTS[left].T) > 0.5)[0] == LABELS[left]
    assert right.mean() == pytest.approx(0.9927, abs=5e-5)


def test_the_order_of_the_update_changes_what_the_first_layers_learn() -> None:
    """2-3-1, one step: the last layer changes as by backprop, the first one by something else than the gradient.

    What it is off by is in proportion to the learning rate: that much has changed in the weights passed through.
    """
    x, t = np.array([[0.5, -1.0]]), np.array([1], np.uint8)

    def changes(step: Step, rate: float) -> Mapping[str, np.ndarray]:
        net, _ = both([2, 3, 1], np.random.default_rng(7))
        before = net.parameters.copy()
        step(net, x, t, rate)
        return net.views((before - net.parameters) / rate)

    gradient, errors = changes(backprop, RATE), []
    for rate in (0.1, 0.05):
        found = changes(in_the_texts_order, rate)
        np.testing.assert_allclose(found["W2"], gradient["W2"], rtol=1e-9)
        errors.append(found["W1"] - gradient["W1"])
    np.testing.assert_allclose(errors[0], 2 * errors[1], rtol=1e-9)
    assert abs(errors[0]).max() > 1e-3 * abs(gradient["W1"]).max()


def test_the_order_of_the_update_hardly_matters_at_the_texts_rate() -> None:
    """2-3-1, 5,000 points: parameters differ by 5e-6 at most, and no point is classified differently."""
    rng = np.random.default_rng(7)
    net, layers = both([2, 3, 1], rng)
    other, _ = both([2, 3, 1], np.random.default_rng(7))
    for i in rng.integers(0, len(POINTS), 5000):
        learn(layers, POINTS[i], LABELS[i])
        in_the_texts_order(net, POINTS[i : i + 1], LABELS[i : i + 1], RATE)
        backprop(other, POINTS[i : i + 1], LABELS[i : i + 1], RATE)
    for number, layer in enumerate(layers, 1):
        np.testing.assert_allclose(net.named_parameters[f"W{number}"].T, layer.weights, rtol=1e-9)
        np.testing.assert_allclose(net.named_parameters[f"b{number}"], -layer.biases, rtol=1e-9)
    assert 1e-7 < abs(net.parameters - other.parameters).max() < 5e-6
    np.testing.assert_array_equal(net.predict(POINTS) > 0.5, other.predict(POINTS) > 0.5)
    assert net.accuracy(POINTS, LABELS) > 0.99


@pytest.mark.parametrize(
    ("options", "accuracy"),
    [([], 0.998), (["--set", "model.hidden=[]", "--set", "model.weight_init_std=1"], 0.855)],
    ids=["plane.yaml", "2-1 from N(0, 1)"],
)
def test_a_pass_of_bp_train_over_the_plane(options: list[str], accuracy: float) -> None:
    """Of its 10,000 test points; to half a per cent."""
    train = load(PLANE).train
    assert (train.batch_size, train.learning_rate, train.epochs) == (1, 0.001, 1)
    assert run("train", "--config", PLANE, *options, "--quiet", "--out", "plane").exit_code == 0
    (row,) = rows("plane")
    assert row["step"] == "30000"
    assert float(row["test_accuracy"]) == pytest.approx(accuracy, abs=0.005)
