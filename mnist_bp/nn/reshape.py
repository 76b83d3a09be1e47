"""Reshaping layers: the same numbers in another shape, without a copy."""

import math

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Layer, Shape


class Reshape(Layer):
    """Arrange each example's numbers in a shape, such as (1, 28, 28) for 784 pixels, row by row."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return `shape`; raises ValueError if an example has another number of elements."""
        size = math.prod(self.shape)
        if math.prod(input_shape) != size:
            raise ValueError(f"Reshape to {self.shape} expects {size} numbers an example; got {input_shape}")
        return self.shape

    def forward(self, x: Array) -> Array:
        """Return x, (N, …), as a view (N, *shape); raises ValueError as `output_shape` does."""
        self._given = x.shape
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, dout: Array) -> Array:
        """Return dout as a view of the last x's shape."""
        return dout.reshape(self._given)


class Flatten(Layer):
    """Put each example's numbers in one row, as an affine layer expects them."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (D,), the number of elements of an example."""
        return (math.prod(input_shape),)

    def forward(self, x: Array) -> Array:
        """Return x, (N, …), as a view (N, D)."""
        self._given = x.shape
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, dout: Array) -> Array:
        """Return dout as a view of the last x's shape."""
        return dout.reshape(self._given)
