"""`bp eval`: how good a run's network is, and what it says of each example."""

from pathlib import Path

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import AS_JSON, Result, reports
from mnist_bp.errors import BpError, Exit


@click.command("eval")
@click.argument("run", type=options.GivenPath())
@click.option(
    "--split",
    type=click.Choice(["test", "train", "validation"]),
    default="test",
    show_default=True,
    help="Which examples to measure on.",
)
@click.option(
    "--predictions",
    type=options.GivenPath(),
    metavar="FILE",
    help="Write label, prediction and probabilities of each example to a CSV file; - is stdout.",
)
@options.overrides
@reports
def command(run: str, split: str, predictions: str | None, overrides: tuple[str, ...]) -> Result:
    """Measure accuracy and loss of a run.

    RUN is a run directory. --set changes keys of the section data, and so measures the network on another data set.

    \b
    Examples:
        bp eval runs/mnist
        bp eval runs/mnist --split train --json
        bp eval runs/quickstart --set data.name=mnist
        bp eval runs/mnist --predictions predictions.csv
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.run.directory import Run
    from mnist_bp.run.measuring import measure
    from mnist_bp.run.predictions import require_free

    if predictions == "-" and click.get_current_context().meta[AS_JSON]:
        raise BpError("--predictions -: expected a file, as --json takes stdout; got stdout", code=Exit.USAGE)
    file = Path(predictions) if predictions and predictions != "-" else None
    if file:
        require_free(file, Run(run))
    measured = measure(run, split, overrides, output.bar)
    found, predicted = measured.measurement, measured.predictions
    text = f"{split} accuracy {found.accuracy}  loss {found.loss:.6g}  ({found.examples} examples of {found.data})"
    if file:
        predicted.save(file)
    elif predictions:
        click.echo(output.printable(text), err=True)
        return Result(predicted.lines(), {})
    return Result(text, vars(found))
