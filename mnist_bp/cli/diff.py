"""`bp diff`: how two runs differ."""

from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import columns, options
from mnist_bp.cli.output import printable
from mnist_bp.cli.result import Result, reports

if TYPE_CHECKING:
    from mnist_bp.run.outcome import Outcome


@click.command("diff")
@click.argument("first", metavar="RUN", type=options.Folder())
@click.argument("second", metavar="RUN", type=options.Folder())
@reports
def command(first: str, second: str) -> Result:
    """Compare two runs: their settings and their results.

    Shown are the keys in which the configs of the run directories differ, and both outcomes; of a run that is not
    finished, as far as it has come. With --json, losses and accuracies have all their digits.

    \b
    Examples:
        bp diff runs/mnist runs/mine
        bp diff runs/mnist runs/book-relu --json
    """  # noqa: D301  # \b keeps click from joining the lines
    from pathlib import Path

    from mnist_bp import config as configs
    from mnist_bp.run import outcome
    from mnist_bp.sweep import settings

    runs = [outcome.read(Path(path)) for path in (first, second)]
    outcomes = [_described(run) for run in runs]
    keys = list(configs.changes(runs[0].config, runs[1].config))
    rows = [["", first, second]]
    rows += [list(row) for row in zip(keys, *(settings.values(run.config, keys) for run in runs), strict=True)]
    rows += [["", "", ""]] if keys else []
    facts = dict.fromkeys(key for each in outcomes for key in each)
    told = [[key, *(_shown(key, each[key]) if key in each else "" for each in outcomes)] for key in facts]
    rows += [row for row in told if any(row[1:])]
    lines = [*([] if keys else ["the configs are equal"]), columns.aligned(rows)]
    lines += [f"\n{run.path} failed: {printable(run.failure)}" for run in runs if run.state == "failed"]
    plain = [settings.plain(run.config, keys) for run in runs]
    differences = {key: [values[key] for values in plain] for key in keys}
    return Result("\n".join(lines), {"runs": [first, second], "differences": differences, "outcomes": outcomes})


def _shown(key: str, value: Any) -> str:
    """Return a value for a reader, with as many digits as in a table; nothing for what was not measured."""
    from mnist_bp.sweep.settings import rounded
    from mnist_bp.train.records import METRICS

    if key in METRICS:
        return rounded(key, value)
    return f"{value:.1f}" if key == "seconds" else str(value)


def _described(run: "Outcome") -> dict[str, Any]:
    """Return state, position, time and metrics of a run."""
    from mnist_bp.run.directory import Run
    from mnist_bp.train.records import METRICS

    records, kept = Run(run.path).metrics.rows(), Run(run.path).kept(run.config)
    last = records[-1] if records else None
    return {
        "state": run.state,
        "epochs": last.epoch if last else 0,
        "steps": last.step if last else 0,
        "seconds": round(sum(record.seconds for record in records), 3),
        **({"best_epoch": kept.epoch} if kept and run.config.train.keep == "best" else {}),
        **(kept.metrics if kept else dict.fromkeys(METRICS)),
    }
