"""`bp eval`: how good a run's network is."""

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports


@click.command("eval")
@click.argument("run", type=options.GivenPath())
@click.option(
    "--split",
    type=click.Choice(["test", "train", "validation"]),
    default="test",
    show_default=True,
    help="Which examples to measure on.",
)
@options.overrides
@reports
def command(run: str, split: str, overrides: tuple[str, ...]) -> Result:
    """Measure accuracy and loss of a run.

    RUN is a run directory. --set changes keys of the section data, and so measures the network on another data set.

    \b
    Examples:
        bp eval runs/mnist
        bp eval runs/mnist --split train --json
        bp eval runs/quickstart --set data.name=mnist
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.run.measuring import measure

    found = measure(run, split, overrides, output.bar)
    text = f"{split} accuracy {found.accuracy}  loss {found.loss:.6g}  ({found.examples} examples of {found.data})"
    return Result(text, vars(found))
