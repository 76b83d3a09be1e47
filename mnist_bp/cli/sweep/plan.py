"""`bp sweep plan`: a sweep as command lines."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mnist_bp.sweep.plan import Planned


@click.command("plan")
@click.argument("sweep", type=click.Path(), required=False)
@click.option(
    "--config", "base", type=click.Path(), metavar="FILE", help="The base config, in place of the sweep's own."
)
@click.option(
    "--set",
    "axes",
    multiple=True,
    metavar="KEY=V1,V2,…",
    help="Vary one key, as in --set train.epochs=1,3 or --set 'train.epochs={from: 1, to: 9, step: 2}'. Repeatable.",
)
@click.option("--seeds", type=click.IntRange(1, 1_000_000), metavar="N", help="Run everything with the seeds 0 to N−1.")
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="The folder of the runs.  [default: sweeps/ and SWEEP's name]"
)
@click.option("--missing", is_flag=True, help="Leave out the runs that are finished.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per line instead of a command.")
def command(
    sweep: str | None,
    base: str | None,
    axes: tuple[str, ...],
    seeds: int | None,
    out: str | None,
    missing: bool,
    as_json: bool,
) -> None:
    """Print the runs of a sweep, one `bp train` command per line.

    SWEEP is a YAML file with a base config and what varies: grid, random, seeds. Each line stands for itself: it holds
    every key that has not its default, and names its run directory by the hash of its effective config. Run again, it
    does nothing if its run is finished, and continues it if it was interrupted.

    \b
    Examples:
        bp sweep plan configs/sweeps/learning-rate.yaml
        bp sweep plan --config configs/book.yaml --set train.learning_rate=0.01,0.1,1 --seeds 5
        bp sweep plan configs/sweeps/width.yaml --missing | xargs -P 2 -d '\\n' -n 1 sh -c
    """  # noqa: D301  # \b keeps click from joining the lines
    import json
    import sys
    from dataclasses import asdict
    from pathlib import Path

    from mnist_bp.sweep import plan, reader

    name = sweep if sweep is not None else base
    if name is None:
        raise click.UsageError("expected SWEEP, --config FILE, or both.")
    folder = Path(out) if out is not None else Path("sweeps", Path(name).stem)
    if not str(folder).isprintable():  # a line must be one line
        raise click.UsageError(f"--out: expected printable characters; got {str(folder)!r}.")
    for planned in plan.plan(reader.load(Path(sweep) if sweep is not None else None, base, axes, seeds), folder):
        run = _unfinished(planned) if missing else planned
        if run is None:
            continue
        line = run.command(resume=run is not planned)
        if as_json:
            about = {"run": str(run.out), "seed": run.config.seed, "set": run.settings, "command": line}
            line = json.dumps(about, default=asdict)
        sys.stdout.write(f"{line}\n")  # click.echo would flush each


def _unfinished(planned: "Planned") -> "Planned | None":
    """Return a planned run unless it is finished; one that goes on to another length, as what it is now."""
    from dataclasses import replace

    from mnist_bp import config as configs
    from mnist_bp.errors import BpError
    from mnist_bp.run import outcome

    if not planned.out.exists():
        return planned
    try:
        run = outcome.read(planned.out)
    except (BpError, OSError):
        return planned
    if run.state == "finished":
        return None
    same_run = not configs.forbidden_changes(planned.config, run.config)
    if same_run and not configs.has_same_length(planned.config, run.config):
        return replace(planned, config=run.config)
    return planned
