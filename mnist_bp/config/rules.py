"""What a single key accepts, in words for the user and as a check."""

import sys
from collections.abc import Callable
from typing import NamedTuple

from mnist_bp.config.suggesting import folded

MAX_ITEMS = 100  # of a list: far more than any network has layers
MAX_STRING = 500  # of a string, which is the name of a folder or an address
MAX_NAME = 50  # of a name that stands in tables


class Weights(tuple[tuple[str, float], ...]):
    """Pairs of a name and a number: what YAML writes as {name: number}."""

    __slots__ = ()


class Rule(NamedTuple):
    """`expected` in words; `accept` returns the value to keep, or raises ValueError; `weighed` may have weights."""

    expected: str
    accept: Callable[[object], object]
    choices: tuple[str, ...] = ()
    is_list: bool = False
    weighed: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The values that are words, as one writes them."""
        constants = {"true": True, "false": False, "null": None}
        return (*self.choices, *(word for word, value in constants.items() if self._accepts(value)))

    def _accepts(self, value: object) -> bool:
        try:
            self.accept(value)
        except ValueError:
            return False
        return True


def _rule(expected: str, test: Callable[[object], bool], keep: Callable[..., object] = lambda value: value) -> Rule:
    def accept(value: object) -> object:
        if not test(value):
            raise ValueError(expected)
        return keep(value)

    return Rule(expected, accept)


def whole(minimum: int, maximum: int) -> Rule:
    """Accept an integer, but no boolean and no 3.0."""
    return _rule(
        f"an integer from {minimum} to {maximum}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum,
    )


def number(expected: str, within: Callable[[float], bool]) -> Rule:
    """Accept a number within a range, if float64 can hold it; an integer becomes a float."""
    return _rule(
        expected,
        lambda value: is_finite(value) and within(value),  # type: ignore[arg-type]  # a number
        lambda value: float(value) + 0.0,  # -0.0 becomes 0.0, which equals it but is written otherwise
    )


def is_finite(value: object) -> bool:
    """Whether it is a number that float64 can hold."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and abs(value) <= sys.float_info.max  # type: ignore[arg-type]  # a number


def up_to(maximum: float) -> Rule:
    """Accept a number from 0 to a maximum."""
    return number(f"a number from 0 to {maximum}", lambda value: 0 <= value <= maximum)


def choice(*names: str) -> Rule:
    """Accept one of the names, whatever the case of its letters and with or without `-` and `_`."""
    by_folded = {folded(name): name for name in names}
    rule = _rule(
        f"{', '.join(names[:-1])} or {names[-1]}",
        lambda value: isinstance(value, str) and folded(value) in by_folded,
        lambda value: by_folded[folded(value)],
    )
    return rule._replace(choices=names)


def instance(cls: type, written: str) -> Rule:
    """Accept what the reader has made of keys and values; `written` shows an example of them."""
    return _rule(written, lambda value: isinstance(value, cls))


def list_of(rule: Rule) -> Rule:
    """Accept a list of at most MAX_ITEMS, kept as a tuple; a single value stands for a list of one."""
    expected = f"a list of at most {MAX_ITEMS}, each item {rule.expected}"

    def accept(value: object) -> object:
        items = value if isinstance(value, list) else [value]
        if len(items) > MAX_ITEMS:
            raise ValueError(expected)
        return tuple(rule.accept(item) for item in items)

    return Rule(expected, accept, is_list=True)


def weights(*names: str) -> Rule:
    """Accept what the reader has made of weights by name; null stands for none."""
    rule = _rule(
        f"weights by name, such as {{{names[0]}: 1.0}}, of {', '.join(names[:-1])} and {names[-1]}",
        lambda value: value is None or isinstance(value, Weights),
        lambda value: value or Weights(),
    )
    return rule._replace(weighed=names)


def text(longest: int) -> Rule:
    """Accept a string that is not empty, of at most so many characters."""
    return _rule(
        f"1 to {longest} printable characters",
        lambda value: isinstance(value, str) and 0 < len(value) <= longest and value.isprintable(),
    )


def or_null(rule: Rule) -> Rule:
    """Accept null too."""
    return rule._replace(
        expected=f"{rule.expected}, or null",
        accept=lambda value: None if value is None else rule.accept(value),
    )


count, steps, seed = whole(1, 1_000_000), whole(0, 10**12), whole(0, 2**63 - 1)
boolean = _rule("true or false", lambda value: isinstance(value, bool))
finite = _rule("a finite number", is_finite)
string, name = text(MAX_STRING), text(MAX_NAME)
positive = number("a finite number above 0", lambda value: value > 0)
not_negative = number("a finite number, 0 or above", lambda value: value >= 0)
below_one = number("a number from 0 to below 1", lambda value: 0 <= value < 1)
weight = number("a number above 0 and up to 100", lambda value: 0 < value <= 100)
up_to_one = number("a number above 0 and up to 1", lambda value: 0 < value <= 1)
