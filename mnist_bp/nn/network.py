"""A network: layers in a row and a loss, over one flat parameter vector and one flat gradient vector."""

from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Initializer, Layer
from mnist_bp.nn.losses import SoftmaxCrossEntropy


class Score(NamedTuple):
    """A batch's mean loss, and how many of its examples are classified correctly."""

    loss: float
    correct: int


class Network:
    """Feed-forward network.

    `parameters` and `gradients` are flat vectors of `dtype`; `named_parameters` and `named_gradients` are views of
    them in each tensor's shape. The n-th layer that has parameters gives them its number: W1, b1, W2, …
    """

    def __init__(self, layers: Sequence[Layer], loss: SoftmaxCrossEntropy, dtype: npt.DTypeLike = np.float32) -> None:
        self.layers = list(layers)
        self.loss_function = loss
        learning = [layer for layer in self.layers if layer.shapes]
        shapes = {f"{name}{i}": shape for i, layer in enumerate(learning, 1) for name, shape in layer.shapes.items()}
        self.parameters = np.zeros(sum(map(_size, shapes.values())), dtype)
        self.gradients = np.zeros_like(self.parameters)
        self.named_parameters = _views(self.parameters, shapes)
        self.named_gradients = _views(self.gradients, shapes)
        for i, layer in enumerate(learning, 1):
            layer.bind(
                {name: self.named_parameters[f"{name}{i}"] for name in layer.shapes},
                {name: self.named_gradients[f"{name}{i}"] for name in layer.shapes},
            )
        self._first = self.layers.index(learning[0]) if learning else len(self.layers)

    def initialize(self, init: Initializer, rng: np.random.Generator) -> None:
        """Draw all initial weights with `init`, from the first layer to the last."""
        for layer in self.layers:
            layer.initialize(init, rng)

    def copy(self, dtype: npt.DTypeLike) -> "Network":
        """Return a network of the same layers and parameters in another precision, which shares no memory with this."""
        twin = Network(deepcopy(self.layers), deepcopy(self.loss_function), dtype)
        twin.parameters[...] = self.parameters
        return twin

    def predict(self, x: Array) -> Array:
        """Return the outputs (N, K) for x (N, D), in the last layer's buffer; for a classifier they are logits."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def score(self, x: Array, t: Array) -> Score:
        """Return loss and number of correct answers on a batch."""
        outputs = self.predict(x)
        return Score(self.loss_function.forward(outputs, t), self.loss_function.correct(outputs, t))

    def loss(self, x: Array, t: Array) -> float:
        """Return the loss on a batch."""
        return self.loss_function.forward(self.predict(x), t)

    def accuracy(self, x: Array, t: Array) -> float:
        """Return the fraction of the batch that is classified correctly."""
        return self.loss_function.correct(self.predict(x), t) / len(x)

    def backprop(self, x: Array, t: Array) -> Score:
        """Overwrite `gradients` with the gradient of the loss on a batch, by the chain rule from the last layer back.

        Layers before the first one with parameters are not visited, and that one is not asked for dx.
        Source: Rumelhart, Hinton & Williams, Nature 323 (1986).
        """
        score = self.score(x, t)
        dout = self.loss_function.backward()
        for layer in reversed(self.layers[self._first + 1 :]):
            dout = layer.backward(dout)
        if self._first < len(self.layers):
            self.layers[self._first].parameter_gradients(dout)
        return score


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))


def _views(vector: Array, shapes: dict[str, tuple[int, ...]]) -> dict[str, Array]:
    ends = np.cumsum([_size(shape) for shape in shapes.values()])
    return {
        name: vector[end - _size(shape) : end].reshape(shape)
        for (name, shape), end in zip(shapes.items(), ends, strict=True)
    }
