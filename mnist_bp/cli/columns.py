"""Rows of cells, the first one a header, as text: aligned, Markdown, LaTeX or CSV."""

import csv
import io
import re
import sys
from collections.abc import Sequence

from mnist_bp.cli import folding, terminal
from mnist_bp.cli.output import printable
from mnist_bp.cli.terminal import width

Rows = Sequence[Sequence[str]]

NUMERIC = re.compile(r"[0-9]|$")  # so begins a number, or nothing
LATEX = {
    **{each: f"\\{each}" for each in "_%&#${}"}, **{each: f"{{{each}}}" for each in "[]*"},
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "±": r"$\pm$",
}  # fmt: skip


def aligned(rows: Rows, least: Sequence[str] | None = None) -> str:
    """Return the rows with two spaces between columns as wide as their widest cell; a cell is one printable line.

    Where a terminal has less room, rows are folded, and a line below says which columns are left out, if any are: of
    those with a header in `least`, the first one first, or of all but the first, which then has names.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    lines = [folding.line(row, widths) for row in cells]
    limit = terminal.columns(sys.stdout)
    if limit is not None and max(map(width, lines)) > limit:
        folded, left_out = folding.folded(cells, limit, least, named=least is None)
        lines = [line for row in folded for line in row]
        if left_out:
            lines += ["", f"no room for {', '.join(left_out)}: a wider terminal or `| less -S` shows all"]
    return "\n".join(lines)


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
