"""Networks: one flat vector, named views, and gradients that finite differences confirm at any depth."""

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.initializers import xavier
from mnist_bp.nn.layers import Affine, Layer
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network


def network(*layers: Layer, seed: int = 0, dtype: str = "float64") -> Network:
    net = Network(layers, SoftmaxCrossEntropy(), dtype)
    net.initialize(xavier, np.random.default_rng(seed))
    return net


def batch(rng: np.random.Generator, features: int = 6, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((8, features)), rng.integers(0, classes, 8)


DEPTHS = {
    "no hidden layer": [Affine(6, 3)],
    "one hidden layer": [Affine(6, 5), Sigmoid(), Affine(5, 3)],
    "three hidden layers": [Affine(6, 5), Sigmoid(), Affine(5, 4), Sigmoid(), Affine(4, 4), Sigmoid(), Affine(4, 3)],
    "no bias": [Affine(6, 5, bias=False), Sigmoid(), Affine(5, 3, bias=False)],
    "an activation first": [Sigmoid(), Affine(6, 3)],
}


@pytest.mark.parametrize("layers", DEPTHS.values(), ids=DEPTHS)
def test_backprop_agrees_with_finite_differences(layers: list[Layer], rng: np.random.Generator) -> None:
    net, (x, t), step = network(*layers), batch(rng), 1e-5
    net.backprop(x, t)
    gradients = net.gradients.copy()
    for i, value in enumerate(net.parameters.copy()):
        net.parameters[i] = value + step
        plus = net.loss(x, t)
        net.parameters[i] = value - step
        minus = net.loss(x, t)
        net.parameters[i] = value
        assert gradients[i] == pytest.approx((plus - minus) / (2 * step), abs=1e-10)


def test_parameters_are_named_views_of_one_vector() -> None:
    net = network(Affine(6, 5), ReLU(), Affine(5, 3))
    assert {name: view.shape for name, view in net.named_parameters.items()} == {
        "W1": (6, 5), "b1": (5,), "W2": (5, 3), "b2": (3,),
    }  # fmt: skip
    net.parameters[...] = np.arange(net.parameters.size)
    np.testing.assert_array_equal(net.named_parameters["W1"].ravel(), np.arange(30))
    np.testing.assert_array_equal(net.named_parameters["b2"], [50, 51, 52])
    assert all(np.shares_memory(view, net.gradients) for view in net.named_gradients.values())


def test_a_network_starts_from_its_seed_alone() -> None:
    one, same, other = (network(Affine(6, 3), seed=seed).parameters for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_copy_in_another_precision_computes_the_same_and_shares_nothing(rng: np.random.Generator) -> None:
    net, (x, t) = network(Affine(6, 5), Sigmoid(), Affine(5, 3)), batch(rng)
    loss = net.loss(x, t)
    twin = net.copy("float32")
    assert twin.parameters.dtype == np.float32
    assert twin.loss(x.astype("float32"), t) == pytest.approx(loss, rel=1e-6)
    twin.parameters[...] = 0
    assert net.loss(x, t) == loss


def test_the_score_is_the_loss_and_the_number_right(rng: np.random.Generator) -> None:
    net, (x, t) = network(Affine(6, 3)), batch(rng)
    score = net.score(x, t)
    assert score.loss == net.loss(x, t)
    assert score.correct == np.count_nonzero(net.predict(x).argmax(axis=1) == t) == net.accuracy(x, t) * 8
    assert net.backprop(x, t) == score


def test_the_first_layer_is_not_asked_for_dx(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Affine(6, 5)
    net, (x, t) = network(first, Sigmoid(), Affine(5, 3)), batch(rng)
    monkeypatch.setattr(first, "backward", lambda dout: pytest.fail("dx of the first layer"))
    net.backprop(x, t)


def test_a_small_net_learns_its_batch_by_heart(rng: np.random.Generator) -> None:
    net, (x, t) = network(Affine(6, 20), Sigmoid(), Affine(20, 3)), batch(rng)
    for _ in range(500):
        net.backprop(x, t)
        net.parameters -= net.gradients
    assert net.accuracy(x, t) == 1
