"""The graph of single numbers means the same as the network: equal losses and, to rounding, equal gradients."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check import graph, scalar_graph
from mnist_bp.nn.check.graph.nodes import operands_first
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import BinaryCrossEntropy, HalfSquaredError, Loss, MeanSquaredError, SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.reshape import Reshape

RTOL, ATOL = 1e-12, 1e-15  # float64 rounding, as for graph_oracle
LOSSES: list[Callable[[], Loss]] = [HalfSquaredError, MeanSquaredError, BinaryCrossEntropy]
ACTIVATIONS = [Sigmoid, Tanh, ReLU, Softplus, Identity, lambda: LeakyReLU(0.2), lambda: Dropout(0.5)]


def network(layers: list[Layer], loss: Loss, rng: np.random.Generator, weight_decay: float = 0) -> Network:
    made = Network(layers, loss, "float64", weight_decay=weight_decay)
    made.parameters[...] = rng.standard_normal(made.parameters.size)
    return made


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("weight_decay", [0, 0.1])
def test_loss_and_gradients_are_those_of_backprop(
    activation: Callable[[], Layer], loss: Callable[[], Loss], weight_decay: float, rng: np.random.Generator
) -> None:
    net = network([Affine(3, 4, bias=False), activation(), Affine(4, 1)], loss(), rng, weight_decay)
    x, t = rng.standard_normal(3), 1
    found, parameters = scalar_graph.compose(net, x, t)
    graph.backward(found)
    batch = x[None], np.array([t])
    net.backprop(*batch)
    np.testing.assert_allclose(found.value, net.loss(*batch) + net.penalty(), RTOL)
    assert parameters.keys() == net.named_gradients.keys()
    for name, nodes in parameters.items():
        gradient = np.vectorize(lambda node: node.gradient, otypes=[float])(nodes)
        np.testing.assert_allclose(gradient, net.named_gradients[name], RTOL, ATOL)


def test_every_node_is_a_number_and_parameters_and_inputs_are_named(rng: np.random.Generator) -> None:
    net = network([Affine(2, 2), Sigmoid(), Affine(2, 1)], MeanSquaredError(), rng)
    loss, _ = scalar_graph.compose(net, np.ones(2), 1)
    order = operands_first(loss)
    assert all(node.value.shape == () for node in order)
    leaves = [node.label for node in order if not node.edges]
    assert sorted(leaves) == [
        "W1[0,0]", "W1[0,1]", "W1[1,0]", "W1[1,1]", "W2[0,0]", "W2[1,0]", "b1[0]", "b1[1]", "b2[0]",
        "t", "x[0]", "x[1]",
    ]  # fmt: skip
    assert [node.label for node in order if node.edges].count("Sigmoid") == 2


@pytest.mark.parametrize("bias", [False, True])
def test_the_size_counts_all_nodes_but_those_of_the_loss(bias: bool, rng: np.random.Generator) -> None:
    net = network([Affine(3, 4, bias=bias), Tanh(), Affine(4, 1, bias=bias), Identity()], MeanSquaredError(), rng)
    loss, _ = scalar_graph.compose(net, np.ones(3), 0)
    assert scalar_graph.size(net, 3) == len([*operands_first(loss)]) - len(["t", "−", "^2"])


def test_other_layers_and_several_outputs_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="expects fully connected layers; got Conv2D"):
        scalar_graph.compose(
            network([Reshape((1, 2, 2)), Conv2D((1, 2, 2), 1, 2)], MeanSquaredError(), rng), np.ones(4), 0
        )
    with pytest.raises(ValueError, match="expects one output and a loss for it; got 2 outputs"):
        scalar_graph.compose(network([Affine(3, 2)], SoftmaxCrossEntropy(), rng), np.ones(3), 0)
