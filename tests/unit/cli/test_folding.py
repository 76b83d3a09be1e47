"""Tables on a terminal that has too little room for them."""

import pytest

from mnist_bp.cli.folding import folded
from mnist_bp.cli.terminal import width

SWEEP = [
    ["train.learning_rate", "test_accuracy", "n"],
    ["0.1", "0.8418 ± 0.0037", "3"],
    ["0.01", "0.7141 ± 0.0028", "3"],
]


def shown(cells: list[list[str]], limit: int) -> list[str]:
    lines, left_out = folded(cells, limit)
    assert left_out == []
    return [line for row in lines for line in row]


def test_headers_are_broken_first_and_stand_on_their_columns() -> None:
    assert shown(SWEEP, 35) == [
        "train.learning_",
        "rate             test_accuracy    n",
        "0.1              0.8418 ± 0.0037  3",
        "0.01             0.7141 ± 0.0028  3",
    ]
    assert shown(SWEEP, 29) == [
        "train.",
        "learning_",
        "rate       test_accuracy    n",
        "0.1        0.8418 ± 0.0037  3",
        "0.01       0.7141 ± 0.0028  3",
    ]


def test_a_long_cell_is_broken_between_the_parts_of_its_list_or_else_its_words() -> None:
    cells = [["key", "a"], ["conv", "[{filters: 8, kernel: 5}]"], ["said", "no data of that name"]]
    assert shown(cells, 22) == [
        "key   a",
        "conv  [{filters: 8,",
        "      kernel: 5}]",
        "said  no data of that",
        "      name",
    ]


def test_names_stay_whole_and_long_ones_get_lines_of_their_own() -> None:
    cells = [["run", "accuracy", "loss"], ["runs/a_long name, of 27.1", "0.98", "0.05"], ["お", "0.5", "1"]]
    assert shown(cells, 30) == [
        "run",
        "    accuracy  loss",
        "runs/a_long name, of 27.1",
        "    0.98      0.05",
        "お",
        "    0.5       1",
    ]


def test_what_is_left_out_are_columns_whose_cells_are_alike_and_then_those_further_right() -> None:
    cells = [
        ["name", "same", "two", "all", "n"],
        *([f"run{i}", "relu", f"{i % 2:04}", f"{i:04}", "3"] for i in range(4)),
    ]
    lines, left_out = folded(cells, 20)
    assert (lines[1], left_out) == (["run0  0000  0000  3"], ["same"])
    lines, left_out = folded(cells, 14)
    assert (lines[2], left_out) == (["run1  0001  3"], ["same", "all"])


def test_a_table_may_say_what_is_left_out_and_more_lines_hold_the_rest() -> None:
    cells = [["rate", "size", "validation", "train", "test", "n"], ["0.01", "128", "0.9876", "0.9912", "0.9701", "5"]]
    least = ["test", "train"]
    lines, left_out = folded(cells, 34, least, named=False)
    assert (lines[1], left_out) == (["0.01  128   0.9876      0.9912  5"], ["test"])
    lines, left_out = folded(cells, 30, least, named=False)
    assert (lines[1], left_out) == (["0.01  128   0.9876      5"], ["train", "test"])
    lines, left_out = folded(cells, 18, least, named=False)
    assert lines == [["rate  size", "    validation  n"], ["0.01  128", "    0.9876      5"]]
    assert left_out == ["train", "test"]


@pytest.mark.parametrize("limit", range(40, 120, 8))
def test_no_line_is_wider_than_the_terminal(limit: int) -> None:
    header = ["run", "model.hidden", "train.weight_decay", "おおおおおお", "why not"]
    row = [
        "runs/book-2",
        "[100, 100, 100]",
        "0.0001 ± 0.0001",
        "おおお, おおお",
        "the loss is not finite at step 3; again",
    ]
    lines, _ = folded([header, row, row[::-1]], limit)
    assert all(width(line) <= max(limit, width(row[4])) for row_lines in lines for line in row_lines)
