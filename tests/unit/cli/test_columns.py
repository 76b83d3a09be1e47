"""Rows as text."""

import csv
import io

from mnist_bp.cli.columns import aligned, comma_separated, markdown
from mnist_bp.cli.output import printable

ROWS = [["train.optimizer", "n", ""], ["adam", "5", "failed: 3, 4"], ["sgd", "10", ""]]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned(ROWS) == (
        "train.optimizer  n\n"
        "adam             5   failed: 3, 4\n"
        "sgd              10\n"
    )  # fmt: skip


def test_markdown_has_a_line_below_its_header() -> None:
    assert markdown([["a", "b"], ["1", "x|y"]]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n"


def test_csv_reads_back() -> None:
    rows = [["a", "b"], ["[50, 100]", 'said "no"\nand left']]
    assert list(csv.reader(io.StringIO(comma_separated(rows)))) == rows
    assert comma_separated([["a", "b"]]) == "a,b\n"


def test_what_files_hold_cannot_play_with_the_terminal() -> None:
    assert printable("± \x1b[31mred\r\n") == "± \\x1b[31mred\\r\\n"
    assert aligned([["a\x07"]]) == "a\\x07\n"
    assert markdown([["a\nb"]]).startswith("| a\\nb |\n")
