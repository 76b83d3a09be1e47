"""Tables that are too wide for a terminal: headers and cells are broken, and columns that tell little left out."""

import re
from collections.abc import Sequence

from mnist_bp.cli.terminal import width

Cells = Sequence[Sequence[str]]
Table = list[list[list[str]]]
"""By row and column, the pieces of a cell: between these, it may be broken."""

GAP, INDENT = "  ", "    "
SHORT = 16  # columns that a cell may take before it is broken
NARROW = 3  # columns that are no use to leave out
IN_HEADER = re.compile(r"(?<=[-._,/ ])(?=[^-._,/ ])")
IN_CELL = [re.compile(rf"(?<={end})(?=\S)") for end in ("  ", "[,;] ", " ")]


def folded(
    cells: Cells, limit: int, least: Sequence[str] | None = None, *, named: bool = True
) -> tuple[list[list[str]], list[str]]:
    """Return the lines of each row, of at most `limit` columns of a terminal, and the headers of columns left out.

    If `named`, the first column has names, which stay whole; long ones get lines of their own. `least` are the headers
    of the columns that may be left out, the first one first; where the others have too little room still, a row takes
    more lines. None: any column may be left out, first those whose cells are all alike, then those further right.
    """
    header = [IN_HEADER.split(cell) for cell in cells[0]]
    whole = [header, *([[cell] for cell in row] for row in cells[1:])]
    if _total(_least(whole)) <= limit:
        return _lines(whole, limit), []
    if named and len(header) > 1 and max(width(row[0]) for row in cells) > limit // 3:
        below, left_out = folded([row[1:] for row in cells], limit - len(INDENT), least, named=False)
        parts = zip(cells, below, strict=True)
        return [[name, *(INDENT + line for line in lines)] for (name, *_), lines in parts], left_out
    first = [[name] if named else _pieces(name) for name, *_ in cells[1:]]
    table = [header, *([name, *map(_pieces, row[1:])] for name, row in zip(first, cells[1:], strict=True))]
    shown = _telling(table, limit) if least is None else _without(table, [*map(cells[0].index, least)], limit)
    left_out = [name for column, name in enumerate(cells[0]) if column not in shown]
    return _side_by_side([[row[column] for column in shown] for row in table], limit), left_out


def _pieces(cell: str) -> list[str]:
    """Return the parts of a list, or else the words of a text; short cells and a mean with its deviation are whole."""
    ends = next((ends for ends in IN_CELL if ends.search(cell)), None)
    return ends.split(cell) if ends and width(cell) > SHORT and "±" not in cell else [cell]


def _telling(table: Table, limit: int) -> list[int]:
    """Return the first column and as many others as fit: the very narrow, those with different cells, the leftmost."""
    least = _least(table)
    alike = [all(cell == column[0] for cell in column) for column in zip(*table[1:], strict=True)]
    shown = [0]
    for column in sorted(range(1, len(least)), key=lambda each: (least[each] > NARROW, alike[each])):
        if _total([least[each] for each in [*shown, column]]) <= limit:
            shown.append(column)
    return sorted(shown)


def _without(table: Table, dispensable: Sequence[int], limit: int) -> list[int]:
    """Return the columns without as many of the dispensable ones, the first one first, as there is no room for."""
    least, shown = _least(table), [*range(len(table[0]))]
    for column in dispensable:
        if _total([least[each] for each in shown]) > limit:
            shown.remove(column)
    return shown


def _side_by_side(table: Table, limit: int) -> list[list[str]]:
    """Return the lines of each row; columns for which there is no room beside the others follow below, indented."""
    least, first = _least(table), 1
    while first < len(least) and _total(least[: first + 1]) <= limit:
        first += 1
    rows = _lines([row[:first] for row in table], limit)
    if first == len(least):
        return rows
    below = _side_by_side([row[first:] for row in table], limit - len(INDENT))
    return [[*lines, *(INDENT + line for line in more)] for lines, more in zip(rows, below, strict=True)]


def _least(table: Table) -> list[int]:
    """Return the width of each column if all that can be broken is."""
    return [max(width(piece.rstrip()) for cell in column for piece in cell) for column in zip(*table, strict=True)]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _lines(table: Table, limit: int) -> list[list[str]]:
    """Return the lines of each row; the widest columns become narrower until all have room."""
    widths = [max(width("".join(cell)) for cell in column) for column in zip(*table, strict=True)]
    least = _least(table)
    while _total(widths) > limit and widths != least:
        shrinkable = [column for column in range(len(widths)) if widths[column] > least[column]]
        widths[max(shrinkable, key=widths.__getitem__)] -= 1
    broken = [[_broken(cell, wide) for cell, wide in zip(row, widths, strict=True)] for row in table]
    widths = [max(width(line) for cell in column for line in cell) for column in zip(*broken, strict=True)]
    rows = []
    for number, row in enumerate(broken):
        high = max(map(len, row))
        padded = [[""] * (high - len(cell)) + cell if number == 0 else cell + [""] * (high - len(cell)) for cell in row]
        rows.append([line(cells, widths) for cells in zip(*padded, strict=True)])
    return rows


def _broken(pieces: Sequence[str], wide: int) -> list[str]:
    """Return lines of pieces, as many in each as there is room for."""
    lines = [""]
    for piece in pieces:
        if lines[-1] and width((lines[-1] + piece).rstrip()) > wide:
            lines.append("")
        lines[-1] += piece
    return [each.rstrip() for each in lines]


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return cells side by side, in columns of these widths."""
    return GAP.join(cell + " " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True)).rstrip()
