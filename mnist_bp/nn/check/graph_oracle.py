"""The second oracle: a network's gradient by the graph of its elementary operations.

Here alone stands which composition of `graph` means the same as which layer, as the two know nothing of each other.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_bp.nn.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import Node
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
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

LAYERS: dict[type, Callable[[Any, Node, dict[str, Node]], Node]] = {  # layer, x, parameters → output
    Affine: lambda layer, x, p: graph.affine(x, p["W"], p.get("b")),
    Conv2D: lambda layer, x, p: graph.convolution(x, p["W"], p.get("b"), layer.stride, layer.padding),
    MaxPool: lambda layer, x, p: graph.max_pool(x, layer.size),
    AveragePool: lambda layer, x, p: graph.average_pool(x, layer.size),
    Flatten: lambda layer, x, p: graph.flatten(x),
    Reshape: lambda layer, x, p: x.reshape(len(x.value), *layer.shape),
    Dropout: lambda layer, x, p: x * layer.forward(np.ones(x.shape)),  # its mask; ones when it is off
    Identity: lambda layer, x, p: x,
    Sigmoid: lambda layer, x, p: graph.sigmoid(x),
    Tanh: lambda layer, x, p: graph.tanh(x),
    ReLU: lambda layer, x, p: graph.relu(x),
    LeakyReLU: lambda layer, x, p: graph.leaky_relu(x, layer.negative_slope),
    Softplus: lambda layer, x, p: graph.softplus(x),
    Softmax: lambda layer, x, p: graph.softmax(x),
}
LOSSES: dict[type, Callable[[Node, Array], Node]] = {  # outputs, targets of their shape → loss
    SoftmaxCrossEntropy: graph.softmax_cross_entropy,
    CrossEntropy: graph.cross_entropy,
    BinaryCrossEntropy: graph.binary_cross_entropy,
    MeanSquaredError: graph.mean_squared_error,
    HalfSquaredError: graph.half_squared_error,
}


def compose(network: Network, x: Array, t: Array) -> tuple[Node, dict[str, Node]]:
    """Return the graph of loss and penalty on a batch, and its variables, the parameters by name.

    Raises TypeError for a layer or loss of another kind.
    """
    variables = {name: graph.variable(value, name) for name, value in network.named_parameters.items()}
    out = graph.lift(x)
    for layer, names in zip(network.layers, network.names, strict=True):
        out = _entry(LAYERS, layer)(layer, out, {own: variables[name] for own, name in names.items()})
    loss = _entry(LOSSES, network.loss_function)(out, _targets(network.loss_function, out.shape, t))
    if network.weight_decay:
        for name in network.weights:
            W = variables[name]
            loss = loss + network.weight_decay / 2 * (W * W).sum()
    return loss, variables


def gradient(network: Network, x: Array, t: Array) -> Array:
    """Return the gradient of loss and penalty on a batch, flat as the network's parameters, in float64."""
    loss, variables = compose(network, x, t)
    flat = np.empty(network.parameters.size)
    for view, found in zip(network.views(flat).values(), graph.gradients(loss, list(variables.values())), strict=True):
        view[...] = found
    return flat


def _entry(table: dict[type, Any], part: object) -> Any:
    if type(part) in table:
        return table[type(part)]
    known = ", ".join(kind.__name__ for kind in table)
    raise TypeError(f"the graph oracle has no composition for {type(part).__name__}; it knows {known}")


def _targets(loss: Loss, shape: tuple[int, ...], t: Array) -> Array:
    """Return what the outputs, of shape (N, K), should be: numbers, answers 0 or 1, or one row of K per class.

    For a cross-entropy of classes, the rows are probabilities, which add up to 1.
    """
    if t.ndim == 1 and shape[1] == 1:
        return t[:, None]
    rows: Array = (t if t.ndim == 2 else np.arange(shape[1]) == t[:, None]).astype(np.float64)
    if isinstance(loss, (SoftmaxCrossEntropy, CrossEntropy)):
        rows = rows / rows.sum(axis=1, keepdims=True)
    if isinstance(loss, SoftmaxCrossEntropy):
        rows = (1 - loss.label_smoothing) * rows + loss.label_smoothing / shape[1]
    return rows
