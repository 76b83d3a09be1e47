"""The affine layer: every output is a weighted sum of all inputs."""

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Linear


class Affine(Linear):
    """Compute out = x W + b, or x W without bias.

    Shapes: x (N, D), W (D, H), b (H,), out (N, H).
    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.5.
    """

    def __init__(self, input_size: int, output_size: int, *, bias: bool = True) -> None:
        super().__init__((input_size, output_size), input_size, output_size, output_size, bias=bias)

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

    def columns(self, x: Array) -> Array:
        """Return x as (N, D, 1)."""
        return x[:, :, None]

    def matrix(self, W: Array) -> Array:
        """Return W itself, (D, H)."""
        return W
