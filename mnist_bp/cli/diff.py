"""`bp diff`: how two runs differ."""

from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import columns, options, output

if TYPE_CHECKING:
    from mnist_bp.run.outcome import Result


@click.command("diff")
@click.argument("first", metavar="RUN", type=click.Path())
@click.argument("second", metavar="RUN", type=click.Path())
@options.as_json
def command(first: str, second: str, as_json: bool) -> None:
    """Compare two runs: what was set, and what it came to.

    Shown are the keys in which the configs of the run directories differ, and both outcomes; of a run that is not
    finished, as far as it has come.

    \b
    Examples:
        bp diff runs/book runs/book-relu
        bp diff runs/book runs/book-2 --json
    """  # noqa: D301  # \b keeps click from joining the lines
    from pathlib import Path

    from mnist_bp import config as configs
    from mnist_bp.run import outcome
    from mnist_bp.sweep import settings as table

    runs = [outcome.read(Path(path)) for path in (first, second)]
    outcomes = [_outcome(run) for run in runs]
    keys = list(configs.differences(runs[0].config, runs[1].config))
    if as_json:
        plain = [table.plain(run.config, keys) for run in runs]
        differences = {key: [values[key] for values in plain] for key in keys}
        output.as_json({"runs": [first, second], "differences": differences, "outcomes": outcomes})
        return
    if not keys:
        click.echo("the configs are equal")
    rows = [["", first, second]]
    rows += [list(row) for row in zip(keys, *(table.values(run.config, keys) for run in runs), strict=True)]
    rows += [["", "", ""]] if keys else []
    rows += [[key, *(_shown(outcome[key]) for outcome in outcomes)] for key in outcomes[0]]
    click.echo(columns.aligned(rows), nl=False)
    for run in runs:
        if run.state == "failed":
            click.echo("\n" + output.printable(f"{run.path} failed: {run.failure}"))


def _outcome(run: "Result") -> dict[str, Any]:
    """Return state, position, time and metrics of a run."""
    from mnist_bp.run.directory import Run
    from mnist_bp.sweep.metrics import METRICS

    records = Run(run.path).records()
    last = records[-1] if records else None
    return {
        "state": run.state,
        "epochs": last.epoch if last else 0,
        "steps": last.step if last else 0,
        "seconds": round(sum(record.seconds for record in records), 3),
        **{metric: getattr(last, metric, None) for metric in METRICS},
    }


def _shown(value: object) -> str:
    return "" if value is None else str(value)
