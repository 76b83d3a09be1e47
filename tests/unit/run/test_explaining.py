"""What another environment may explain, and what it may not: the limits, from both sides."""

from typing import Any

import pytest

from mnist_bp.run.explaining import Environment, objection
from mnist_bp.run.measuring import Measurement
from mnist_bp.train.records import Record
from tests.helpers.making import record

ELSEWHERE: Environment = {"numpy": ("1.0", "1.1")}
EXAMPLES = 10_000


def told(environment: Environment = ELSEWHERE, *, examples: int = EXAMPLES, **recorded: Any) -> str:
    """Return the objection to a run of three epochs, one of whose recorded numbers is another one."""
    again = [record(epoch) for epoch in (1, 2, 3)]
    rows = [record(epoch, **(recorded if epoch == 2 else {})) for epoch in (1, 2, 3)]
    measured = Measurement("r", "data", "test", examples, again[-1].test_accuracy, again[-1].test_loss)
    return objection(rows, again, rows[-1], environment, lambda: measured)


def test_the_same_environment_explains_nothing() -> None:
    assert told({}) == "this one is the same"
    assert told() == ""


@pytest.mark.parametrize(
    ("recorded", "examples", "why"),
    [
        ({"test_accuracy": 0.5099}, EXAMPLES, ""),
        ({"test_accuracy": 0.5101}, EXAMPLES, "test_accuracy of epoch 2 differs by 1.0%, more than 1.0%"),
        ({"test_accuracy": 0.599}, 100, ""),  # of so few, one tenth is within what chance does
        ({"test_accuracy": 0.601}, 100, "test_accuracy of epoch 2 differs by 10.1%, more than 10.0%"),
        ({"test_loss": 0.74}, EXAMPLES, ""),
        ({"test_loss": 0.76}, EXAMPLES, "test_loss of epoch 2 differs by more than 50%"),
        ({"train_loss": 1e-9}, EXAMPLES, "train_loss of epoch 2 differs by more than 50%"),
    ],
)
def test_the_course_may_differ_a_little(recorded: dict[str, Any], examples: int, why: str) -> None:
    assert told(examples=examples, **recorded) == why


def test_patience_may_end_at_another_epoch_and_nothing_else_may() -> None:
    again = [record(epoch) for epoch in (1, 2, 3)]
    measured = Measurement("r", "data", "test", EXAMPLES, again[-1].test_accuracy, again[-1].test_loss)

    def judged(rows: list[Record], *, patience: bool) -> str:
        return objection(rows, again, rows[-1], ELSEWHERE, lambda: measured, patience=patience)

    assert judged(again[:2], patience=True) == ""
    for rows, patience in ((again[:2], False), (again[1:], True)):
        assert judged(rows, patience=patience) == "the epochs are the same in every one"
