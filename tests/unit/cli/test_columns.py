"""Rows as text."""

import csv
import io

import pytest

from mnist_bp.cli.columns import aligned, comma_separated, latex, markdown

ROWS = [["train.optimizer", "n", ""], ["adam", "5", "failed: 3, 4"], ["sgd", "10", ""]]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned(ROWS) == (
        "train.optimizer  n\n"
        "adam             5   failed: 3, 4\n"
        "sgd              10"
    )  # fmt: skip


def test_wide_letters_take_two_columns_of_a_terminal() -> None:
    assert aligned([["class", "n"], ["お", "1"]]) == "class  n\nお     1"


def test_a_terminal_that_has_less_room_is_told_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_bp.cli.terminal.columns", lambda stream: 20)
    assert aligned([["name", "two", "one"], ["a", "x" * 9, "y" * 9], ["b", "z" * 9, "y" * 9]]) == (
        "name  two\na     xxxxxxxxx\nb     zzzzzzzzz\n\nno room for one: a wider terminal or `| less -S` shows all"
    )


def test_markdown_has_a_line_below_its_header() -> None:
    assert markdown([["a", "b"], ["1", "x|y"]]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |"


def test_csv_reads_back() -> None:
    rows = [["a", "b"], ["[50, 100]", 'said "no"\nand left']]
    assert list(csv.reader(io.StringIO(comma_separated(rows)))) == rows
    assert comma_separated([["a", "b"]]) == "a,b"


def test_a_cell_is_one_line_without_control_characters() -> None:
    assert aligned([["a\x07\nb"]]) == "a\\x07\\nb"
    assert markdown([["a\nb"]]).startswith("| a\\nb |\n")


def test_latex_has_the_rules_of_booktabs_and_numbers_flush_right() -> None:
    assert latex([["model.hidden", "test_loss", "n"], ["[50, 8]", "0.25 ± 0.01", "3"], ["", "", "0"]]) == (
        "% \\usepackage{booktabs}\n"
        "\\begin{tabular}{lrr}\n"
        "\\toprule\n"
        "model.hidden & test\\_loss & n \\\\\n"
        "\\midrule\n"
        "{[}50, 8{]} & 0.25 $\\pm$ 0.01 & 3 \\\\\n"
        " &  & 0 \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}"
    )


def test_what_latex_would_take_for_a_command_is_escaped() -> None:
    """The escapes are those of The Comprehensive LaTeX Symbol List, table 1; `[` after a row would be its distance."""
    row = latex([["x"], [r"\ _ % & # $ { } ~ ^ < > | [ ] *"]]).splitlines()[5]
    assert row == (
        r"\textbackslash{} \_ \% \& \# \$ \{ \} \textasciitilde{} \textasciicircum{}"
        r" \textless{} \textgreater{} \textbar{} {[} {]} {*} \\"
    )
    assert "\n\n" not in latex([["x"], ["a\n\nb"]])
