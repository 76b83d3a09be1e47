"""The layer contract, and the affine layer.

The contract, kept by every layer here and in `activations`:

- `shapes` names the parameters (`W`, `b`) and their shapes. The network owns all parameters and all gradients as one
  flat vector each and `bind`s the layer to its views: `self.W`, and `self.dW` of the same shape for its gradient.
- `forward(x)` takes N examples along the first axis and returns the layer's own buffer, valid until the next forward.
- `backward(dout)` takes the gradient of the scalar loss with respect to the last output, overwrites the layer's
  parameter gradients, and returns dx, the gradient with respect to the last x, in the layer's own buffer.
- `parameter_gradients(dout)` is backward without dx: the first layer of a network is asked for no more.
- `initialize(init, rng)` draws the initial weights; `kink_sides()` tells a gradient check on which side of its kink
  each element of the last x lay.
- A layer never writes to x or dout. It may keep x until backward; the caller leaves x alone until then.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import numpy as np

from mnist_bp.nn.buffers import Array, Buffers

Shape = tuple[int, ...]
Initializer = Callable[[np.random.Generator, Shape], Array]


class Layer(Buffers, ABC):
    """The contract above, for a layer without parameters."""

    shapes: Mapping[str, Shape] = {}

    def bind(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Adopt views of the network's vectors: `parameters["W"]` as self.W, `gradients["W"]` as self.dW."""
        for name in self.shapes:
            setattr(self, name, parameters[name])
            setattr(self, f"d{name}", gradients[name])

    def initialize(self, init: Initializer, rng: np.random.Generator) -> None:
        """Draw the initial weights with `init`."""

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


class Affine(Layer):
    """Compute out = x W + b, or x W without bias.

    Shapes: x (N, D), W (D, H), b (H,), out (N, H).
    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.5.
    """

    W: Array
    b: Array
    dW: Array
    db: Array

    def __init__(self, input_size: int, output_size: int, *, bias: bool = True) -> None:
        super().__init__()
        self.shapes = {"W": (input_size, output_size)} | ({"b": (output_size,)} if bias else {})
        self.bias = bias

    def initialize(self, init: Initializer, rng: np.random.Generator) -> None:
        """Draw W with `init`; biases start at zero."""
        self.W[...] = init(rng, self.W.shape)
        if self.bias:
            self.b[...] = 0

    def forward(self, x: Array) -> Array:
        """Return x W + b in the layer's own buffer.

        Raises ValueError if x is not of shape (N, D).
        """
        if x.ndim != 2 or x.shape[1] != len(self.W):
            raise ValueError(f"Affine expects x of shape (N, {len(self.W)}); got {x.shape}")
        self._x = x
        out = self.buffer("out", (len(x), self.W.shape[1]), self.W.dtype)
        np.matmul(x, self.W, out=out)
        if self.bias:
            out += self.b
        return out

    def backward(self, dout: Array) -> Array:
        """Propagate the loss gradient through out = x W + b.

        Shapes: dout (N, H); the result (N, D); dW (D, H); db (H,).

            dW = xᵀ dout      db[j] = Σ_n dout[n, j]      dx = dout Wᵀ

        No 1/N here: the loss has already divided.
        """
        self.parameter_gradients(dout)
        return np.matmul(dout, self.W.T, out=self.buffer("dx", self._x.shape, dout.dtype))

    def parameter_gradients(self, dout: Array) -> None:
        """Overwrite dW and db as `backward` does."""
        np.matmul(self._x.T, dout, out=self.dW)
        if self.bias:
            np.sum(dout, axis=0, out=self.db)
