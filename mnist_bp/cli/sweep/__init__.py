"""`bp sweep`: many runs, planned as command lines, made, and gathered as a table."""

import click

from mnist_bp.cli.lazy import LazyGroup


@click.command(
    "sweep", cls=LazyGroup, package=__name__, names=("run", "plan", "table", "best", "metrics", "prune", "script")
)
def command() -> None:
    """Plan many runs, make them, and gather their results.

    A sweep is a list of `bp train` command lines, one per run: `bp sweep run` makes the runs, and so does whatever else
    runs command lines, such as xargs, GNU parallel or Slurm.

    \b
    Examples:
        bp sweep plan learning-rate
        bp sweep run learning-rate
        bp sweep table sweeps/learning-rate
    """  # noqa: D301  # \b keeps click from joining the lines
