"""The book's class: two ways to one gradient."""

import numpy as np

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
