"""The affine layer: every output is a weighted sum of all inputs."""

from typing import cast

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Linear, Shape
from mnist_bp.nn.nonzero import Examples


class Affine(Linear):
    """Compute out = x W + b, or x W without bias.

    Shapes: x (N, D), W (D, H), b (H,), out (N, H).
    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.5.
    """

    def __init__(self, input_size: int, output_size: int, *, bias: bool = True) -> None:
        super().__init__((input_size, output_size), input_size, output_size, output_size, bias=bias)

    def forward(self, x: Examples) -> Array:
        """Return x W + b in the layer's own buffer.

        Raises ValueError if x is not of shape (N, D).
        """
        inputs, units = self.W.shape
        if len(x.shape) != 2 or x.shape[1] != inputs:
            raise ValueError(f"Affine expects x of shape (N, {inputs}); got {x.shape}")
        self._x = x = x.astype(self.W.dtype, copy=False)
        out = x.dot(self.W, self.buffer("out", (len(x), units), self.W.dtype))
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
        x = cast(Array, self._x)  # columns are left out in front of the first layer alone, which is not asked for dx
        return np.matmul(dout, self.W.T, out=self.like("dx", x))

    def parameter_gradients(self, dout: Array) -> None:
        """Overwrite dW and db as `backward` does."""
        self._x.T.dot(dout, self.dW)
        if self.bias:
            ones = self.buffer("ones", (len(dout),), dout.dtype, fill=1)
            np.dot(ones, dout, out=self.db)  # a product with ones sums faster than NumPy's sum

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (H,) for (D,); raises ValueError for another shape."""
        inputs, units = self.shapes["W"]
        if input_shape != (inputs,):
            raise ValueError(f"Affine expects examples of shape ({inputs},); got {input_shape}")
        return (units,)

    def columns(self, x: Array) -> Array:
        """Return x as (N, D, 1)."""
        return x[:, :, None]

    def matrix(self, W: Array) -> Array:
        """Return W itself, (D, H)."""
        return W
