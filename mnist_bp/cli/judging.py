"""A judgement as text: a table of the classes, the confusion matrix, and the most confident errors."""

import sys

from mnist_bp.cli import terminal
from mnist_bp.cli.columns import aligned
from mnist_bp.cli.output import printable
from mnist_bp.cli.terminal import width
from mnist_bp.run.judgement import Judgement


def class_table(judgement: Judgement) -> str:
    """Return a row for each class; a score that is 0 / 0 is a dash."""
    rows = [["class", "examples", "precision", "recall", "F1"]]
    for score in judgement.scores():
        ratios = ("-" if ratio is None else f"{ratio:.4f}" for ratio in (score.precision, score.recall, score.f1))
        rows.append([score.name, str(score.examples), *ratios])
    return aligned(rows)


def confusion_matrix(judgement: Judgement) -> str:
    """Return a row for each true class and a column for each that was said; columns that a line cannot hold follow.

    Above the columns are the names of the classes, or their numbers where the names are too long for a line.
    """
    names, limit = [*map(printable, judgement.classes)], terminal.columns(sys.stdout) or terminal.USUAL
    heads, sides = names, names
    if (len(names) + 1) * (max(map(width, names)) + 1) > limit and max(map(width, names)) > 3:
        heads = [*map(str, range(len(names)))]
        sides = [f"{head} {name}" for head, name in zip(heads, names, strict=True)]
    cells = [[str(count) if count else "." for count in row] for row in judgement.confusion.tolist()]
    side = max(map(width, sides))
    column = max(width(cell) for row in [heads, *cells] for cell in row)
    column += 2 if side + len(names) * (column + 2) <= limit else 1
    step = max((limit - side) // column, 1)
    lines = ["rows: true class; columns: what was said"]
    for start in range(0, len(names), step):
        lines.append("")
        for name, row in zip(["", *sides], [heads, *cells], strict=True):
            line = name + " " * (side - width(name))
            lines.append(line + "".join(" " * (column - width(cell)) + cell for cell in row[start : start + step]))
    return "\n".join(lines)


def error_rows(judgement: Judgement, count: int) -> list[dict[str, float]]:
    """Return a row for each of the most confident errors, at most `count`, with classes as numbers.

    A single output has no number of its own for the true class.
    """
    kind, single = judgement.predictions.kind, judgement.predictions.numbers.shape[1] == 1
    return [
        {"index": wrong.index, "true": wrong.true, "said": wrong.said, kind: wrong.number}
        | ({} if single else {f"{kind}_of_true": wrong.number_of_true})
        for wrong in judgement.errors(count)
    ]


def error_table(judgement: Judgement, count: int) -> str:
    """Return the same as text, with classes by name."""
    if not (rows := error_rows(judgement, count)):
        return "no example is wrong"
    names = judgement.classes
    cells = [[key.replace("_", " ") for key in rows[0]]]
    for index, true, said, *numbers in (row.values() for row in rows):
        cells.append([str(index), names[int(true)], names[int(said)], *(f"{each:.4f}" for each in numbers)])
    return aligned(cells)
