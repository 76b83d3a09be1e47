"""Pooling layers: each square window of an image becomes one number, so that less of where things are is kept."""

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
        return self.like(name, x, shape=(len(x), *self.output_shape(x.shape[1:])))

    def windows(self, x: Array) -> Array:
        """Return the members of every window as a view: (N, size, size, C, ⌊H / size⌋, ⌊W / size⌋)."""
        examples, channels, rows, columns = len(x), *self.output_shape(x.shape[1:])
        filled = x[:, :, : rows * self.size, : columns * self.size]
        return filled.reshape(examples, channels, rows, self.size, columns, self.size).transpose(0, 3, 5, 1, 2, 4)

    @property
    def places(self) -> list[tuple[int, int]]:
        """The places in a window, row by row."""
        return [(i, j) for i in range(self.size) for j in range(self.size)]

    def unpooled(self, x: Array) -> Array:
        """Return dx for x, zero where no window lies."""
        dx = self.like("dx", x)
        height, width = (length // self.size * self.size for length in x.shape[2:])
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
        windows = self.windows(x)
        self._out[...] = windows[:, 0, 0]
        for i, j in self.places[1:]:
            np.maximum(self._out, windows[:, i, j], out=self._out)
        return self._out

    def backward(self, dout: Array) -> Array:
        """Return dout at each window's maximum, else 0, in the layer's own buffer."""
        dx = self.unpooled(self._x)
        np.multiply(dout[:, None, None], self._winners(), out=self.windows(dx))
        return dx

    def kink_sides(self) -> Array | None:
        """Return which member of each window of the last x was taken, as its number row by row."""
        numbers = np.arange(self.size**2).reshape(self.size, self.size)
        sides: Array = np.einsum("nijcpq,ij->ncpq", self._winners(), numbers)
        return sides

    def _winners(self) -> Array:
        """Return, in the shape of `windows`, which members are the first of their window to be its maximum."""
        windows = self.windows(self._x)
        won = self.like("won", self._x, shape=windows.shape, dtype=np.bool_)
        np.equal(windows, self._out[:, None, None], out=won)
        free = np.logical_not(won[:, 0, 0], out=self.like("free", self._out, dtype=np.bool_))
        for i, j in self.places[1:]:
            member = won[:, i, j]
            member &= free
            free ^= member
        return won


class AveragePool(Pool):
    """Take the mean of each window.

    Source: LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 86 (1998), section II, on sub-sampling.
    """

    def forward(self, x: Array) -> Array:
        """Return each window's mean in the layer's own buffer."""
        self._x, out = x, self.pooled("out", x)
        windows = self.windows(x)
        out[...] = 0
        for i, j in self.places:
            out += windows[:, i, j]
        out /= self.size**2
        return out

    def backward(self, dout: Array) -> Array:
        """Return dout / size² for each member of a window, in the layer's own buffer."""
        dx = self.unpooled(self._x)
        np.divide(dout[:, None, None], self.size**2, out=self.windows(dx))
        return dx
