"""Pooling layers: each square window of an image becomes one number, so that less of where things are is kept."""

from collections.abc import Iterator

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Layer, Shape


class Pool(Layer):
    """Reduce each window of `size` × `size` to one number.

    Windows lie side by side; rows and columns at the end that do not fill one are left out.
    Shapes: x (N, C, H, W), out (N, C, ⌊H / size⌋, ⌊W / size⌋).
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"{type(self).__name__} expects a size of 1 or more; got {size}")
        self.size = size

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (C, ⌊H / size⌋, ⌊W / size⌋) for (C, H, W); raises ValueError if that leaves nothing."""
        if len(input_shape) != 3:
            raise ValueError(f"{type(self).__name__} expects examples of shape (C, H, W); got {input_shape}")
        channels, height, width = input_shape
        if self.size > min(height, width):
            raise ValueError(
                f"{type(self).__name__} expects images of at least {self.size} × {self.size}; got {height} × {width}"
            )
        return channels, height // self.size, width // self.size

    def pooled(self, name: str, x: Array) -> Array:
        """Return the array `name` in the shape of the output for x; raises ValueError if x does not fit."""
        return self.buffer(name, (len(x), *self.output_shape(x.shape[1:])), x.dtype)

    def members(self, x: Array) -> Iterator[Array]:
        """Yield, for each place in a window, row by row, that member of every window: a view in the output's shape."""
        height, width = (length // self.size * self.size for length in x.shape[2:])
        for i in range(self.size):
            for j in range(self.size):
                yield x[:, :, i : height : self.size, j : width : self.size]

    def unpooled(self, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        """Return dx, zero where no window lies."""
        dx = self.buffer("dx", shape, dtype)
        height, width = (length // self.size * self.size for length in shape[2:])
        dx[:, :, height:] = 0
        dx[:, :, :, width:] = 0
        return dx


class MaxPool(Pool):
    """Take the largest number of each window; of equal ones the first, row by row, gets the gradient.

    Source: Ranzato, Huang, Boureau & LeCun, CVPR (2007).
    """

    def forward(self, x: Array) -> Array:
        """Return each window's maximum in the layer's own buffer."""
        self._x, self._out = x, self.pooled("out", x)
        first, *others = self.members(x)
        self._out[...] = first
        for member in others:
            np.maximum(self._out, member, out=self._out)
        return self._out

    def backward(self, dout: Array) -> Array:
        """Return dout at each window's maximum, else 0, in the layer's own buffer."""
        dx = self.unpooled(self._x.shape, dout.dtype)
        for member, won in zip(self.members(dx), self._winners(), strict=True):
            np.multiply(dout, won, out=member)
        return dx

    def kink_sides(self) -> Array | None:
        """Return which member of each window of the last x was taken, as its number row by row."""
        sides = np.zeros(self._out.shape, int)
        for number, won in enumerate(self._winners()):
            sides += number * won
        return sides

    def _winners(self) -> Iterator[Array]:
        """Yield, for each place in a window, where its member is the maximum and no earlier one is."""
        free = self.buffer("free", self._out.shape, np.bool_)
        won = self.buffer("won", self._out.shape, np.bool_)
        free[...] = True
        for member in self.members(self._x):
            np.equal(member, self._out, out=won)
            won &= free
            free ^= won
            yield won


class AveragePool(Pool):
    """Take the mean of each window.

    Source: LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 86 (1998), section II, on sub-sampling.
    """

    def forward(self, x: Array) -> Array:
        """Return each window's mean in the layer's own buffer."""
        self._shape = x.shape
        out = self.pooled("out", x)
        out[...] = 0
        for member in self.members(x):
            out += member
        out /= self.size**2
        return out

    def backward(self, dout: Array) -> Array:
        """Return dout / size² for each member of a window, in the layer's own buffer."""
        dx = self.unpooled(self._shape, dout.dtype)
        for member in self.members(dx):
            np.divide(dout, self.size**2, out=member)
        return dx
