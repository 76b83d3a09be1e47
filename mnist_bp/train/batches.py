"""Mini-batches of a split, gathered and scaled once each, in an order that seed and epoch alone determine."""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_bp.data.augmentation import Augmentation
from mnist_bp.data.dataset import Split
from mnist_bp.nn.buffers import Array, Buffers
from mnist_bp.nn.nonzero import Examples, NonzeroColumns
from mnist_bp.streams import AUGMENTATION, generator
from mnist_bp.train.ahead import SLOTS, ahead
from mnist_bp.train.order import Order
from mnist_bp.train.team import Team, cut

CHUNK = 800  # examples to prepare at a time: enough to be worth the switches between threads, few enough for the cache


class Batches(Buffers):
    """Batches (x, t) of a split: x (N, D) of `dtype`, pixels scaled to 0 … 1, other numbers as they are; t (N,).

    x is a buffer, which the next batch overwrites, so that one epoch is under way at a time; t is not to be written to.
    `seed` orders the epochs; with `replacement`, each batch of one is drawn from the whole split, else every example
    comes once. `extra` are splits whose examples are mixed in, with their weights, as `Order` says. `augmentation`
    changes images, as seed, epoch and the number of the batch determine. Unchanged and with `nonzero`, they come as
    NonzeroColumns: of MNIST's pixels, almost a quarter is 0 in all of 800 digits. Batches are gathered ahead where the
    `team` has a thread to spare beside the `busy` ones that train; else by the whole team.
    """

    def __init__(
        self,
        split: Split,
        size: int,
        dtype: npt.DTypeLike,
        *,
        seed: int = 0,
        replacement: bool = False,
        extra: Sequence[tuple[Split, float]] = (),
        augmentation: Augmentation | None = None,
        nonzero: bool = False,
        team: Team | None = None,
        busy: int = 1,
    ) -> None:
        super().__init__()
        splits, weights = zip((split, 1.0), *extra, strict=True)
        self._split = _joined(splits)
        self._order = Order(
            [(len(each), weight) for each, weight in zip(splits, weights, strict=True)], seed, replacement=replacement
        )
        self._augmentation = augmentation
        self._size = size
        self._dtype = np.dtype(dtype)
        self._seed = seed
        self._nonzero = nonzero and split.x.dtype == np.uint8
        self._team = team or Team()
        self._threads = 1 if self._team.size > busy else self._team.size  # to gather with
        self._ahead = self._team.size > busy
        self._slots = SLOTS if self._ahead else 1  # one that is used again at once stays in the cache
        self._scratch = Buffers()  # for products, which need memory while the second thread writes to ours

    @property
    def steps(self) -> int:
        """The number of batches in an epoch; the last may be smaller."""
        return -(-len(self._order) // self._size)

    def in_order(self) -> Iterator[tuple[Array, Array]]:
        """Yield every example once, as they stand."""
        for start in range(0, len(self._split), self._size):
            part = slice(start, start + self._size)
            numbers = self._split.x[part]
            out = self._columns("x", *numbers.shape)
            self._scale(numbers, out)
            yield out, self._split.t[part]

    def epoch(self, number: int, start: int = 0) -> Generator[tuple[Any, Array]]:
        """Yield the batches of an epoch in random order, from batch `start` on."""
        # A chunk is made as a whole wherever the epoch is entered: its columns, and so all roundings, depend on it.
        in_chunk = max(1, CHUNK // self._size)
        skipped = start % in_chunk
        order = self._order.epoch(number, self.steps * self._size)[(start - skipped) * self._size :]
        length = in_chunk * self._size
        chunks = self._chunks(number, start - skipped, order, length)
        for x, t in ahead(chunks) if self._ahead and len(order) > length else chunks:
            for first in range(skipped * self._size, len(t), self._size):
                part = slice(first, first + self._size)
                yield x[part], t[part]
            skipped = 0

    def _chunks(self, epoch: int, batch: int, order: Array, length: int) -> Iterator[tuple[Examples, Array]]:
        """Yield several batches at a time, from one of the epoch's on, each time in one of a few places of memory."""
        for number, first in enumerate(range(0, len(order), length)):
            chosen = order[first : first + length]
            name = f"x {number % self._slots}"
            if self._augmentation:
                x: Examples = self._augmented(name, self._augmentation, chosen, epoch, batch + first // self._size)
            else:
                x = self._examples(name, chosen)
            yield x, self._split.t.take(chosen)

    def _augmented(self, name: str, augmentation: Augmentation, chosen: Array, epoch: int, batch: int) -> Array:
        """Return changed examples of the split, (N, D), in the buffer of that name; they begin with that batch."""
        out = self._columns(name, len(chosen), self._split.x.shape[1])

        def change(numbers: slice) -> None:
            for number in range(numbers.start, numbers.stop):
                part = slice(number * self._size, (number + 1) * self._size)
                rng = generator(self._seed, AUGMENTATION, epoch, batch + number)
                augmentation(self._split.x.take(chosen[part], 0), rng, out[part])

        batches = -(-len(chosen) // self._size)
        self._team.run([partial(change, part) for part in cut(batches, self._threads)])
        return out

    def _examples(self, name: str, chosen: Array) -> Examples:
        """Return examples of the split, (N, D), as a network takes them, in the buffer of that name."""
        x = self._split.x
        rows = self.buffer("rows", (len(chosen), x.shape[1]), x.dtype)
        parts = cut(len(chosen), self._threads)

        def run(work: Callable[[slice], Any]) -> list[Any]:
            return self._team.run([partial(work, part) for part in parts])

        def gather(part: slice) -> Array | None:
            x.take(chosen[part], 0, rows[part], "clip")  # clip: without it NumPy buffers the result
            return np.bitwise_or.reduce(rows[part], axis=0) if self._nonzero else None

        used = run(gather)
        if not self._nonzero:
            out = self._columns(name, *rows.shape)
            run(lambda part: self._scale(rows[part], out[part]))
            return out
        found = np.bitwise_or.reduce(used) > 0
        kept = found.nonzero()[0]
        places = np.where(found, found.cumsum() - 1, len(kept))
        values = self._columns("values", len(rows), len(kept), rows.dtype)
        out = self._columns(name, *values.shape)

        def narrow(part: slice) -> None:
            rows[part].take(kept, 1, values[part], "clip")
            self._scale(values[part], out[part])

        run(narrow)
        return NonzeroColumns(out, kept, places, self._scratch)

    def _scale(self, numbers: Array, out: Array) -> None:
        out[...] = numbers
        out *= self._split.scale

    def _columns(self, name: str, examples: int, columns: int, dtype: npt.DTypeLike | None = None) -> Array:
        """Return a buffer, by default of our dtype, large enough for all columns, as the next chunk may need more."""
        self.buffer(name, (examples, self._split.x.shape[1]), dtype or self._dtype)
        return self.buffer(name, (examples, columns), dtype or self._dtype)


def _joined(splits: Sequence[Split]) -> Split:
    """Return the examples of several splits as one; a single one is not copied."""
    first, *others = splits
    if not others:
        return first
    return Split(np.concatenate([split.x for split in splits]), np.concatenate([split.t for split in splits]))
