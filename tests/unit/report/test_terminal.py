"""Tests for plots as text."""

import math
import re

import pytest

from mnist_bp.report.charts import Axis, epoch_axis
from mnist_bp.report.plot import Line, Plot
from mnist_bp.report.terminal import SIGNS, Style, text

ANSI = re.compile(r"\x1b\[[\d;]*m")
STYLES = [Style(80, braille, colours) for braille in (True, False) for colours in (True, False)]


def plotted(lines: list[Line], *notes: str, y: Axis | None = None) -> Plot:
    epochs = sorted({int(x) for line in lines for x in line.x})
    return Plot(lines, epoch_axis(epochs), y or Axis(0, 1, 0, 1, [0, 0.5, 1]), "epochs", "accuracy", [*notes])


def settings(count: int, name: str = "s") -> list[Line]:
    """Return lines of train and test of settings, each of which ends at another height."""
    return [
        Line(f"{name}{number}", kind, (1, 2, 3), (0.1, 0.2, number / count), last="0.5000 ± 0.1000")
        for kind in ("train acc", "test acc")
        for number in range(count)
    ]


def test_a_line_goes_from_corner_to_corner_of_axes_with_numbers() -> None:
    line = Line("run", "train acc", (1, 2, 3), (1.0, 0.5, 0.0), last="0.0000")
    assert text(plotted([line], "a note"), Style(26, braille=False)) == [
        "accuracy over epochs",
        *(f"{ {0: '1.0 +', 7: '0.5 +', 14: '0.0 +'}.get(row, '    |') }{' ' * row}*" for row in range(15)),
        "    ++------+------+",
        "     1      2      3",
        "",
        "last",
        "0.0000  train acc",
        "a note",
    ]
    braille = text(plotted([line]), Style(26))
    assert braille[1] == "1.0 ┤⢣"  # dots 1 and 2 left, 6 and 7 below
    assert [row.index(row.strip()[-1]) for row in braille[1:16]] == [5 + row for row in range(15)]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [1, 3, 9, 24])
def test_lines_are_told_apart_without_colours_within_the_width(style: Style, count: int) -> None:
    lines = text(plotted(settings(count, "long " * 30), "many words " * 30), style)
    plain = [ANSI.sub("", line) for line in lines]
    assert max(map(len, plain)) <= style.width
    assert (lines != plain) is style.colours
    drawn = "".join(plain[1 : plain.index("")])
    letters = "abcdefghijklmnopqrstuvwx"[: count if count > 1 else 0]
    ends = [f"{letter}  0.5000" for letter in letters]
    assert all(sum(line.startswith(end) for line in plain) == 1 for end in ends)
    if count < 24:  # which cannot all be upon their lines
        assert all(drawn.count(letter) >= 2 for letter in letters)
    if not style.braille:
        assert "".join(plain).isascii()


def test_train_and_test_of_several_settings_have_axes_of_their_own() -> None:
    lines = text(plotted(settings(3)), Style())
    assert [line for line in lines if line.endswith("over epochs")] == ["train acc over epochs", "test acc over epochs"]
    assert lines[-4].split() == ["train", "acc", "test", "acc"]
    assert lines[-3].split() == ["a", *["0.5000", "±", "0.1000"] * 2, "s0"]


def test_gaps_single_epochs_and_values_beyond_the_axes_break_nothing() -> None:
    gap = Line("run", "train loss", (1, 2, 3, 4, 5), (math.nan, 1.0, math.nan, 1e300, -1.0))
    lines = text(plotted([gap]), Style(26, braille=False))
    assert [line.count("*") for line in lines[1:16]] == [2, *[1] * 14]
    nothing = Line("other", "train loss", (1,), (math.nan,))
    log = Axis(0.01, 1, 0, 1, [0.01, 0.1, 1], log=True)
    for style in STYLES:
        assert text(plotted([nothing], y=log), style)
        assert text(plotted([nothing, gap], y=log), style)


def test_the_signs_are_all_that_is_drawn_beside_letters() -> None:
    signs = {char for line in text(plotted(settings(9)), Style()) for char in line if not char.isascii()}
    assert {char for char in signs if not 0x2800 < ord(char) < 0x2900} <= {*SIGNS}
