"""A trained network as a page embeds it: its layers, and all parameters as one text, which draw/network.js reads."""

import base64
import math
from typing import Any

from mnist_bp.nn.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Layer, Shape
from mnist_bp.nn.losses import BinaryCrossEntropy, Loss, SoftmaxCrossEntropy
from mnist_bp.nn.pooling import AveragePool, MaxPool
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.nn.softmax import Softmax
from mnist_bp.run.model import Model

KINDS: dict[type[Layer], tuple[str, ...]] = {  # and the options of each
    Affine: ("affine",),
    AveragePool: ("average", "size"),
    Conv2D: ("conv", "kernel", "stride", "padding"),
    LeakyReLU: ("leaky_relu", "negative_slope"),
    MaxPool: ("max", "size"),
    ReLU: ("relu",),
    Sigmoid: ("sigmoid",),
    Softmax: ("softmax",),
    Softplus: ("softplus",),
    Tanh: ("tanh",),
}
SAME = (Dropout, Flatten, Identity, Reshape)  # outside training these leave the numbers of an example as they are
PROBABILITIES: dict[type[Loss], str] = {BinaryCrossEntropy: "sigmoid", SoftmaxCrossEntropy: "softmax"}


def embedded(model: Model) -> dict[str, Any]:
    """Return a network for JSON.

    `layers` has every layer that computes something: its kind, the shapes of its `input` and `output`, how many
    `weights` and `biases` it has, and its options. `parameters` are all of these in a row, W before b, in base64:
    float32, the lowest byte first. A network takes pixels times `scale`; `probabilities` is the kind of layer that
    makes probabilities of its outputs, or None where they are none.
    """
    network, layers = model.network, []
    shape: Shape = (math.prod(model.shape),)
    for layer in network.layers:
        given, shape = shape, layer.output_shape(shape)
        if not isinstance(layer, SAME):
            counts = {name: math.prod(layer.shapes.get(own, (0,))) for name, own in (("weights", "W"), ("biases", "b"))}
            kind, *names = KINDS[type(layer)]
            options = {name: getattr(layer, name) for name in names}
            layers.append({"kind": kind, "input": given, "output": shape, **counts, **options})
    return {
        "layers": layers,
        "parameters": base64.b64encode(network.parameters.astype("<f4").tobytes()).decode(),
        "scale": model.scale,
        "probabilities": PROBABILITIES.get(type(network.loss_function)),
    }
