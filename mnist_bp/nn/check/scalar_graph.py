"""A network's loss on one example as a graph of single numbers, which a person can follow.

An affine layer becomes products and sums. An activation function, composed as `graph_oracle` does, is folded into one
node, whose slope is what the nodes that it is composed of come to.
"""

import math
from collections.abc import Callable
from functools import partial, reduce
from operator import add, mul

import numpy as np

from mnist_bp.nn.activations import Elementwise, Identity
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import Node
from mnist_bp.nn.check.graph_oracle import LAYERS
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Shape
from mnist_bp.nn.losses import BinaryCrossEntropy, HalfSquaredError, MeanSquaredError
from mnist_bp.nn.network import Network
from mnist_bp.nn.reshape import Flatten, Reshape

LOSSES: dict[type, Callable[[Node, Node], Node]] = {  # of the only output y and its target t
    BinaryCrossEntropy: lambda y, t: _fold("BinaryCrossEntropy", graph.binary_cross_entropy, y, t),
    MeanSquaredError: lambda y, t: (y - t) ** 2,
    HalfSquaredError: lambda y, t: (y - t) ** 2 / 2,
}
PASS_ON = (Identity, Dropout, Flatten, Reshape)  # dropout is off where a network is looked at


def size(network: Network, inputs: int) -> int:
    """Return how many nodes the graph would have for so many inputs, not counting those of loss and penalty.

    A weight has a node, and its product another; of a convolution's products, this counts one for each weight.
    """
    count = inputs
    shape: Shape = (inputs,)
    for layer in network.layers:
        shape = layer.output_shape(shape)
        if not isinstance(layer, PASS_ON):
            count += math.prod(shape)
        count += sum(math.prod(own) * (2 if name in layer.decaying else 1) for name, own in layer.shapes.items())
    return count


def compose(network: Network, x: Array, t: float) -> tuple[Node, dict[str, np.ndarray]]:
    """Return the graph of loss and penalty on one example, x (D,), and the parameters by name, arrays of nodes.

    Raises ValueError unless all layers are fully connected or activation functions, and the output is a single number.
    """
    parameters = {name: _variables(value, name) for name, value in network.named_parameters.items()}
    out = list(_variables(x, "x"))
    for layer, names in zip(network.layers, network.names, strict=True):
        if isinstance(layer, Affine):
            units = parameters[names["W"]].T
            biases = parameters[names["b"]][:, None] if "b" in names else [()] * len(units)
            out = [_sum(*map(mul, out, weights), *bias) for weights, bias in zip(units, biases, strict=True)]
        elif isinstance(layer, Elementwise) and not isinstance(layer, PASS_ON):
            out = [_activated(layer, each) for each in out]
        elif not isinstance(layer, PASS_ON):
            raise ValueError(f"a graph of numbers expects fully connected layers; got {type(layer).__name__}")
    if len(out) != 1 or type(network.loss_function) not in LOSSES:
        raise ValueError(f"a graph of numbers expects one output and a loss for it; got {len(out)} outputs")
    loss = LOSSES[type(network.loss_function)](out[0], Node("t", t))
    if network.weight_decay:
        squares = [W**2 for name in network.weights for W in parameters[name].flat]
        loss = loss + network.weight_decay / 2 * _sum(*squares)
    return loss, parameters


def _variables(values: Array, name: str) -> np.ndarray:
    """Return a node for each number of an array, in an array of the same shape."""
    nodes = np.empty(values.shape, object)
    for index, value in np.ndenumerate(values):
        nodes[index] = graph.variable(value, f"{name}[{','.join(map(str, index))}]")
    return nodes


def _activated(layer: Elementwise, x: Node) -> Node:
    return _fold(type(layer).__name__, lambda x: LAYERS[type(layer)](layer, x, {}), x)


def _sum(*terms: Node) -> Node:
    return _fold("+", lambda *numbers: reduce(add, numbers), *terms)


def _fold(label: str, function: Callable[..., Node], *operands: Node) -> Node:
    """Return a function of single numbers as one node, with the slopes that the nodes in it come to."""
    inner = [graph.variable(operand.value) for operand in operands]
    out = function(*inner)
    slopes = graph.gradients(out, inner)
    return Node(label, out.value, *zip(operands, [partial(mul, slope) for slope in slopes], strict=True))
