"""Mini-batches of a split, gathered and scaled once each, in an order that seed and epoch alone determine."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mnist_bp.data import Split
from mnist_bp.nn.buffers import Array, Buffers

ORDER = 1  # number of this random stream beside the seed; that of the initial weights is build.WEIGHTS


class Batches(Buffers):
    """Batches (x, t) of a split: x (N, D) of `dtype`, pixels scaled to 0 … 1, other numbers as they are; t (N,).

    x is a buffer: the next batch overwrites it. `seed` orders the epochs; with `replacement`, each batch of an epoch is
    drawn from the whole split, else every example comes once an epoch.
    """

    def __init__(
        self, split: Split, size: int, dtype: npt.DTypeLike, *, seed: int = 0, replacement: bool = False
    ) -> None:
        super().__init__()
        self._split = split
        self._size = size
        self._dtype = np.dtype(dtype)
        self._seed = seed
        self._replacement = replacement

    @property
    def steps(self) -> int:
        """The number of batches in an epoch; the last may be smaller."""
        return -(-len(self._split) // self._size)

    def in_order(self) -> Iterator[tuple[Array, Array]]:
        """Yield every example once, as they stand."""
        for start in range(0, len(self._split), self._size):
            part = slice(start, start + self._size)
            yield self._scaled(self._split.x[part]), self._split.t[part]

    def epoch(self, number: int, start: int = 0) -> Iterator[tuple[Array, Array]]:
        """Yield the batches of an epoch in random order, from batch `start` on."""
        rng = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(ORDER, number)))
        count = len(self._split)
        order = rng.integers(count, size=self.steps * self._size) if self._replacement else rng.permutation(count)
        x, t = self._split.x, self._split.t
        for first in range(start * self._size, len(order), self._size):
            chosen = order[first : first + self._size]
            gathered = self.buffer("gathered", (len(chosen), *x.shape[1:]), x.dtype)
            np.take(x, chosen, axis=0, out=gathered, mode="clip")  # clip: without it NumPy buffers the result
            yield self._scaled(gathered), t[chosen]

    def _scaled(self, x: Array) -> Array:
        return np.multiply(x, self._split.scale, out=self.buffer("x", x.shape, self._dtype), dtype=self._dtype)
