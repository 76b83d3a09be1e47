"""What single keys accept."""

import pytest

from mnist_bp.config import rules
from mnist_bp.config.rules import Rule

NAN, INFINITY = float("nan"), float("inf")

ACCEPTED = [
    (rules.whole(1, 9), 9, 9),
    (rules.positive(), 3, 3.0),
    (rules.positive(), 1e-300, 1e-300),
    (rules.choice("sgd", "adam"), "adam", "adam"),
    (rules.only([], "[]"), [], ()),
    (rules.only(0, "0"), 0.0, 0),
    (rules.list_of(rules.whole(1, 9)), 3, (3,)),
    (rules.list_of(rules.whole(1, 9)), [3, 4], (3, 4)),
    (rules.list_of(rules.whole(1, 9)), [], ()),
    (rules.or_null(rules.string), None, None),
    (rules.or_null(rules.string), "here", "here"),
    (rules.boolean, False, False),
]

REFUSED = [
    *((rules.whole(1, 9), value) for value in (0, 10, True, 3.0, "3", None, [3], NAN)),
    *((rules.positive(), value) for value in (0, -1, True, NAN, INFINITY, "1", None, 10**400)),
    *((rules.choice("sgd", "adam"), value) for value in ("SGD", None, ["sgd"], 1)),
    *((rules.only([], "[]"), value) for value in ([1], None, "", 0)),
    *((rules.only(0, "0"), value) for value in (0.5, False, None, 1)),
    *((rules.list_of(rules.whole(1, 9)), value) for value in (None, [3, None], [[3]], "3")),
    *((rules.string, value) for value in ("", None, 3, ["here"])),
    *((rules.boolean, value) for value in (0, 1, "true", None)),
]


@pytest.mark.parametrize(("rule", "value", "kept"), ACCEPTED)
def test_a_rule_keeps_what_it_accepts(rule: Rule, value: object, kept: object) -> None:
    assert rule.accept(value) == kept
    assert type(rule.accept(value)) is type(kept)


@pytest.mark.parametrize(("rule", "value"), REFUSED)
def test_a_rule_refuses_the_rest(rule: Rule, value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        rule.accept(value)
