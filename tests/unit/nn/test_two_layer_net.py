"""The book's class: two ways to one gradient."""

import numpy as np
import pytest

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Score
from mnist_bp.nn.nonzero import Examples
from mnist_bp.nn.two_layer_net import TwoLayerNet


def test_both_gradients_agree(rng: np.random.Generator) -> None:
    net = TwoLayerNet(input_size=7, hidden_size=5, output_size=3)
    x, t = rng.random((6, 7)), rng.integers(0, 3, 6)
    backprop, numerical = net.gradient(x, t), net.numerical_gradient(x, t)
    assert list(backprop) == ["W1", "b1", "W2", "b2"]
    for name, gradient in backprop.items():
        np.testing.assert_allclose(gradient, numerical[name], atol=1e-10)  # rounding: 1e-16 / 1e-5, a few times


@pytest.mark.parametrize("kind", ["float64", "float32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_hot_targets_mean_the_same_as_classes(kind: str, dtype: str, rng: np.random.Generator) -> None:
    net = TwoLayerNet(7, 5, 3, dtype=dtype)
    x, t = rng.random((6, 7)), rng.integers(0, 3, 6)
    rows = np.eye(3, dtype=kind)[t]
    assert net.loss(x, rows) == net.loss(x, t)
    assert net.accuracy(x, rows) == net.accuracy(x, t)
    for name in net.params:
        np.testing.assert_array_equal(net.gradient(x, rows)[name], net.gradient(x, t)[name])
        np.testing.assert_array_equal(net.numerical_gradient(x, rows)[name], net.numerical_gradient(x, t)[name])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_books_training_loop_trains_it(dtype: str, rng: np.random.Generator) -> None:
    """Its two ways of writing an update change the network, as `parameters` changed by hand would."""
    x_batch, t_batch = rng.random((6, 7)), np.eye(3)[rng.integers(0, 3, 6)]
    learning_rate = 0.1
    network, assigned, twin = (TwoLayerNet(7, 5, 3, dtype=dtype) for _ in range(3))
    before = network.loss(x_batch, t_batch)
    for _ in range(20):
        grad = network.gradient(x_batch, t_batch)
        for key in ("W1", "b1", "W2", "b2"):
            network.params[key] -= learning_rate * grad[key]

        grad = assigned.gradient(x_batch, t_batch)
        for key in ("W1", "b1", "W2", "b2"):
            assigned.params[key] = assigned.params[key] - learning_rate * grad[key]

        twin.backprop(x_batch, t_batch)
        twin.parameters -= learning_rate * twin.gradients
    np.testing.assert_array_equal(network.parameters, twin.parameters)
    np.testing.assert_array_equal(assigned.parameters, twin.parameters)
    assert network.loss(x_batch, t_batch) < before - 0.01


def test_the_books_names_and_shapes_are_its_own() -> None:
    net = TwoLayerNet(input_size=784, hidden_size=100, output_size=10)
    assert {name: array.shape for name, array in net.params.items()} == {
        "W1": (784, 100), "b1": (100,), "W2": (100, 10), "b2": (10,)
    }  # fmt: skip


def test_the_first_line_about_predict_says_that_it_gives_logits(rng: np.random.Generator) -> None:
    assert "logits" in str(TwoLayerNet.predict.__doc__).splitlines()[0]
    net, x = TwoLayerNet(7, 5, 3, weight_init_std=1), rng.random((6, 7))
    hidden = 1 / (1 + np.exp(-(x @ net.params["W1"] + net.params["b1"])))
    np.testing.assert_allclose(net.predict(x), hidden @ net.params["W2"] + net.params["b2"], rtol=1e-12, atol=1e-14)


def test_gradients_stay_when_the_next_ones_are_computed(rng: np.random.Generator) -> None:
    net = TwoLayerNet(7, 5, 3)
    x, t = rng.random((6, 7)), rng.integers(0, 3, 6)
    first = net.gradient(x, t)
    kept = first["W1"].copy()
    net.gradient(x[:2], t[:2])
    np.testing.assert_array_equal(first["W1"], kept)


def test_its_initial_parameters_are_those_of_the_book() -> None:
    """Weights from N(0, 0.01²), biases zero, so that ten classes cost ln 10 = 2.3026 each."""
    net = TwoLayerNet(784, 50, 10)
    assert net.parameters.size == 784 * 50 + 50 + 50 * 10 + 10
    np.testing.assert_array_equal(net.named_parameters["b1"], 0)
    np.testing.assert_allclose(net.named_parameters["W1"].std(), 0.01, rtol=0.02)  # 39,200 draws: known to 0.4 %
    assert abs(net.loss(np.zeros((1, 784)), np.array([3])) - 2.3026) < 0.1
    assert not np.array_equal(net.parameters, TwoLayerNet(784, 50, 10, seed=1).parameters)


def test_the_numerical_gradient_knows_nothing_of_backprop(rng: np.random.Generator) -> None:
    class Wrong(TwoLayerNet):
        def backprop(self, x: Examples, t: Array) -> Score:
            score = super().backprop(x, t)
            self.gradients *= 1.1
            return score

    right, wrong = TwoLayerNet(7, 5, 3), Wrong(7, 5, 3)
    x, t = rng.random((6, 7)), rng.integers(0, 3, 6)
    for name, gradient in right.numerical_gradient(x, t).items():
        np.testing.assert_array_equal(gradient, wrong.numerical_gradient(x, t)[name])
        assert not np.array_equal(right.gradient(x, t)[name], wrong.gradient(x, t)[name])
