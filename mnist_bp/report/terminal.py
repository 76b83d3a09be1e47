"""A plot as text: lines of braille dots, or of letters where only ASCII is to be had, and a legend below."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from mnist_bp.report.charts import Axis
from mnist_bp.report.plot import Line, Plot

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a braille character's dots, from top to bottom and from left to right."""
BRAILLE = 0x2800
ASCII: dict[str, str | int | None] = {"│": "|", "┤": "+", "└": "+", "┴": "+", "─": "-", "±": "+-"}
SIGNS = "".join([chr(BRAILLE), *ASCII])
COLOURS = (33, 208, 36, 175, 178, 75, 246)
"""Of a terminal's 256, those that stand out from black and from white, in the order of the figure's."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ROWS, ROWS_OF_SEVERAL = 15, 11
ALONG = 8  # letters on all lines of a panel together, about
ENDS = 6  # columns for the letters at the ends of lines

Cell = tuple[int, int]  # row and column
Grid = dict[Cell, tuple[str, int]]  # a character, and the number of its line


@dataclass(frozen=True)
class Style:
    """What a terminal can show, and in how many columns: braille or ASCII, with colours or without."""

    width: int = 80
    braille: bool = True
    colours: bool = False


def text(plot: Plot, style: Style) -> list[str]:
    """Return a plot as lines of text; where it has several labels, each kind of line has axes of its own."""
    several = len(plot.labels) > 1
    lines = []
    for kind in plot.kinds if several else [None]:
        shown = {
            (plot.labels.index(line.label) if several else plot.kinds.index(line.kind)): line
            for line in plot.lines
            if kind in (None, line.kind)
        }
        what = kind if kind and len(plot.kinds) > 1 else plot.y_label
        lines += [f"{what} over {plot.x_label}", *_panel(plot, shown, style), ""]
    legend, notes = _legend(plot), plot.notes
    if not style.braille:
        lines, legend, notes = ([_ascii(line) for line in each] for each in (lines, legend, notes))
    cut = [line if len(line) <= style.width else f"{line[: style.width - 3]}..." for line in legend]
    return [*lines, *cut, *(part for note in notes for part in textwrap.wrap(note, style.width))]


def _ascii(line: str) -> str:
    return line.translate(str.maketrans(ASCII))


def _panel(plot: Plot, lines: Mapping[int, Line], style: Style) -> Iterator[str]:
    """Yield axes with lines, by their numbers."""
    rows = ROWS if len(lines) == len(plot.lines) else ROWS_OF_SEVERAL
    wide, high = (2, 4) if style.braille else (1, 1)
    y = replace(plot.y, start=rows * high - 1, end=0)
    ticks = {round(place) // high: label for place, label in y.marks}
    margin = max(map(len, ticks.values()))
    columns = max(style.width - margin - 2 - ENDS, 10)
    x = replace(plot.x, start=0, end=columns * wide - 1)
    paths = {number: dots for number, line in lines.items() if (dots := _dots(line, x, y))}
    grid = _dotted(paths) if style.braille else _lettered(paths, LETTERS if len(lines) > 1 else "*")
    if len(lines) > 1:
        places = {number: [(row // high, column // wide) for row, column in path] for number, path in paths.items()}
        grid |= _ends(places) | (_upon(places) if style.braille else {})
    for row in range(rows):
        cells = [grid.get((row, column), (" ", None)) for column in range(columns + ENDS)]
        stretches = groupby(cells, key=lambda cell: cell[1])
        drawn = "".join(
            _coloured("".join(shown for shown, _ in stretch), number, style) for number, stretch in stretches
        ).rstrip()
        yield f"{ticks.get(row, ''):>{margin}} {'┤' if row in ticks else '│'}{drawn}"
    yield from _x_axis({round(place) // wide: label for place, label in x.marks}, columns, margin)


def _dots(line: Line, x: Axis, y: Axis) -> list[Cell]:
    """Return the dots that a line goes through, from left to right; what is not finite is a gap."""
    dots, before = [], None
    for at, value in zip(line.x, line.y, strict=True):
        here = (y(min(max(value, y.low), y.high)), x(at)) if math.isfinite(value) else None
        if here:
            (y0, x0), (y1, x1) = before or here, here
            steps = max(math.ceil(max(abs(x1 - x0), abs(y1 - y0))), 1)
            for step in range(steps + 1):
                dots.append((round(y0 + (y1 - y0) * step / steps), round(x0 + (x1 - x0) * step / steps)))
        before = here
    return dots


def _dotted(paths: Mapping[int, Sequence[Cell]]) -> Grid:
    """Return characters of braille; one that several lines go through has the dots of all, and is the first one's."""
    grid: Grid = {}
    for number, path in paths.items():
        for y, x in path:
            shown, owner = grid.get((y // 4, x // 2), (chr(BRAILLE), number))
            grid[y // 4, x // 2] = chr(ord(shown) | DOTS[y % 4][x % 2]), owner
    return grid


def _lettered(paths: Mapping[int, Sequence[Cell]], letters: str) -> Grid:
    """Return characters of ASCII; one that several lines go through is the first one's."""
    return {cell: (letters[number], number) for number, path in reversed([*paths.items()]) for cell in path}


def _ends(paths: Mapping[int, Sequence[Cell]]) -> Grid:
    """Return the letter of each line, behind its end."""
    grid: Grid = {}
    for number, path in paths.items():
        row, column = path[-1]
        column += 1
        while (row, column) in grid:
            column += 1
        grid[row, column] = LETTERS[number], number
    return grid


def _upon(paths: Mapping[int, Sequence[Cell]]) -> Grid:
    """Return the letter of each line, here and there upon it: each at another place."""
    turns = max(ALONG // len(paths), 1)
    grid: Grid = {}
    for place, (number, path) in enumerate(paths.items()):
        for turn in range(turns):
            part = (turn + (place + 0.5) / len(paths)) / turns
            grid.setdefault(path[int(len(path) * part)], (LETTERS[number], number))
    return grid


def _coloured(shown: str, number: int | None, style: Style) -> str:
    if not style.colours or number is None:
        return shown
    return f"\x1b[38;5;{COLOURS[number % len(COLOURS)]}m{shown}\x1b[0m"


def _x_axis(ticks: Mapping[int, str], columns: int, margin: int) -> list[str]:
    line = "".join("┴" if column in ticks else "─" for column in range(columns))
    labels = ""
    for column, label in ticks.items():
        start = max(column - len(label) // 2, 0)
        if start > len(labels) or not labels:
            labels = labels.ljust(start) + label
    return [f"{'':{margin}} └{line}", f"{'':{margin}}  {labels}"]


def _legend(plot: Plot) -> list[str]:
    """Return what the letters stand for, with the values at the ends of the lines."""
    last = {(line.label, line.kind): line.last for line in plot.lines}
    if len(plot.labels) > 1:
        rows = [[*(last.get((label, kind), "") for kind in plot.kinds), label] for label in plot.labels]
    else:
        rows = [[end, kind] for (_, kind), end in last.items()]
    if len(rows) > 1:
        rows = [[letter, *row] for letter, row in zip(LETTERS, rows, strict=False)]
    if any(last.values()):
        heads = plot.kinds if len(plot.labels) > 1 else ["last"]
        rows.insert(0, [*[""] * (len(rows) > 1), *heads, ""])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    padded = ([f"{cell:{wide}}" for cell, wide in zip(cells, widths, strict=True) if wide] for *cells, _ in rows)
    return ["  ".join([*cells, name]).rstrip() for cells, (*_, name) in zip(padded, rows, strict=True)]
