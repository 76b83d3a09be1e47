"""What is known of a key beside its name and its default."""

from dataclasses import field
from typing import Any, Literal, NamedTuple

from mnist_bp.config.rules import Rule


class Key(NamedTuple):
    """What a key accepts and means, and what hangs on it.

    `used_by` names another key and those of its values that use this one; with others it would silently do nothing, as
    train.momentum would with train.optimizer=sgd, so there it must keep its default. When a run is resumed, a "fixed"
    key must be as it was, one of the "length" may change if nothing before depends on it, and a "free" one may change.
    `of_setting` is whether runs that differ in it are different settings of a sweep.
    """

    rule: Rule
    meaning: str
    used_by: tuple[str, ...] = ()
    on_resume: Literal["fixed", "length", "free"] = "fixed"
    of_setting: bool = True


def key(default: object, rule: Rule, meaning: str, **facts: Any) -> Any:
    """Return the dataclass field of a key; without a default (MISSING) it must be given."""
    return field(default=default, metadata={"key": Key(rule, meaning, **facts)})
