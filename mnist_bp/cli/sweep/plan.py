"""`bp sweep plan`: a sweep as command lines."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.config import catalog
from mnist_bp.config.access import plain
from mnist_bp.sweep import folder as folders
from mnist_bp.sweep import plan, reader
from mnist_bp.sweep.plan import Planned


@click.command("plan")
@click.argument("sweep", type=options.Named("sweeps"), required=False)
@click.option(
    "--config",
    "base",
    type=options.Named("configs"),
    metavar="CONFIG",
    help="The base config, in place of the sweep's own.",
)
@click.option(
    "--set",
    "axes",
    type=options.Setting(),
    multiple=True,
    metavar="KEY=V1,V2,…",
    help="Vary one key, as in --set 'train.epochs=1,3' or --set 'train.epochs={from: 1, to: 9, step: 2}'. Repeatable.",
)
@click.option(
    "--seeds", type=options.Integer(1, 1_000_000), metavar="N", help="Run everything with the seeds 0 to N−1."
)
@click.option(
    "--out",
    type=options.GivenPath(),
    metavar="DIR",
    help="The folder of the runs.  [default: sweeps/ and SWEEP's name]",
)
@click.option("--missing", is_flag=True, help="Leave out the runs that are finished.")
@click.option("--save", is_flag=True, help="Also write the whole plan to DIR/plan.txt, which tells what is missing.")
@reports
def command(
    sweep: str | None,
    base: str | None,
    axes: tuple[str, ...],
    seeds: int | None,
    out: str | None,
    missing: bool,
    save: bool,
) -> Result:
    """Print the runs of a sweep, one `bp train` command per line.

    SWEEP is a YAML file with a base config and what varies (grid, random, seeds), or the name of a sweep in
    `bp config --list`. Each line stands for itself: it holds every key whose value differs from its default, and names
    its run directory by the hash of these keys. Run again, it does nothing if its run is finished, and continues it if
    it was interrupted. With --json, each line is an object.

    \b
    Examples:
        bp sweep plan learning-rate
        bp sweep plan learning-rate --missing
        bp sweep plan --config book --set 'train.learning_rate=0.1,1' --seeds 5
        bp sweep plan --config xor --seeds 3 | bp sweep run -
    """  # noqa: D301  # \b keeps click from joining the lines
    if sweep is not None:
        file = catalog.find_sweep(sweep)
    elif base is not None:
        file = catalog.find(base)
    else:
        raise click.UsageError("expected SWEEP, --config CONFIG, or both")
    folder = folders.folder_of(file) if out is None else Path(out)
    if not str(folder).isprintable():  # a line must be one line
        raise click.UsageError(f"--out: expected printable characters; got {str(folder)!r}")
    read = reader.load(file if sweep is not None else None, base, axes, seeds)
    if out is None:
        folders.require_own(folder, file)
    if save:
        right = plan.plan(read, folder)
        if out is None:
            folders.take(folder, file)
        plan.save(right, folder)
    runs = ((run, plan.unfinished(run) if missing else run) for run in plan.plan(read, folder))
    lines = ((run, run.command(resume=run is not planned)) for planned, run in runs if run is not None)
    return Result(_counted(line for _, line in lines), (_described(run, line) for run, line in lines), exact=True)


def _counted(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines; then tell a person how many there were."""
    count = 0
    for count, line in enumerate(lines, start=1):  # noqa: B007  # the last one is told
        yield line
    output.propose(f"runs: {count}; with `--save | bp sweep run -` added, the same command makes them")


def _described(run: Planned, line: str) -> dict[str, Any]:
    settings = {key: plain(value) for key, value in run.settings.items()}
    return {"run": str(run.out), "seed": run.config.seed, "set": settings, "command": line}
