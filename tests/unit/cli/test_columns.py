"""Rows as text."""

import csv
import io

from mnist_bp.cli.columns import aligned, comma_separated, markdown, width

ROWS = [["train.optimizer", "n", ""], ["adam", "5", "failed: 3, 4"], ["sgd", "10", ""]]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned(ROWS) == (
        "train.optimizer  n\n"
        "adam             5   failed: 3, 4\n"
        "sgd              10"
    )  # fmt: skip


def test_wide_letters_take_two_columns_of_a_terminal() -> None:
    assert (width("おa"), width("y ≥ 0")) == (3, 5)
    assert aligned([["class", "n"], ["お", "1"]]) == "class  n\nお     1"


def test_markdown_has_a_line_below_its_header() -> None:
    assert markdown([["a", "b"], ["1", "x|y"]]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |"


def test_csv_reads_back() -> None:
    rows = [["a", "b"], ["[50, 100]", 'said "no"\nand left']]
    assert list(csv.reader(io.StringIO(comma_separated(rows)))) == rows
    assert comma_separated([["a", "b"]]) == "a,b"


def test_a_cell_is_one_line_without_control_characters() -> None:
    assert aligned([["a\x07\nb"]]) == "a\\x07\\nb"
    assert markdown([["a\nb"]]).startswith("| a\\nb |\n")
