"""`bp plot`: curves of runs, or activation functions, as a figure or in the terminal."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mnist_bp.cli import options, output, pictures
from mnist_bp.cli import terminal as screen
from mnist_bp.cli.result import AS_JSON, Result, reports
from mnist_bp.train.records import METRICS

FUNCTIONS = ("identity", "leaky_relu", "relu", "sigmoid", "softplus", "step", "tanh")

WIDEST = 120  # columns of a terminal, where it has more


@click.command("plot")
@click.argument("runs", metavar="[RUN]...", type=options.Folder(), nargs=-1)
@click.option(
    "--metric",
    type=options.Choice(["accuracy", "loss", *METRICS]),
    metavar="METRIC",
    help="Draw loss or accuracy, of train and test, on an axis of its own range; or one of train, validation or test "
    "alone, as in train_loss.",
)
@click.option(
    "--function",
    "functions",
    type=options.Choice(FUNCTIONS),
    multiple=True,
    metavar="NAME",
    help=f"Draw an activation function and its slope: {', '.join(FUNCTIONS)}. Repeatable.",
)
@options.out(
    "Write a figure, FILE.svg, FILE.png or FILE.pdf. Without this option, draw in the terminal.", ".svg", ".png", ".pdf"
)
@reports
def command(runs: tuple[str, ...], metric: str | None, functions: tuple[str, ...], file: Path | None) -> Result:
    """Draw curves of runs, or activation functions.

    RUN is a run directory, or a folder of runs, as a sweep's. The curves are the accuracies on the training set and,
    dashed, on the test set over the epochs; of runs that differ in nothing but their seed, mean and standard deviation.

    \b
    Examples:
        bp plot runs/quickstart
        bp plot runs/quickstart --metric loss
        bp plot runs/mnist runs/book-relu -o accuracy.svg
        bp plot runs --metric train_loss -o loss.pdf
        bp plot --function sigmoid --function relu -o functions.png
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.report import figure, plot, terminal
    from mnist_bp.report.gathering import gather
    from mnist_bp.run import files

    if bool(runs) == bool(functions):
        raise click.UsageError("expected either run directories or --function")
    if functions and metric:
        raise click.UsageError("--metric: expected runs; got --function")
    if file:
        files.require_replaceable(file)
        figure.require_matplotlib()
    data: dict[str, Any]
    if functions:
        shown = plot.of_functions(functions)
        data = {
            "functions": [{"name": line.label, "kind": line.kind, "x": line.x, "y": line.y} for line in shown.lines]
        }
    else:
        gathered = gather(runs, output.bar)
        shown = plot.of_runs(gathered, metric)
        gathered.warn()
        data = {"curves": [asdict(curve) for curve in plot.measured(gathered, metric)], "aside": gathered.aside}
    if file:
        files.save(file, figure.drawn(shown, file.suffix.lower()))
        return Result(f"{file}", data)
    if not click.get_current_context().meta[AS_JSON]:
        width = min(screen.room(sys.stdout), WIDEST)
        style = terminal.Style(width, braille=pictures.holds(terminal.SIGNS), colours=screen.coloured(sys.stdout))
        for line in terminal.text(shown, style):
            click.echo(line)
    return Result([], data)
