"""`bp eval`: how good a run's network is, where it is wrong, and what it says of each example."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import AS_JSON, Result, reports
from mnist_bp.errors import BpError, Exit

if TYPE_CHECKING:
    from mnist_bp.run.measuring import Measured

log = logging.getLogger(__name__)

MISTAKES = 40  # on a sheet, unless --errors says otherwise


@click.command("eval")
@click.argument("runs", metavar="RUN...", type=options.Folder(), nargs=-1, required=True)
@click.option(
    "--split",
    type=options.Choice(["test", "train", "validation"]),
    default="test",
    show_default=True,
    metavar="SPLIT",
    help="Which examples to measure on: test, train or validation.",
)
@click.option("--confusion", is_flag=True, help="Show how often each class was taken for each other.")
@click.option(
    "--errors", type=options.Integer(min=1), metavar="N", help="List the N examples that are most confidently wrong."
)
@click.option(
    "--mistakes",
    type=options.OutFile(".png"),
    metavar="FILE.png",
    help=f"Draw them on a contact sheet: N of --errors, or {MISTAKES}.",
)
@click.option(
    "--predictions",
    type=options.GivenPath(),
    metavar="FILE",
    help="Write label, prediction and probabilities of each example to a CSV file; - is stdout.",
)
@click.option("--committee", is_flag=True, help="Measure the mean of the probabilities of several runs, too.")
@options.overrides("data.name=fashion-mnist")
@reports
def command(
    runs: tuple[str, ...],
    split: str,
    confusion: bool,
    errors: int | None,
    mistakes: Path | None,
    predictions: str | None,
    committee: bool,
    overrides: tuple[str, ...],
) -> Result:
    """Measure accuracy and loss of a run, or of several.

    RUN is a run directory. --set changes keys of the section data, and so measures the network on another data set.
    Several runs get a row each; with --committee, the options for one run are about all of them together.

    \b
    Examples:
        bp eval runs/mnist
        bp eval runs/mnist --split train --json
        bp eval runs/mnist --confusion --errors 10 --mistakes mistakes.png
        bp eval runs/mnist --predictions predictions.csv
        bp eval runs/quickstart --set data.name=mnist
        bp eval runs/mnist runs/mine --committee
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.run import files
    from mnist_bp.run.directory import Run
    from mnist_bp.run.measuring import measure
    from mnist_bp.run.predictions import require_free
    from mnist_bp.run.standing import unfinished

    if predictions == "-" and click.get_current_context().meta[AS_JSON]:
        raise BpError("--predictions -: expected a file, as --json takes stdout; got stdout", code=Exit.USAGE)
    chosen = {"--confusion": confusion, "--errors": errors, "--mistakes": mistakes, "--predictions": predictions}
    _require_sense(runs, committee, [option for option, value in chosen.items() if value])
    table = Path(predictions) if predictions and predictions != "-" else None
    if table:
        for run in runs:
            require_free(table, Run(run))
    if mistakes:
        files.require_replaceable(mistakes)

    members = (measure(run, split, overrides, output.bar) for run in runs)
    text, data, subject = _several(members, committee) if len(runs) > 1 else _one(next(members))
    advice = [note for run in runs if (note := unfinished(run))]
    if subject:
        details, more = _details(subject, confusion, errors)
        text += details
        (data["committee"] if committee else data).update(more)
        written = [mistakes] if mistakes and _drawn(subject, mistakes, errors or MISTAKES) else []
        if table:
            subject.predictions.save(table)
            written.append(table)
        text += ["", *(output.printable(f"written to {path}") for path in written)] if written else []
        if predictions and not table:
            for line in text:
                click.echo(output.printable(line), err=True)
            return Result(subject.predictions.lines(), {}, advice=advice)
    return Result(text, data, advice=advice)


def _require_sense(runs: Sequence[str], committee: bool, chosen: Sequence[str]) -> None:
    """Raise BpError (exit 2) for options that do not go together."""
    if committee and len(runs) == 1:
        raise BpError(f"--committee: expected several runs; got {runs[0]} alone", code=Exit.USAGE)
    if len(runs) > 1 and chosen and not committee:
        raise BpError(
            f"{chosen[0]}: expected one run; got {len(runs)}",
            code=Exit.USAGE,
            hint="with --committee, it is about the mean of their probabilities",
        )


def _one(measured: "Measured") -> tuple[list[str], dict[str, Any], "Measured"]:
    """Return what is always said of a run, as text and as data, and the run."""
    from mnist_bp.cli.judging import class_table

    found = measured.measurement
    of = f"({found.examples} examples of {found.data})"
    headline = f"{found.split} accuracy {found.accuracy}  loss {found.loss:.6g}  {of}"
    return [headline, "", *class_table(measured.judgement).split("\n")], _about(measured), measured


def _several(members: Iterable["Measured"], committee: bool) -> tuple[list[str], dict[str, Any], "Measured | None"]:
    """Return a row for each, text and data, and the committee, if there is to be one."""
    from mnist_bp.cli.columns import aligned
    from mnist_bp.run.committee import Committee

    rows, runs, everyone = [["run", "accuracy", "loss", "examples"]], [], Committee()

    def count_in(measured: "Measured") -> None:
        found = measured.measurement
        rows.append([found.run, str(found.accuracy), f"{found.loss:.6g}", f"{found.examples} of {found.data}"])

    for member in members:  # one after the other, as each holds its data set
        if committee:
            everyone.add(member)
        count_in(member)
        runs.append(_about(member))
    data: dict[str, Any] = {"runs": runs}
    together = everyone.measured() if committee else None
    if together:
        count_in(together)
        data["committee"] = _about(together)
    return aligned(rows).split("\n"), data, together


def _about(measured: "Measured") -> dict[str, Any]:
    return {**vars(measured.measurement), "classes": [vars(score) for score in measured.judgement.scores()]}


def _details(measured: "Measured", confusion: bool, errors: int | None) -> tuple[list[str], dict[str, Any]]:
    """Return what was asked for of the confusion matrix and the errors, as text and as data."""
    from mnist_bp.cli.judging import confusion_matrix, error_rows, error_table

    judgement = measured.judgement
    lines: list[str] = []
    data: dict[str, Any] = {}
    if confusion:
        lines += ["", *confusion_matrix(judgement).split("\n")]
        data["confusion"] = judgement.confusion.tolist()
    if errors:
        lines += ["", *error_table(judgement, errors).split("\n")]
        data["errors"] = error_rows(judgement, errors)
    return lines, data


def _drawn(measured: "Measured", path: Path, count: int) -> bool:
    """Draw the mistakes, if there are any."""
    from mnist_bp.report.mistakes import mistakes
    from mnist_bp.run import files

    if content := mistakes(measured, count):
        files.save(path, content)
    else:
        log.warning("%s: not written, as no example is wrong", path)
    return bool(content)
