"""Batches without the columns in which all examples are zero: a matrix product need not visit them."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.buffers import Array, Buffers


class NonzeroColumns:
    """Examples x, (N, D), some of whose columns are zero in every example: `values`, (N, A), are the others.

    `kept`, (A,), numbers the columns of x that `values` holds; `places`, (D,), says where in `values` a column is, or A
    for one that is not there. It is multiplied as an array is, by `x.dot(W, out)` and `x.T.dot(dout, out)`. No other
    rows of a matrix W, (D, H), and of its gradient matter, as all the other terms are zero:

        x W = values · W[kept]      (xᵀ dout)[kept] = valuesᵀ dout

    `scratch` is memory for those rows, which the slices of a batch share: one of them is multiplied at a time.
    """

    def __init__(self, values: Array, kept: Array, places: Array, scratch: Buffers | None = None) -> None:
        self.values, self.kept, self.places = values, kept, places
        self.shape = len(values), len(places)
        self._scratch = scratch or Buffers()

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, part: slice) -> "NonzeroColumns":
        """Return some of the examples, as a view."""
        return self.part(part, self._scratch)

    def part(self, part: slice, scratch: Buffers) -> "NonzeroColumns":
        """Return some of the examples, as a view, to be multiplied with other scratch memory, as on another thread."""
        return NonzeroColumns(self.values[part], self.kept, self.places, scratch)

    def astype(self, dtype: npt.DTypeLike, *, copy: bool = True) -> "NonzeroColumns":
        """Return x in another precision, or, if it need not be copied, x itself in its own."""
        if not copy and self.values.dtype == dtype:
            return self
        return NonzeroColumns(self.values.astype(dtype), self.kept, self.places, self._scratch)

    def dense(self) -> Array:
        """Return x, (N, D), as a new array."""
        x = np.zeros(self.shape, self.values.dtype)
        x[:, self.kept] = self.values
        return x

    def dot(self, W: Array, out: Array) -> Array:
        """Write x W, (N, H), into `out` and return it."""
        rows = self.rows(W)[: len(self.kept)]
        W.take(self.kept, 0, rows, "clip")  # clip: without it NumPy buffers the result
        return np.dot(self.values, rows, out=out)

    def rows(self, like: Array) -> Array:
        """Return scratch memory, (D + 1, H), of the type and width of a matrix with H columns."""
        return self._scratch.buffer("rows", (self.shape[1] + 1, like.shape[1]), like.dtype)

    @property
    def T(self) -> "_Transposed":  # noqa: N802  # NumPy's name
        """xᵀ, (D, N), for a product with it."""
        return _Transposed(self)


class _Transposed:
    def __init__(self, x: NonzeroColumns) -> None:
        self._x = x

    def dot(self, dout: Array, out: Array) -> Array:
        """Write xᵀ dout, (D, H), into `out` and return it."""
        x = self._x
        rows = x.rows(dout)
        np.dot(x.values.T, dout, out=rows[: len(x.kept)])
        rows[len(x.kept)] = 0  # for the columns that are not kept
        return rows.take(x.places, 0, out, "clip")


Examples: TypeAlias = Array | NonzeroColumns
"""What a network is given, one example a row."""
