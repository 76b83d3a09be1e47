"""Rows of cells, the first one a header, as text: aligned, Markdown or CSV."""

import csv
import io
import unicodedata
from collections.abc import Sequence

from mnist_bp.cli.output import printable

Rows = Sequence[Sequence[str]]


def aligned(rows: Rows) -> str:
    """Return the rows with two spaces between columns as wide as their widest cell; a cell is one printable line."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)) for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for each of the wide letters of East Asia."""
    return len(text) + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def markdown(rows: Rows) -> str:
    """Return the rows as a table of GitHub Flavored Markdown."""
    header, *body = [[printable(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *body])


def comma_separated(rows: Rows) -> str:
    """Return the rows as CSV (RFC 4180), with the line ends of the other files here."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().rstrip("\n")
