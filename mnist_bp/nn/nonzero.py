"""Batches without the columns in which all examples are zero: a matrix product need not visit them."""

from typing import TypeAlias

import numpy as np

from mnist_bp.nn.buffers import Array


class NonzeroColumns:
    """Examples x, (N, D), some of whose columns are zero in every example: `values`, (N, A), are the others.

    `kept`, (A,), numbers the columns of x that `values` holds; `places`, (D,), says where in `values` a column is, or A
    for one that is not there. Of a weight matrix W, (D, H), and of its gradient no other rows matter, as all the other
    terms are zero:

        x W = values · W[kept]      (xᵀ dout)[kept] = valuesᵀ dout
    """

    def __init__(self, values: Array, kept: Array, places: Array) -> None:
        self.values, self.kept, self.places = values, kept, places
        self.shape = len(values), len(places)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, part: slice) -> "NonzeroColumns":
        """Return some of the examples, as a view."""
        return NonzeroColumns(self.values[part], self.kept, self.places)

    def dense(self) -> Array:
        """Return x, (N, D), as a new array."""
        x = np.zeros(self.shape, self.values.dtype)
        x[:, self.kept] = self.values
        return x


Examples: TypeAlias = Array | NonzeroColumns
"""What a network is given, one example a row."""
