"""Elementwise layers: out and x have one shape, and dx = dout · f′(x)."""

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Layer

LARGEST_EXPONENT = {"float32": 88.0, "float64": 709.0}  # exp of more overflows


class Sigmoid(Layer):
    """Compute σ(x) = 1 / (1 + exp(−x)), with σ′ = σ (1 − σ).

    −x is held to LARGEST_EXPONENT, so that no finite x overflows: σ errs by less than 1e-38 there.
    Source: Rumelhart, Hinton & Williams, Nature 323 (1986), equation 2.
    """

    def forward(self, x: Array) -> Array:
        """Return σ(x) in the layer's own buffer."""
        self._out = out = self.buffer("out", x.shape, x.dtype)
        np.negative(x, out=out)
        np.minimum(out, LARGEST_EXPONENT[x.dtype.name], out=out)
        np.exp(out, out=out)
        out += 1
        return np.reciprocal(out, out=out)

    def backward(self, dout: Array) -> Array:
        """Return dout · out · (1 − out) in the layer's own buffer."""
        dx = self.buffer("dx", dout.shape, dout.dtype)
        np.subtract(1, self._out, out=dx)
        dx *= self._out
        dx *= dout
        return dx


class ReLU(Layer):
    """Compute max(0, x). The derivative at the kink x = 0 is taken as 0.

    Source: Glorot, Bordes & Bengio, AISTATS (2011), section 3.
    """

    def forward(self, x: Array) -> Array:
        """Return max(0, x) in the layer's own buffer."""
        self._out = out = self.buffer("out", x.shape, x.dtype)
        return np.maximum(x, 0, out=out)

    def backward(self, dout: Array) -> Array:
        """Return dout where x > 0, else 0, in the layer's own buffer."""
        active = np.greater(self._out, 0, out=self.buffer("active", dout.shape, np.bool_))
        return np.multiply(dout, active, out=self.buffer("dx", dout.shape, dout.dtype))

    def kink_sides(self) -> Array:
        """Return x > 0, elementwise, for the last x."""
        return self._out > 0
