"""The fast central differences against the textbook loop, which shares nothing with them but the step."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn.activations import LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check.finite_differences import BLOCK, central_differences, differentiate
from mnist_bp.nn.check.numerical import numerical_gradient
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import xavier
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    HalfSquaredError,
    Loss,
    MeanSquaredError,
    SoftmaxCrossEntropy,
)
from mnist_bp.nn.network import Network
from mnist_bp.nn.pooling import AveragePool, MaxPool
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.nn.softmax import Softmax
from mnist_bp.nn.two_layer_net import TwoLayerNet

ATOL = 1e-9  # asked for; observed ≤ 4e-11, the rounding of the textbook's differences

STACKS: dict[str, Callable[[], list[Layer]]] = {
    "affine alone": lambda: [Affine(12, 3)],
    "affine, then an activation": lambda: [Affine(12, 3), Sigmoid()],
    "the book's": lambda: [Affine(12, 5), Sigmoid(), Affine(5, 3)],
    "a softmax between": lambda: [Affine(12, 5), Softmax(), Affine(5, 3)],
    "a softmax at the end": lambda: [Affine(12, 5), Sigmoid(), Affine(5, 3), Softmax()],
    "two affine layers in a row": lambda: [Affine(12, 5), Affine(5, 3)],
    "two activations in a row": lambda: [Affine(12, 5), Softplus(), Tanh(), Affine(5, 3)],
    "deep": lambda: [Affine(12, 6), Tanh(), Affine(6, 5), LeakyReLU(), Affine(5, 4), Sigmoid(), Affine(4, 3)],
    "without bias": lambda: [Affine(12, 5, bias=False), ReLU(), Affine(5, 3, bias=False)],
    "an activation in front": lambda: [Tanh(), Affine(12, 5), ReLU(), Affine(5, 3)],
    "dropout between": lambda: [Affine(12, 5), Sigmoid(), Dropout(0.5), Affine(5, 3)],
    "convolutions": lambda: [
        Reshape((1, 3, 4)), Conv2D((1, 3, 4), 3, 2, padding=1), ReLU(), MaxPool(2),
        Conv2D((3, 2, 2), 2, 2, stride=1, padding=1, bias=False), Tanh(), AveragePool(3), Flatten(), Affine(2, 3),
    ],
    "a convolution in front of affine": lambda: [
        Reshape((1, 3, 4)), Conv2D((1, 3, 4), 2, 2, stride=2), Sigmoid(), Flatten(), Affine(4, 3)
    ],
    "a convolution and a pool": lambda: [Reshape((1, 3, 4)), Conv2D((1, 3, 4), 3, 3), AveragePool(1), Flatten()],
}  # fmt: skip
LOSSES: dict[str, Callable[[], Loss]] = {
    "softmax": lambda: SoftmaxCrossEntropy(0.1),
    "binary": BinaryCrossEntropy,
    "mean squared": MeanSquaredError,
    "half squared": HalfSquaredError,
}


def network(layers: list[Layer], loss: Loss, weight_decay: float = 0.0) -> Network:
    net = Network(layers, loss, "float64", weight_decay=weight_decay)
    net.initialize(xavier, np.random.default_rng(4))
    for name, bias in net.named_parameters.items():
        if name.startswith("b"):
            bias[...] = 0.3
    return net


def textbook(net: Network, x: Array, t: Array) -> Array:
    twin = net.copy("float64")
    return numerical_gradient(lambda _: twin.loss(x, t) + twin.penalty(), twin.parameters)


def sparse(rng: np.random.Generator) -> tuple[Array, Array]:
    """Return a batch like MNIST's: most inputs are zero, many of the others are equal, and one is zero throughout."""
    x = np.round(rng.random((7, 12)), 1) * (rng.random((7, 12)) < 0.5)
    x[:, 3] = 0
    return x, rng.integers(0, 3, 7)


@pytest.mark.parametrize("make", STACKS.values(), ids=STACKS)
def test_any_stack_of_layers_has_the_textbooks_differences(
    make: Callable[[], list[Layer]], rng: np.random.Generator
) -> None:
    net = network(make(), SoftmaxCrossEntropy())
    x, t = sparse(rng)
    fast = central_differences(net, x, t)
    assert not fast.kinked.any()
    np.testing.assert_allclose(fast.gradient, textbook(net, x, t), rtol=0, atol=ATOL)


@pytest.mark.parametrize("make", LOSSES.values(), ids=LOSSES)
def test_any_loss_and_weight_decay_have_the_textbooks_differences(
    make: Callable[[], Loss], rng: np.random.Generator
) -> None:
    net = network([Affine(12, 5), Sigmoid(), Affine(5, 3)], make(), weight_decay=0.1)
    x, t = sparse(rng)
    np.testing.assert_allclose(central_differences(net, x, t).gradient, textbook(net, x, t), rtol=0, atol=ATOL)


@pytest.mark.parametrize("dtype", ["float64", "uint8", "bool"])
@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(0.1), CrossEntropy()])
def test_one_hot_targets_have_the_differences_of_their_classes(
    loss: Loss, dtype: str, rng: np.random.Generator
) -> None:
    end: list[Layer] = [Softmax()] if isinstance(loss, CrossEntropy) else []
    net = network([Affine(12, 5), Sigmoid(), Affine(5, 3), *end], loss)
    x, t = sparse(rng)
    rows = np.eye(3, dtype=dtype)[t]
    found = central_differences(net, x, rows).gradient
    np.testing.assert_array_equal(found, central_differences(net, x, t).gradient)
    np.testing.assert_allclose(found, textbook(net, x, t), rtol=0, atol=ATOL)


@pytest.mark.parametrize("block", [1, 200])
def test_blocks_of_any_size_give_the_same(
    block: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1: an example at a time; 200: some, the last block smaller. Sums over the batch are rounded in another order."""
    net = network(STACKS["the book's"](), SoftmaxCrossEntropy())
    x, t = sparse(rng)
    whole = central_differences(net, x, t).gradient
    assert block < BLOCK
    monkeypatch.setattr("mnist_bp.nn.check.finite_differences.BLOCK", block)
    np.testing.assert_allclose(central_differences(net, x, t).gradient, whole, rtol=1e-9, atol=1e-13)


def test_with_a_large_step_they_err_as_differences_do(rng: np.random.Generator) -> None:
    """With a step of 0.1, the truncation error of h² shows, the same as the textbook's: nothing is differentiated."""
    net = network(STACKS["deep"](), HalfSquaredError())
    x, t = sparse(rng)
    twin = net.copy("float64")
    slow = numerical_gradient(lambda _: twin.loss(x, t), twin.parameters, step=0.1)
    net.backprop(x, t)
    np.testing.assert_allclose(central_differences(net, x, t, step=0.1).gradient, slow, rtol=0, atol=1e-14)
    assert abs(slow - net.gradients).max() > 1e-5


def test_a_kink_within_the_step_is_flagged_for_the_parameters_that_cross_it() -> None:
    """One unit of two lies 1e-6 from ReLU's kink, within the step of 1e-5: its weight and its bias cross, no more."""
    net = Network([Affine(1, 2), ReLU(), Affine(2, 2)], SoftmaxCrossEntropy(), "float64")
    net.named_parameters["W1"][...] = [[1.0, 2.0]]
    net.named_parameters["b1"][...] = [-1.0 + 1e-6, 0.5]
    net.named_parameters["W2"][...] = [[1.0, -1.0], [0.5, 2.0]]
    kinked = net.views(central_differences(net, np.ones((1, 1)), np.array([0])).kinked)
    assert {name: flags.tolist() for name, flags in kinked.items()} == {
        "W1": [[True, False]], "b1": [True, False], "W2": [[False, False], [False, False]], "b2": [False, False],
    }  # fmt: skip


def test_a_kink_in_a_later_layer_is_flagged_for_the_parameters_of_the_earlier_ones_too() -> None:
    net = Network([Affine(1, 1), Sigmoid(), Affine(1, 1), ReLU()], HalfSquaredError(), "float64")
    net.parameters[...] = [0.0, 0.0, 1.0, -0.5 + 1e-7]  # σ(0) − ½ + 1e-7 is on the kink but for 1e-7
    assert central_differences(net, np.ones((1, 1)), np.array([0])).kinked.all()


def test_a_tie_in_a_max_pool_is_a_kink() -> None:
    net = Network([Reshape((1, 2, 2)), Conv2D((1, 2, 2), 1, 1), MaxPool(2), Flatten()], HalfSquaredError(), "float64")
    net.parameters[...] = [1e-6, 0.0]  # the outputs 1e-6 · x change their order when the weight changes its sign
    kinked = central_differences(net, np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([0])).kinked
    np.testing.assert_array_equal(kinked, [True, False])


def test_progress_adds_up_to_all_parameters(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_bp.nn.check.finite_differences.BLOCK", 100)
    net = network(STACKS["deep"](), SoftmaxCrossEntropy())
    told: list[int] = []
    central_differences(net, *sparse(rng), advance=told.append)
    assert sum(told) == net.parameters.size
    assert max(told) < net.parameters.size / 10


def test_a_float32_network_is_differentiated_as_accurately_as_a_float64_one(rng: np.random.Generator) -> None:
    """In float32 itself the differences would err by 1e-7 / 1e-5 = 1e-2; so they err by the rounding of the result."""
    net = TwoLayerNet(4, 3, 2, 1.0, dtype="float32")
    x, t = rng.random((5, 4), "float32"), rng.integers(0, 2, 5)
    differentiate(net, x, t)
    exact = net.copy("float64")
    exact.backprop(x.astype("float64"), t)
    np.testing.assert_allclose(net.gradients, exact.gradients, rtol=1e-6, atol=1e-9)
    wide = central_differences(exact, x.astype("float64"), t).gradient
    np.testing.assert_allclose(central_differences(exact, x, t).gradient, wide, rtol=0, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_network_is_left_as_it_was_and_the_batch_is_scored(rng: np.random.Generator, dtype: str) -> None:
    net = TwoLayerNet(4, 3, 2, 1.0, dtype=dtype)
    x, t = rng.standard_normal((5, 4)).astype(dtype), rng.integers(0, 2, 5)
    before, given = net.parameters.copy(), x.copy()
    score = differentiate(net, x, t)
    np.testing.assert_array_equal(net.parameters, before)
    np.testing.assert_array_equal(x, given)
    assert score == net.score(x, t)


def test_a_batch_of_blank_images_has_differences_for_the_biases_alone() -> None:
    net = network(STACKS["the book's"](), SoftmaxCrossEntropy())
    found = net.views(central_differences(net, np.zeros((3, 12)), np.array([0, 1, 1])).gradient)
    assert not found["W1"].any()
    assert found["b1"].all()


@pytest.mark.parametrize("block", [1, BLOCK])
def test_a_layer_without_bias_that_sees_nothing_but_zeros_has_differences_of_zero(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In blocks of one example, the first sees zeros alone; the second layer sees none but them, from dead ReLUs."""
    monkeypatch.setattr("mnist_bp.nn.check.finite_differences.BLOCK", block)
    net = Network([Affine(3, 2, bias=False), ReLU(), Affine(2, 2, bias=False)], SoftmaxCrossEntropy(), "float64")
    net.parameters[...] = [-1, -1, -1, -1, -1, -1, 1, 2, 3, 4]
    x, t = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]), np.array([0, 1])
    told: list[int] = []
    found = central_differences(net, x, t, advance=told.append)
    np.testing.assert_array_equal(found.gradient, np.zeros(10))
    assert sum(told) == 10


@pytest.mark.parametrize("block", [1, BLOCK])
def test_dropout_in_training_is_a_mask_that_stays(
    block: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each place where it may stand: behind a convolution, an activation, a pool, in front of one, at the end."""
    layers = [
        Reshape((1, 3, 4)), Conv2D((1, 3, 4), 3, 2), Dropout(0.2), ReLU(), Dropout(0.2), AveragePool(1), Flatten(),
        Dropout(0.3), Affine(18, 6), Tanh(), Dropout(0.4), Affine(6, 5), Dropout(0.2), Sigmoid(), Affine(5, 3),
        Dropout(0.1),
    ]  # fmt: skip
    net = network(layers, SoftmaxCrossEntropy())
    x, t = sparse(rng)
    quiet = central_differences(net, x, t).gradient
    np.testing.assert_allclose(quiet, textbook(net, x, t), rtol=0, atol=ATOL)
    monkeypatch.setattr("mnist_bp.nn.check.finite_differences.BLOCK", block)
    with net.training(3):
        fast = central_differences(net, x, t).gradient
        np.testing.assert_allclose(fast, textbook(net, x, t), rtol=0, atol=ATOL)
        net.backprop(x, t)
        np.testing.assert_allclose(fast, net.gradients, rtol=0, atol=ATOL)
    assert abs(fast - quiet).max() > 1e-3


def test_inputs_and_targets_that_do_not_fit_are_refused_as_the_network_refuses_them() -> None:
    net = network(STACKS["the book's"](), SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match=r"layer 1: Affine expects x of shape \(N, 12\); got \(2, 11\)"):
        central_differences(net, np.zeros((2, 11)), np.array([0, 1]))
    with pytest.raises(ValueError, match="expected one target for each of 2 examples"):
        central_differences(net, np.zeros((2, 12)), np.array([0]))
    with pytest.raises(ValueError, match="expected a batch of one example or more; got none"):
        central_differences(net, np.zeros((0, 12)), np.array([], int))


def test_a_layer_with_parameters_that_is_not_linear_is_refused() -> None:
    class Shift(Sigmoid):
        shapes = {"b": (12,)}  # noqa: RUF012  # as the contract has it

    with pytest.raises(TypeError, match="expect parameters in Linear layers alone; got a Shift"):
        central_differences(network([Shift(), Affine(12, 3)], SoftmaxCrossEntropy()), np.zeros((1, 12)), np.array([0]))


@pytest.mark.parametrize("block", [1, BLOCK])
@pytest.mark.parametrize("layers", [STACKS["convolutions"], STACKS["deep"]], ids=["convolutions", "deep"])
def test_kinks_are_flagged_where_a_forward_pass_on_either_side_finds_them(
    layers: Callable[[], list[Layer]], block: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a step of 0.05, many of the parameters cross a kink or a tie, and many do not."""
    monkeypatch.setattr("mnist_bp.nn.check.finite_differences.BLOCK", block)
    net, step = network(layers(), SoftmaxCrossEntropy()), 0.05
    x, t = sparse(rng)
    expected = []
    for i, value in enumerate(net.parameters.copy()):
        sides = []
        for moved in (value + step, value - step):
            net.parameters[i] = moved
            net.predict(x)
            sides.append(net.kink_sides())
        net.parameters[i] = value
        expected.append(any(not np.array_equal(plus, minus) for plus, minus in zip(*sides, strict=True)))
    assert 0 < sum(expected) < len(expected)
    np.testing.assert_array_equal(central_differences(net, x, t, step).kinked, expected)
