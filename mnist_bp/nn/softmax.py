"""Softmax as a layer: the outputs of each example become probabilities, which add up to 1."""

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Layer, Shape


class Softmax(Layer):
    """Compute y[n, k] = exp(x[n, k]) / Σ_j exp(x[n, j]), for a loss that compares probabilities.

        dx[n, k] = y[n, k] (dout[n, k] − Σ_j dout[n, j] y[n, j])

    Shapes: x, y (N, K), K ≥ 2.
    The largest of each row is subtracted first: it changes no value and keeps exp from overflowing.
    Source: Bridle, Probabilistic interpretation of feedforward classification network outputs, with relationships to
    statistical pattern recognition, in Neurocomputing: Algorithms, Architectures and Applications (1990).
    """

    def forward(self, x: Array) -> Array:
        """Return the probabilities in the layer's own buffer; raises ValueError if x is not of shape (N, K), K ≥ 2."""
        if x.ndim != 2 or x.shape[1] < 2:
            raise ValueError(f"Softmax expects x of shape (N, K), K = 2 or more; got {x.shape}")
        row = self.buffer("row", (len(x), 1), x.dtype)
        self._out = np.subtract(x, np.maximum.reduce(x, axis=1, keepdims=True, out=row), out=self.like("out", x))
        np.exp(self._out, out=self._out)
        self._out /= np.add.reduce(self._out, axis=1, keepdims=True, out=row)
        return self._out

    def backward(self, dout: Array) -> Array:
        """Return y (dout − Σ dout y) in the layer's own buffer."""
        dx: Array = np.multiply(dout, self._out, out=self.like("dx", self._out))
        row = self.buffer("row", (len(dx), 1), dx.dtype)
        np.subtract(dout, np.add.reduce(dx, axis=1, keepdims=True, out=row), out=dx)
        dx *= self._out
        return dx

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (K,) for (K,); raises ValueError for another shape, or for K = 1."""
        if len(input_shape) != 1 or input_shape[0] < 2:
            raise ValueError(f"Softmax expects examples of shape (K,), K = 2 or more; got {input_shape}")
        return input_shape
