"""What single keys accept."""

import pytest

from mnist_bp.config import rules
from mnist_bp.config.rules import Rule

NAN, INFINITY = float("nan"), float("inf")

ACCEPTED = [
    (rules.whole(1, 9), 9, 9),
    (rules.number("odd", lambda value: value % 2 == 1), 3, 3.0),
    (rules.positive, 3, 3.0),
    (rules.positive, 1e-300, 1e-300),
    (rules.not_negative, 0, 0.0),
    (rules.not_negative, 1e300, 1e300),
    (rules.below_one, 0, 0.0),
    (rules.below_one, 1 - 2**-53, 1 - 2**-53),
    (rules.up_to_one, 1, 1.0),
    (rules.up_to_one, 1e-300, 1e-300),
    (rules.choice("sgd", "adam"), "adam", "adam"),
    (rules.choice("sgd", "leaky_relu"), "Leaky-ReLU", "leaky_relu"),
    (rules.or_null(rules.choice("max", "average")), "Max", "max"),
    (rules.list_of(rules.whole(1, 9)), 3, (3,)),
    (rules.list_of(rules.whole(1, 9)), [3, 4], (3, 4)),
    (rules.list_of(rules.whole(1, 9)), [], ()),
    (rules.list_of(rules.whole(1, 9)), [5] * 100, (5,) * 100),
    (rules.string, "x" * 500, "x" * 500),
    (rules.name, "x" * 50, "x" * 50),
    (rules.instance(Rule, "a rule"), rules.boolean, rules.boolean),
    (rules.or_null(rules.string), None, None),
    (rules.or_null(rules.string), "here", "here"),
    (rules.boolean, False, False),
    (rules.finite, 3, 3),
    (rules.finite, -1.5, -1.5),
]

REFUSED: list[tuple[Rule, object]] = [
    *((rules.whole(1, 9), value) for value in (0, 10, True, 3.0, "3", None, [3], NAN)),
    *((rules.positive, value) for value in (0, -1, True, NAN, INFINITY, "1", None, [1], 10**400)),
    *((rules.not_negative, value) for value in (-1e-300, False, NAN, INFINITY, -INFINITY, 10**400, -(10**400))),
    *((rules.below_one, value) for value in (-1e-300, 1, 1.0, False, NAN)),
    *((rules.up_to_one, value) for value in (0, 1 + 2**-52, True, NAN)),
    *((rules.choice("sgd", "adam"), value) for value in ("SGDM", None, ["sgd"], 1)),
    *((rules.list_of(rules.whole(1, 9)), value) for value in (None, [3, None], [[3]], "3", [5] * 101)),
    *((rules.instance(Rule, "a rule"), value) for value in (None, dict[str, str](), "rule", Rule)),
    *((rules.string, value) for value in ("", None, 3, ["here"], "x" * 501, "\ud800", "\n")),
    *((rules.name, value) for value in ("", 3, "x" * 51)),
    *((rules.boolean, value) for value in (0, 1, "true", None)),
    *((rules.finite, value) for value in (True, NAN, -INFINITY, 10**400, "1", None)),
]


@pytest.mark.parametrize(("rule", "value", "kept"), ACCEPTED)
def test_a_rule_keeps_what_it_accepts(rule: Rule, value: object, kept: object) -> None:
    assert rule.accept(value) == kept
    assert type(rule.accept(value)) is type(kept)


@pytest.mark.parametrize(("rule", "value"), REFUSED)
def test_a_rule_refuses_the_rest(rule: Rule, value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        rule.accept(value)


def test_a_choice_tells_its_names() -> None:
    assert rules.choice("sgd", "adam").choices == ("sgd", "adam")
    assert rules.choice("sgd", "adam", "rmsprop").expected == "sgd, adam or rmsprop"


@pytest.mark.parametrize(
    ("rule", "words"),
    [(rules.choice("max", "average"), ("max", "average")), (rules.boolean, ("true", "false")),
     (rules.or_null(rules.choice("max", "average")), ("max", "average", "null")), (rules.positive, ())],
)  # fmt: skip
def test_the_words_that_a_rule_accepts_are_known(rule: Rule, words: tuple[str, ...]) -> None:
    assert rule.words == words
