"""`bp sweep`: many runs, planned as command lines and gathered as a table."""

import click

from mnist_bp.cli.lazy import LazyGroup


@click.command("sweep", cls=LazyGroup, package=__name__, names=("plan", "table", "best", "metrics", "prune", "script"))
def command() -> None:
    """Plan many runs, and gather their results.

    A sweep is a list of `bp train` command lines, one per run, for whatever runs command lines: a shell, xargs, GNU
    parallel, Slurm.

    \b
    Examples:
        bp sweep plan learning-rate
        bp sweep script sweep.sh > sweep.sh
        bash sweep.sh learning-rate
        bp sweep table sweeps/learning-rate
    """  # noqa: D301  # \b keeps click from joining the lines
