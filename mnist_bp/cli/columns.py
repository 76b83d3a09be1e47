"""Rows of cells, the first one a header, as text: aligned, Markdown, LaTeX or CSV."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence

from mnist_bp.cli.output import printable

Rows = Sequence[Sequence[str]]

NUMERIC = re.compile(r"[0-9]|$")  # so begins a number, or nothing
LATEX = {
    **{each: f"\\{each}" for each in "_%&#${}"}, **{each: f"{{{each}}}" for each in "[]*"},
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "±": r"$\pm$",
}  # fmt: skip


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


def latex(rows: Rows) -> str:
    """Return the rows as a tabular with the rules of the package booktabs; columns of numbers are flush right."""
    header, *body = [[_in_latex(printable(cell)) for cell in row] for row in rows]
    kinds = ["r" if all(map(NUMERIC.match, column)) else "l" for column in zip(*body, strict=True)]
    head, *lines = [f"{' & '.join(row)} \\\\" for row in [header, *body]]
    return "\n".join([
        r"% \usepackage{booktabs}", rf"\begin{{tabular}}{{{''.join(kinds)}}}",
        r"\toprule", head, r"\midrule", *lines, r"\bottomrule", r"\end{tabular}",
    ])  # fmt: skip


def _in_latex(cell: str) -> str:
    """Return a cell as LaTeX shows it as it is; `[` or `*` would belong to the end of the row before."""
    return "".join(LATEX.get(character, character) for character in cell)


def comma_separated(rows: Rows) -> str:
    """Return the rows as CSV (RFC 4180), with the line ends of the other files here."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().rstrip("\n")
