"""The graph of a network means the same as its layers: equal losses and, to rounding, equal gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mnist_bp.nn.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Step, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check import graph, graph_oracle
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

RTOL, ATOL = 1e-12, 1e-15  # float64 rounding, observed ≤ 3e-14 relative

STACKS: dict[str, Callable[[], list[Layer]]] = {
    "affine with and without bias": lambda: [Affine(16, 4), Affine(4, 3, bias=False)],
    "sigmoid": lambda: [Affine(16, 4), Sigmoid(), Affine(4, 3)],
    "tanh": lambda: [Affine(16, 4), Tanh(), Affine(4, 3)],
    "relu": lambda: [Affine(16, 4), ReLU(), Affine(4, 3)],
    "leaky relu": lambda: [Affine(16, 4), LeakyReLU(0.2), Affine(4, 3)],
    "softplus": lambda: [Affine(16, 4), Softplus(), Affine(4, 3)],
    "dropout, which is off": lambda: [Affine(16, 4), Dropout(0.5), Affine(4, 3)],
    "identity": lambda: [Affine(16, 4), Identity(), Affine(4, 3)],
    "softmax": lambda: [Affine(16, 4), Softmax(), Affine(4, 3)],
    "convolutions and pools": lambda: [
        Reshape((1, 4, 4)), Conv2D((1, 4, 4), 3, 3, stride=1, padding=1), ReLU(), MaxPool(2),
        Conv2D((3, 2, 2), 3, 2, stride=2, padding=1, bias=False), AveragePool(2), Flatten(),
    ],
}  # fmt: skip
LOSSES: dict[str, Callable[[], Loss]] = {
    "softmax": SoftmaxCrossEntropy,
    "smoothed softmax": lambda: SoftmaxCrossEntropy(0.1),
    "binary": BinaryCrossEntropy,
    "mean squared": MeanSquaredError,
    "half squared": HalfSquaredError,
}


def leaves(kind: type[Any]) -> set[type[Any]]:
    """Return the classes of the package that derive from one and from which none derives."""
    below = [sub for sub in kind.__subclasses__() if sub.__module__.startswith("mnist_bp.")]
    return {kind}.union(*map(leaves, below)) - {kind} if below else {kind}


def compare(net: Network, x: np.ndarray, t: np.ndarray) -> None:
    net.initialize(xavier, np.random.default_rng(2))
    loss, _ = graph_oracle.compose(net, x, t)
    score = net.backprop(x, t)
    assert loss.value.item() == pytest.approx(score.loss + net.penalty(), rel=RTOL)
    np.testing.assert_allclose(graph_oracle.gradient(net, x, t), net.gradients, rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize("make", STACKS.values(), ids=STACKS)
def test_the_graph_of_every_layer_has_its_loss_and_gradient(
    make: Callable[[], list[Layer]], rng: np.random.Generator
) -> None:
    compare(
        Network(make(), SoftmaxCrossEntropy(), "float64"), rng.standard_normal((6, 16)), np.array([0, 1, 2, 2, 1, 0])
    )


@pytest.mark.parametrize("make", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_graph_of_every_loss_has_its_value_and_gradient(
    make: Callable[[], Loss], outputs: int, rng: np.random.Generator
) -> None:
    if outputs == 1 and isinstance(make(), SoftmaxCrossEntropy):
        return
    net = Network([Affine(16, outputs)], make(), "float64")
    compare(net, rng.standard_normal((6, 16)), rng.integers(0, max(outputs, 2), 6))


def test_dropout_in_training_is_composed_with_its_masks(rng: np.random.Generator) -> None:
    net = Network([Affine(16, 20), Dropout(0.5), Affine(20, 3)], SoftmaxCrossEntropy(), "float64")
    with net.training(1):
        compare(net, rng.standard_normal((6, 16)), np.array([0, 1, 2, 2, 1, 0]))
    assert (net.layers[1].mask == 0).any()  # type: ignore[attr-defined]  # a Dropout


def test_targets_may_be_numbers(rng: np.random.Generator) -> None:
    net = Network([Affine(16, 3)], MeanSquaredError(), "float64")
    compare(net, rng.standard_normal((6, 16)), rng.standard_normal((6, 3)))


TAKING_PROBABILITIES: dict[str, tuple[list[Layer], Loss]] = {
    "softmax cross-entropy": ([], SoftmaxCrossEntropy()),
    "smoothed softmax cross-entropy": ([], SoftmaxCrossEntropy(0.1)),
    "softmax, then cross-entropy": ([Softmax()], CrossEntropy()),
    "softmax, then a squared error": ([Softmax()], MeanSquaredError()),
}


@pytest.mark.parametrize(("layers", "loss"), TAKING_PROBABILITIES.values(), ids=TAKING_PROBABILITIES)
@pytest.mark.parametrize("soft", [False, True])
def test_targets_may_be_probabilities(layers: list[Layer], loss: Loss, soft: bool, rng: np.random.Generator) -> None:
    """Those of float32, whose sums miss 1 by its rounding, as well as one-hot rows of bytes."""
    t = rng.dirichlet([1, 1, 1], 6).astype(np.float32) if soft else np.eye(3, dtype=np.uint8)[[0, 1, 2, 2, 1, 0]]
    compare(Network([Affine(16, 3), *layers], loss, "float64"), rng.standard_normal((6, 16)), t)


def test_weight_decay_is_part_of_the_graph(rng: np.random.Generator) -> None:
    net = Network([Affine(16, 4), Sigmoid(), Affine(4, 3)], SoftmaxCrossEntropy(), "float64", weight_decay=0.3)
    compare(net, rng.standard_normal((6, 16)), rng.integers(0, 3, 6))


def test_every_layer_and_loss_that_trains_is_known() -> None:
    """A new one must be taught to the oracle; a step has no gradient to be checked."""
    assert leaves(Layer) - {Step} == graph_oracle.LAYERS.keys()
    assert leaves(Loss) == graph_oracle.LOSSES.keys()


def test_an_unknown_layer_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="no composition for Step"):
        graph_oracle.gradient(Network([Affine(2, 2), Step()], MeanSquaredError()), np.zeros((1, 2)), np.array([0]))


def test_the_graph_can_be_drawn(rng: np.random.Generator) -> None:
    loss, _ = graph_oracle.compose(Network([Affine(2, 1)], HalfSquaredError()), np.zeros((1, 2)), np.array([1]))
    assert all(f"<{name}>" in graph.dot(loss) for name in ("W1", "b1"))


def test_a_float32_network_has_a_float64_gradient() -> None:
    net = Network([Affine(2, 1)], HalfSquaredError(), "float32")
    assert graph_oracle.gradient(net, np.zeros((1, 2)), np.array([1])).dtype == np.float64


def test_softplus_keeps_its_tail_for_the_kink_behind_it() -> None:
    """softplus(−40) = 4.2e-18, which is positive: ReLU passes it on."""
    net = Network([Softplus(), ReLU(), Affine(1, 1, bias=False)], HalfSquaredError(), "float64")
    net.parameters[...] = 1
    x, t = np.array([[-40.0]]), np.array([1])
    net.backprop(x, t)
    assert net.gradients[0] == pytest.approx(-np.exp(-40), rel=1e-12)
    np.testing.assert_allclose(graph_oracle.gradient(net, x, t), net.gradients, rtol=1e-12)
