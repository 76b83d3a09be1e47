"""A network: layers in a row and a loss, over one flat parameter vector and one flat gradient vector."""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Initializer, Layer
from mnist_bp.nn.losses import Loss, SquaredError
from mnist_bp.nn.nonzero import Examples
from mnist_bp.nn.softmax import Softmax
from mnist_bp.nn.views import Views, overlaps

_QUIET = nullcontext()


class Score(NamedTuple):
    """A batch's mean loss, and how many of its examples are classified correctly."""

    loss: float
    correct: int


class Network:
    """Feed-forward network.

    `parameters` and `gradients` are flat vectors of `dtype`; `named_parameters` and `named_gradients` are views of
    them in each tensor's shape. The n-th layer that has parameters gives them its number: W1, b1, W2, …

    Both are new, all zero, unless `vectors` are given, which another network may use as well.

    What training minimises is the loss plus λ/2 Σ W² over all weights W, not over biases, with λ = `weight_decay`.
    Source of that penalty: Goodfellow, Bengio & Courville, Deep Learning (2016), section 7.1.1.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: Loss,
        dtype: npt.DTypeLike = np.float32,
        *,
        weight_decay: float = 0.0,
        vectors: tuple[Array, Array] | None = None,
    ) -> None:
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"a network expects dtype float32 or float64; got {np.dtype(dtype)}")
        if len({id(layer) for layer in layers}) < len(layers):
            raise ValueError("a network expects each layer once, as it keeps what its backward needs; got one twice")
        self.layers = list(layers)
        self.loss_function = loss
        self.weight_decay = weight_decay
        learns = [bool(layer.shapes) for layer in self.layers]
        numbered = zip(self.layers, accumulate(map(int, learns)), strict=True)
        self.names = [{name: f"{name}{number}" for name in layer.shapes} for layer, number in numbered]
        """For each layer, what its parameters are called here."""
        self._shapes = {
            names[own]: layer.shapes[own] for layer, names in zip(self.layers, self.names, strict=True) for own in names
        }
        count = sum(map(math.prod, self._shapes.values()))
        try:
            self.parameters, self.gradients = vectors or (np.zeros(count, dtype), np.zeros(count, dtype))
        except ValueError as error:  # more than an array can have
            raise MemoryError(f"{count:.3g} parameters") from error
        self.named_parameters = self.views(self.parameters)
        self.named_gradients = self.views(self.gradients)
        for layer, names in zip(self.layers, self.names, strict=True):
            layer.bind(
                {own: self.named_parameters[name] for own, name in names.items()},
                {own: self.named_gradients[name] for own, name in names.items()},
            )
        self._first = learns.index(True) if any(learns) else len(self.layers)
        self._twins: list[Network] = []
        self._dropouts = [layer for layer in self.layers if isinstance(layer, Dropout)]

    @property
    def weights(self) -> list[str]:
        """The names of the parameters that decay: the weights W1, W2, …, not the biases."""
        return [names[own] for layer, names in zip(self.layers, self.names, strict=True) for own in layer.decaying]

    @property
    def decaying(self) -> list[slice]:
        """Where the weights lie in the vector of parameters."""
        return [self.named_parameters.slices[name] for name in self.weights]

    @property
    def gives_probabilities(self) -> bool:
        """Whether its loss makes probabilities of its outputs; a squared error does not, unless a softmax layer has."""
        return isinstance(self.layers[-1], Softmax) or not isinstance(self.loss_function, SquaredError)

    @property
    def params(self) -> Views:
        """`named_parameters`, by the book's name: `net.params["W1"] = W1` changes the network."""
        return self.named_parameters

    def views(self, vector: Array) -> Views:
        """Return a flat vector, laid out as `parameters`, as named views in each tensor's shape."""
        return Views(vector, self._shapes)

    def initialize(self, init: Initializer, rng: np.random.Generator) -> None:
        """Draw all initial weights with `init`, from the first layer to the last."""
        for layer in self.layers:
            layer.initialize(init, rng)

    def copy(self, dtype: npt.DTypeLike) -> "Network":
        """Return a network of the same layers and parameters in another precision; they share no parameters.

        A copy that is made in the context of `training` stays there, with the same masks.
        """
        layers = [copy(layer) for layer in self.layers]
        twin = Network(layers, copy(self.loss_function), dtype, weight_decay=self.weight_decay)
        twin.parameters[...] = self.parameters
        return twin

    def twins(self, count: int) -> "list[Network]":
        """Return so many networks over the same parameters, each with gradients and buffers of its own, for a thread.

        What they compute from a batch is the same to the last bit. Asked again, it returns the same ones.
        """
        while len(self._twins) < count:
            layers, loss, dtype = (
                [copy(layer) for layer in self.layers],
                copy(self.loss_function),
                self.parameters.dtype,
            )
            vectors = self.parameters, np.zeros(self.gradients.size, dtype)  # unlike zeros_like, no memory until used
            self._twins.append(Network(layers, loss, dtype, weight_decay=self.weight_decay, vectors=vectors))
        return self._twins[:count]

    def training(self, seed: int, *key: int) -> AbstractContextManager[None]:
        """Switch dropout on within the context: its masks follow from `seed` and `key`, which numbers the stream."""
        if not self._dropouts:
            return _QUIET
        return self._noise([np.random.SeedSequence(seed, spawn_key=(*key, n)) for n in range(len(self._dropouts))], 0)

    def training_with(self, other: "Network", first: int) -> AbstractContextManager[None]:
        """Have within the context the dropout masks that another one has from example `first` of its batch on."""
        return self._noise([layer.noise for layer in other._dropouts], first) if self._dropouts else _QUIET

    @contextmanager
    def _noise(self, noises: list[np.random.SeedSequence | None], first: int) -> Iterator[None]:
        before = [(layer.noise, layer.first) for layer in self._dropouts]
        for layer, noise in zip(self._dropouts, noises, strict=True):
            layer.noise, layer.first = noise, first
        try:
            yield
        finally:
            for layer, had in zip(self._dropouts, before, strict=True):
                layer.noise, layer.first = had

    def predict(self, x: Examples) -> Array:
        """Return the outputs (N, K), logits unless the last layer is an activation function, in that layer's buffer.

        Raises ValueError, naming the layer, if x does not fit.
        """
        out: Any = x
        for number, layer in enumerate(self.layers, 1):
            try:
                out = layer.forward(out)
            except ValueError as error:
                raise ValueError(f"layer {number}: {error}") from error
        return out  # type: ignore[no-any-return]

    def score(self, x: Examples, t: Array) -> Score:
        """Return loss and number of correct answers on a batch."""
        return self.score_of(self.predict(x), t)

    def score_of(self, outputs: Array, t: Array) -> Score:
        """Return loss and number of correct answers of these outputs for a batch."""
        return Score(self.loss_function.forward(outputs, t), self.loss_function.correct(outputs, t))

    def loss(self, x: Examples, t: Array) -> float:
        """Return the loss on a batch, without the penalty of weight decay."""
        return self.loss_function.forward(self.predict(x), t)

    def penalty(self) -> float:
        """Return λ/2 Σ W², which is 0 without weight decay."""
        if not self.weight_decay:
            return 0.0
        weights = (self.named_parameters[name] for name in self.weights)
        return self.weight_decay / 2 * sum(float(np.vdot(W, W)) for W in weights)

    def accuracy(self, x: Examples, t: Array) -> float:
        """Return the fraction of the batch that is classified correctly."""
        return self.score(x, t).correct / len(x)

    def backprop(self, x: Examples, t: Array) -> Score:
        """Overwrite `gradients` with the gradient of loss and penalty on a batch, by the chain rule from the end back.

        Source: Rumelhart, Hinton & Williams, Nature 323 (1986).
        """
        score = self.backprop_loss(x, t)
        self.add_penalty_gradient()
        return score

    def backprop_loss(self, x: Examples, t: Array, share: float = 1.0) -> Score:
        """Overwrite `gradients` with the gradient of `share` times the loss on a batch, without the penalty's.

        Layers before the first one with parameters are not visited, and that one is not asked for dx.
        """
        score = self.score(x, t)
        dout = self.loss_function.backward()
        if share != 1:
            dout *= share
        for layer in reversed(self.layers[self._first + 1 :]):
            dout = layer.backward(dout)
        if self._first < len(self.layers):
            self.layers[self._first].parameter_gradients(dout)
        return score

    def add_penalty_gradient(self, part: slice = slice(None)) -> None:
        """Add the gradient of the penalty, λ W, to `gradients`, or to a part of that vector."""
        if self.weight_decay:
            gradients, parameters = self.gradients[part], self.parameters[part]
            for weights in overlaps(self.decaying, part):
                gradients[weights] += self.weight_decay * parameters[weights]

    def kink_sides(self) -> list[Array]:
        """Return on which side of its kink each element of the last pass lay, for every layer that has kinks."""
        return [sides for layer in self.layers if (sides := layer.kink_sides()) is not None]

    def first_nonfinite(self, x: Examples, t: Array) -> str | None:
        """Say where NaN or infinity comes up first in a batch's forward pass; None if nowhere."""
        out: Any = x
        for place, (layer, names) in enumerate(zip(self.layers, self.names, strict=True), 1):
            for name in names.values():
                if not np.isfinite(self.named_parameters[name]).all():
                    return f"parameter {name} of layer {place} ({type(layer).__name__})"
            out = layer.forward(out)
            if not np.isfinite(out).all():
                return f"the output of layer {place} ({type(layer).__name__})"
        return None if np.isfinite(self.loss_function.forward(out, t)) else "the loss"
