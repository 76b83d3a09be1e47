"""What a single key accepts, in words for the user and as a check."""

import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`expected` in words; `accept` returns the value to keep, or raises ValueError."""

    expected: str
    accept: Callable[[object], object]


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


def positive() -> Rule:
    """Accept a number above zero that float64 can hold; an integer becomes a float."""

    def test(value: object) -> bool:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and 0 < value <= sys.float_info.max  # type: ignore[operator]  # mypy loses is_number

    return _rule("a finite number above 0", test, float)


def choice(*names: str) -> Rule:
    """Accept one of the names."""
    expected = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return _rule(expected, lambda value: value in names)


def only(default: object, written: str) -> Rule:
    """Accept one value: the key belongs to the file format, its other values are not built yet."""
    return _rule(
        f"{written}, the only value of this version",
        lambda value: value == default and not isinstance(value, bool),
        lambda value: tuple(default) if isinstance(default, list) else default,
    )


def list_of(rule: Rule) -> Rule:
    """Accept a list, kept as a tuple; a scalar stands for a list of one."""

    def accept(value: object) -> object:
        return tuple(rule.accept(item) for item in (value if isinstance(value, list) else [value]))

    return Rule(f"a list, each item {rule.expected}", accept)


def or_null(rule: Rule) -> Rule:
    """Accept null too."""
    return Rule(f"{rule.expected}, or null", lambda value: None if value is None else rule.accept(value))


boolean = _rule("true or false", lambda value: isinstance(value, bool))
string = _rule("a string", lambda value: isinstance(value, str) and value != "" and value.isprintable())
