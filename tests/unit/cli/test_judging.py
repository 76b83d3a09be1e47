"""Judgements as text; what is in them is the subject of tests/unit/run/test_judgement.py."""

import numpy as np
import pytest

from mnist_bp.cli.judging import class_table, confusion_matrix, error_rows, error_table
from mnist_bp.cli.terminal import width
from mnist_bp.run.judgement import Judgement
from mnist_bp.run.predictions import Predictions


def judgement(names: tuple[str, ...], labels: list[int], answers: list[int], kind: str = "probability") -> Judgement:
    """Return the judgement of a network that gives what it says 0.75, and all else 0.125."""
    numbers = np.full((len(labels), len(names)), 0.125)
    numbers[np.arange(len(labels)), answers] = 0.75
    return Judgement(Predictions(np.array(labels, np.uint8), np.array(answers), kind, numbers), names)


PETS = judgement(("cat", "dog", "owl"), [0, 0, 1], [0, 1, 1])


def test_a_class_has_a_row_and_no_score_where_there_is_none() -> None:
    assert class_table(PETS) == (
        "class  examples  precision  recall  F1\n"
        "cat    2         1.0000     0.5000  0.6667\n"
        "dog    1         0.5000     1.0000  0.6667\n"
        "owl    0         -          -       -"
    )  # fmt: skip


def test_errors_stand_out_among_dots() -> None:
    assert confusion_matrix(PETS).split("\n\n")[1] == (
        "     cat  dog  owl\n"
        "cat    1    1    .\n"
        "dog    .    1    .\n"
        "owl    .    .    ."
    )  # fmt: skip


def test_long_names_are_beside_the_rows_with_numbers_that_are_above_the_columns() -> None:
    names = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    header, first, *_ = confusion_matrix(judgement(names, [0], [9])).split("\n")[2:]
    assert header.split() == [*"0123456789"]
    assert first.split() == ["0", "T-shirt/top", *["."] * 9, "1"]


@pytest.mark.parametrize(
    ("names", "each", "blocks"),
    [
        (tuple("0123456789"), 1000, 1),
        (tuple("おきすつなはまやれを"), 1000, 1),
        (tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 99, 1),
        (tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 400, 2),
    ],
    ids=["digits", "kana", "letters", "many letters"],
)
def test_no_line_is_longer_than_a_terminal_and_no_column_is_lost(
    names: tuple[str, ...], each: int, blocks: int
) -> None:
    labels = np.arange(len(names)).repeat(each).tolist()
    text = confusion_matrix(judgement(names, labels, labels))
    assert max(map(width, text.split("\n"))) <= 80
    assert len(text.split("\n\n")) == 1 + blocks
    assert text.count(str(each)) == len(names)


def test_errors_are_listed_by_name_and_given_by_number() -> None:
    assert error_rows(PETS, 5) == [
        {"index": 1, "true": 0, "said": 1, "probability": 0.75, "probability_of_true": 0.125}
    ]
    assert error_table(PETS, 5) == (
        "index  true  said  probability  probability of true\n"
        "1      cat   dog   0.7500       0.1250"
    )  # fmt: skip
    assert error_table(judgement(("a", "b"), [1], [1]), 5) == "no example is wrong"


def test_a_single_output_is_listed_once() -> None:
    yes_no = Judgement(Predictions(np.array([0]), np.array([1]), "output", np.array([[1.5]])), ("no", "yes"))
    assert error_rows(yes_no, 1) == [{"index": 0, "true": 0, "said": 1, "output": 1.5}]
    assert error_table(yes_no, 1).split() == ["index", "true", "said", "output", "0", "no", "yes", "1.5000"]


def test_names_of_classes_are_one_printable_line_each() -> None:
    strange = judgement(("a\x1b[2J", "b\nc"), [0, 1], [1, 0])
    for text in (class_table(strange), confusion_matrix(strange), error_table(strange, 2)):
        assert "\x1b" not in text
        assert "b\\nc" in text
