"""The values of an axis of a sweep: those of a range, and those drawn from a distribution."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

MOST_VALUES = 1_000_000  # of a range
DIGITS = 6  # significant ones of what is computed: the same on every machine, and few enough to be typed
LEAST_FACTOR = 1.00001  # by which a number of so many digits changes


@dataclass(frozen=True)
class Range:
    """From `first` to `last`, both included, by adding `step` or, if that is None, by multiplying with `factor`.

    Integers give integers, each of which becomes what `accept` returns for it, as do the others. Sums and products are
    decimal: 0.1, 0.2, 0.3. Raises ValueError, with what was expected, for a range that is empty, of more than
    MOST_VALUES values, or not accepted.
    """

    first: float
    last: float
    step: float | None
    factor: float | None
    accept: Callable[[object], object]

    def __post_init__(self) -> None:
        if not self.first <= self.last:
            raise ValueError("`from` to be at most `to`")
        if self.step is not None:
            if not self.step > 0:
                raise ValueError("a step above 0")
            steps = (_decimal(self.last) - _decimal(self.first)) / _decimal(self.step)
        else:
            if not (self.first > 0 and self.factor is not None and self.factor >= LEAST_FACTOR):
                raise ValueError(f"a factor of at least {LEAST_FACTOR}, and `from` above 0")
            steps = (_decimal(self.last) / _decimal(self.first)).ln() / _decimal(self.factor).ln()
        if steps >= MOST_VALUES:
            raise ValueError(f"at most {MOST_VALUES} values")
        self.accept(next(self._values()))
        self.accept(self.last)

    def __iter__(self) -> Iterator[object]:
        before = None
        for value in self._values():
            if value != before:  # as it is where steps are too small for a float
                yield self.accept(value)
            before = value

    def _values(self) -> Iterator[float]:
        first, last = _decimal(self.first), _decimal(self.last)
        integral = all(isinstance(number, int) for number in (self.first, self.step or self.factor))
        for number in itertools.count():
            if self.step is not None:
                value = first + number * _decimal(self.step)
            else:
                value = first * _decimal(self.factor or 0) ** number
                value = value if integral or number == 0 else _decimal(_rounded(float(value)))
            if value > last:
                return
            yield int(value) if integral else float(value)


@dataclass(frozen=True)
class Choice:
    """One of the values, all equally likely."""

    values: Sequence[object]

    def draw(self, generator: Random) -> object:
        """Return a value, by one call of `generator.random()`."""
        return self.values[int(generator.random() * len(self.values))]


@dataclass(frozen=True)
class Uniform:
    """A number from `low` to `high`, all equally likely, or, if `log`, one whose logarithm is equally likely to be any.

    If `integral`, the nearest integer, and each from low to high has its share; else of DIGITS significant digits.
    A draw is what `accept` returns for it. Raises ValueError, with what was expected, for bounds that are not in order
    or not accepted.
    """

    low: float
    high: float
    log: bool
    integral: bool
    accept: Callable[[object], object]

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError("LOW below HIGH")
        if self.log and not self.low > 0:
            raise ValueError("LOW above 0, as it has a logarithm")
        self.accept(self.low)
        self.accept(self.high)

    def draw(self, generator: Random) -> object:
        """Return a value, by one call of `generator.random()`, whose sequence Python keeps between its versions."""
        share = generator.random()
        low, high = (self.low - 0.5, self.high + 0.5) if self.integral else (self.low, self.high)
        if self.log:
            value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        else:
            value = low + share * (high - low)
        return self.accept(min(max(round(value) if self.integral else _rounded(value), self.low), self.high))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _decimal(value: float | None) -> Decimal:
    return Decimal(repr(value))
