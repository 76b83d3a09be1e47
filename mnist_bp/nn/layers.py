"""The layer contract.

Kept by every layer, in `affine`, `activations`, `conv`, `pooling`, `dropout` and `reshape`:

- `shapes` names the parameters (`W`, `b`) and their shapes. The network owns all parameters and all gradients as one
  flat vector each and `bind`s the layer to its views: `self.W`, and `self.dW` of the same shape for its gradient.
- `forward(x)` takes N examples along the first axis and returns the layer's own buffer, valid until the next forward.
  A reshaping layer returns a view of x, and dropout outside training x itself; their backward does so with dout.
  It raises ValueError, naming what it expects and what it got, if x has another shape.
- `backward(dout)` takes the gradient of the scalar loss with respect to the last output, overwrites the layer's
  parameter gradients, and returns dx, the gradient with respect to the last x, in the layer's own buffer.
- `parameter_gradients(dout)` is backward without dx: the first layer of a network is asked for no more.
- `output_shape(input_shape)` is the shape of the output for an example of that shape; it raises ValueError if no such
  example fits.
- `initialize(init, rng)` draws the initial weights; `kink_sides()` tells a gradient check on which side of its kink
  each element of the last x lay, in a new array.
- x and dout may lie in memory in any order. A convolution returns a view of (C, H, W, N), and the layers after it keep
  this order by `Buffers.like`.
- A layer never writes to x or dout. It may keep x until backward; the caller leaves x alone until then.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import numpy as np

from mnist_bp.nn.buffers import Array, Buffers

Shape = tuple[int, ...]
Initializer = Callable[[np.random.Generator, Shape, int, int], Array]
"""Draws an array of a shape, given fan-in, how many inputs feed a unit, and fan-out, how many units an input feeds."""


class Layer(Buffers, ABC):
    """The contract above, for a layer without parameters."""

    shapes: Mapping[str, Shape] = {}
    decaying: tuple[str, ...] = ()
    """The names of the parameters that weight decay shrinks."""

    def bind(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Adopt views of the network's vectors: `parameters["W"]` as self.W, `gradients["W"]` as self.dW."""
        for name in self.shapes:
            setattr(self, name, parameters[name])
            setattr(self, f"d{name}", gradients[name])

    def initialize(self, init: Initializer, rng: np.random.Generator) -> None:
        """Draw the initial weights with `init`."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output for an example: that of the example, unless the layer changes it."""
        return input_shape

    @abstractmethod
    def forward(self, x: Array) -> Array:
        """Return the output for x."""

    @abstractmethod
    def backward(self, dout: Array) -> Array:
        """Overwrite the parameter gradients and return dx."""

    def parameter_gradients(self, dout: Array) -> None:
        """Overwrite the parameter gradients."""

    def kink_sides(self) -> Array | None:
        """Return on which side of its kink each element of the last x lay; None for a smooth layer."""
        return None


class Linear(Layer):
    """A layer that is one matrix product: each unit's output is a weighted sum of inputs, plus its bias.

    With K inputs to a unit, H units, and S places at which the same units are applied (S = 1 in an affine layer, the
    places of the kernel in a convolution):

        out[n, h, s] = Σ_k M[k, h] · columns[n, k, s] + b[h]

    `columns(x)` returns the inputs (N, K, S); `matrix(W)` the view M (K, H) of an array of the shape of W. A gradient
    check needs no more to know what each weight moves.
    """

    decaying = ("W",)
    W: Array
    b: Array
    dW: Array
    db: Array

    def __init__(self, weights: Shape, fan_in: int, fan_out: int, units: int, *, bias: bool) -> None:
        super().__init__()
        if min(weights) < 1:
            raise ValueError(f"{type(self).__name__} expects sizes of 1 or more; got weights of shape {weights}")
        self.shapes = {"W": weights} | ({"b": (units,)} if bias else {})
        self.fan_in, self.fan_out = fan_in, fan_out
        self.bias = bias

    def initialize(self, init: Initializer, rng: np.random.Generator) -> None:
        """Draw W with `init`; biases start at zero."""
        self.W[...] = init(rng, self.W.shape, self.fan_in, self.fan_out)
        if self.bias:
            self.b[...] = 0

    @abstractmethod
    def columns(self, x: Array) -> Array:
        """Return the inputs of every unit at every place, (N, K, S)."""

    @abstractmethod
    def matrix(self, W: Array) -> Array:
        """Return W, or an array of its shape, as a view (K, H)."""
