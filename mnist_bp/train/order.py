"""Which examples an epoch has, and in which order: seed and epoch alone determine both."""

from collections.abc import Sequence

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.streams import MIXTURE, ORDER, generator


class Order:
    """The order of the examples of several sets, which are numbered on from one set to the next.

    `sets` are their lengths and weights: an epoch has each example once for every whole 1 of the weight and, of the
    rest, a part of the set that is drawn anew. With `replacement`, as many are drawn from all of these, else each
    comes once.
    """

    def __init__(self, sets: Sequence[tuple[int, float]], seed: int, *, replacement: bool = False) -> None:
        self._lengths = [length for length, _ in sets]
        self._wanted = [round(weight * length) for length, weight in sets]
        self._seed = seed
        self._replacement = replacement

    def __len__(self) -> int:
        """Return how many examples an epoch has."""
        return sum(self._wanted)

    def epoch(self, number: int, count: int) -> Array:
        """Return the numbers of `count` examples of an epoch: all of them, or with replacement any number."""
        rng = generator(self._seed, ORDER, number)
        order = rng.integers(len(self), size=count) if self._replacement else rng.permutation(len(self))
        return order if self._wanted == self._lengths else self._examples(number)[order]

    def _examples(self, number: int) -> Array:
        """Return the numbers of the examples that an epoch has, set by set."""
        parts, first = [], 0
        for place, (length, wanted) in enumerate(zip(self._lengths, self._wanted, strict=True)):
            every, whole_times, rest = np.arange(first, first + length), *divmod(wanted, length)
            parts += [every] * whole_times
            if rest:
                parts.append(generator(self._seed, MIXTURE, number, place).choice(every, rest, replace=False))
            first += length
        return np.concatenate(parts)
