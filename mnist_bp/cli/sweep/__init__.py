"""`bp sweep`: many runs, planned as command lines and gathered as a table."""

import click

from mnist_bp.cli.lazy import LazyGroup


@click.command("sweep", cls=LazyGroup, package=__name__, names=("plan", "table", "best", "prune"))
def command() -> None:
    """Plan many runs, and gather their results.

    A sweep is a list of `bp train` command lines, one per run, for whatever runs command lines: a shell, xargs, GNU
    parallel, Slurm.

    \b
    Example:
        bp sweep plan configs/sweeps/learning-rate.yaml
        scripts/sweep.sh configs/sweeps/learning-rate.yaml
        bp sweep table sweeps/learning-rate
    """  # noqa: D301  # \b keeps click from joining the lines
