"""Networks: one flat vector, named views, and gradients that finite differences confirm at any depth."""

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import xavier
from mnist_bp.nn.layers import Layer
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


def test_the_initial_weights_depend_on_the_seed_alone() -> None:
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


def test_weight_decay_penalizes_weights_and_not_biases(rng: np.random.Generator) -> None:
    """λ/2 · (1² + … + 6²) = 0.1 · 91 / 2 = 4.55, with the gradient λ W; the loss itself stays as it is."""
    plain, decayed = (Network([Affine(2, 3)], SoftmaxCrossEntropy(), "float64", weight_decay=rate) for rate in (0, 0.1))
    x, t = batch(rng, features=2)
    for net in (plain, decayed):
        net.named_parameters["W1"][...] = [[1, 2, 3], [4, 5, 6]]
        net.named_parameters["b1"][...] = [7, 8, 9]
        net.backprop(x, t)
    assert plain.penalty() == 0
    assert decayed.penalty() == pytest.approx(4.55, rel=1e-15)
    assert plain.loss(x, t) == decayed.loss(x, t)
    added = decayed.gradients - plain.gradients
    np.testing.assert_allclose(added, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0, 0, 0], rtol=1e-14, atol=1e-15)
    assert decayed.copy("float32").weight_decay == 0.1


def test_dropout_is_on_in_training_alone_and_its_masks_follow_from_the_seed(rng: np.random.Generator) -> None:
    net, (x, _) = network(Affine(6, 50), Dropout(0.5), Affine(50, 50), Dropout(0.5), Affine(50, 3)), batch(rng)
    quiet = net.predict(x).copy()
    noisy = []
    for seed in (1, 1, 2):
        with net.training(seed):
            noisy.append(net.predict(x).copy())
            np.testing.assert_array_equal(net.predict(x), noisy[-1])  # one loss for all of the context
            np.testing.assert_array_equal(net.copy("float64").predict(x), noisy[-1])  # nor is a copy's another
            masks = [layer.mask != 0 for layer in net.layers if isinstance(layer, Dropout)]
            assert not np.array_equal(*masks)  # each layer has its own
    np.testing.assert_array_equal(net.predict(x), quiet)
    np.testing.assert_array_equal(noisy[0], noisy[1])
    assert not np.array_equal(noisy[0], noisy[2])
    assert not np.array_equal(noisy[0], quiet)


def test_dropout_ends_with_an_error_too(rng: np.random.Generator) -> None:
    net, (x, _) = network(Affine(6, 5), Dropout(0.5), Affine(5, 3)), batch(rng)
    quiet = net.predict(x).copy()
    with pytest.raises(KeyError), net.training(0):
        raise KeyError
    np.testing.assert_array_equal(net.predict(x), quiet)


def test_in_training_backprop_differentiates_the_loss_with_its_masks(rng: np.random.Generator) -> None:
    net, (x, t), step = network(Affine(6, 8), Sigmoid(), Dropout(0.5), Affine(8, 3)), batch(rng), 1e-5
    with net.training(3):
        net.backprop(x, t)
        v = rng.standard_normal(net.parameters.size)
        start = net.parameters.copy()
        net.parameters[...] = start + step * v
        plus = net.loss(x, t)
        net.parameters[...] = start - step * v
        minus = net.loss(x, t)
    assert np.vdot(net.gradients, v) == pytest.approx((plus - minus) / (2 * step), abs=1e-9)


def test_an_input_that_does_not_fit_is_refused_with_the_number_of_the_layer() -> None:
    with pytest.raises(ValueError, match=r"layer 3: Affine expects x of shape \(N, 4\); got \(8, 5\)"):
        network(Affine(6, 5), Sigmoid(), Affine(4, 3)).predict(np.zeros((8, 6)))


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("W2", np.nan, "parameter W2 of layer 3 (Affine)"),
        ("b1", np.inf, "parameter b1 of layer 1 (Affine)"),
        ("W2", 1e308, "the output of layer 3 (Affine)"),
        ("b2", [1e308, -1e308, 0], "the loss"),
        ("b2", 0, None),
    ],
)
def test_the_first_number_that_is_not_finite_is_located(name: str, value: object, where: str | None) -> None:
    net = network(Affine(6, 5), ReLU(), Affine(5, 3))
    net.named_parameters[name][...] = value
    assert net.first_nonfinite(np.full((2, 6), 100.0), np.array([0, 1])) == where


def test_views_lay_out_any_vector_as_the_parameters_are() -> None:
    net = network(Affine(2, 3), Affine(3, 1, bias=False))
    views = net.views(np.arange(12))
    assert {name: view.tolist() for name, view in views.items()} == {
        "W1": [[0, 1, 2], [3, 4, 5]], "b1": [6, 7, 8], "W2": [[9], [10], [11]],
    }  # fmt: skip


def test_the_same_seed_and_key_give_the_same_masks_again(rng: np.random.Generator) -> None:
    net, (x, _) = network(Affine(6, 50), Dropout(0.5), Affine(50, 3)), batch(rng)
    with net.training(1, 2, 3):
        first = net.predict(x).copy()
    with net.training(1, 2, 3):
        np.testing.assert_array_equal(net.predict(x), first)
    with net.training(1, 2, 4):  # the next step
        assert not np.array_equal(net.predict(x), first)


def test_a_copy_has_a_loss_function_of_its_own(rng: np.random.Generator) -> None:
    net, (x, t) = network(Affine(6, 3)), batch(rng)
    net.loss(x, t)
    before = net.loss_function.backward().copy()
    net.loss(x, t)
    net.copy("float64").loss(x[:4] + 1, t[:4])
    np.testing.assert_array_equal(net.loss_function.backward(), before)


@pytest.mark.parametrize("t", [[0], [0, 1, 2, 7], [0, 1, -1, 2], [0.0, 1.0, 2.0, 0.0]], ids=str)
def test_accuracy_refuses_targets_that_do_not_fit(t: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        network(Affine(6, 3)).accuracy(np.zeros((4, 6)), np.array(t))


def test_only_float32_and_float64_are_taken() -> None:
    with pytest.raises(ValueError, match="expects dtype float32 or float64; got float16"):
        network(Affine(6, 3), dtype="float16")


def test_a_layer_that_is_given_twice_is_refused() -> None:
    sigmoid = Sigmoid()
    with pytest.raises(ValueError, match="expects each layer once"):
        network(Affine(6, 5), sigmoid, Affine(5, 3), sigmoid)


def test_a_network_too_large_for_any_array_raises_memory_error() -> None:
    with pytest.raises(MemoryError, match=r"1e\+24 parameters"):
        network(Affine(10**12, 10**12))


def test_twins_follow_the_parameters_and_have_gradients_of_their_own(rng: np.random.Generator) -> None:
    net = Network([Affine(4, 3), Sigmoid(), Affine(3, 2)], SoftmaxCrossEntropy(), "float64")
    net.initialize(xavier, rng)
    x, t = rng.random((5, 4)), rng.integers(0, 2, 5)
    first, second = net.twins(2)
    assert net.twins(3)[:2] == [first, second]
    net.parameters *= 2
    net.backprop(x, t)
    first.backprop(x, t)
    second.backprop(-x, t)
    np.testing.assert_array_equal(first.gradients, net.gradients)
    assert not np.array_equal(second.gradients, net.gradients)
    assert not np.shares_memory(first.predict(x), second.predict(x))
