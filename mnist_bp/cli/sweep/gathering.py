"""Gathering the runs of a folder, as several commands do: their arguments, and how they say what does not count."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mnist_bp.cli import output
from mnist_bp.sweep.metrics import METRICS

if TYPE_CHECKING:
    from mnist_bp.run.outcome import Result, State
    from mnist_bp.sweep.results import Results
    from mnist_bp.sweep.settings import Setting

SHOWN = 20  # lines of a kind, before the rest is only counted
NOT_COUNTED: "tuple[State, ...]" = ("failed", "unfinished", "damaged", "missing")

log = logging.getLogger(__name__)

folder = click.argument("folder", metavar="DIR", type=click.Path())
metric = click.option(
    "--metric",
    type=click.Choice(METRICS),
    metavar="METRIC",
    help="What to compare by: loss or accuracy of train, validation or test, as in test_loss.  "
    "[default: validation_accuracy if every finished run measured it, else test_accuracy]",
)


def read(folder: str) -> "Results":
    """Read the runs of a folder, and warn of what is skipped; raises BpError (exit 2) if there is none."""
    from mnist_bp.errors import BpError, Exit
    from mnist_bp.sweep import results

    found = results.read(Path(folder), output.bar)
    for message in shortened([f"skipped {message}" for message in found.skipped]):
        log.warning("%s", output.printable(message))
    if not found.results:
        raise BpError(f"{folder}: expected run directories in it; got none", code=Exit.USAGE)
    return found


def metric_to_choose_by(results: "list[Result]", asked: str | None) -> str:
    """Return the metric asked for, or the usual one; warn if the choice is made on the test set, which biases it."""
    from mnist_bp.sweep.settings import usual_metric

    metric = asked or usual_metric(results)
    if metric.startswith("test"):
        log.warning(
            "chosen by %s: the test set then no longer tells how good the choice is; hold out data.validation", metric
        )
    return metric


def not_counted(setting: "Setting") -> str:
    """Return the seeds of a setting that are not finished, by what became of them; empty if all are."""
    parts = []
    for state in NOT_COUNTED:
        if seeds := setting.seeds(state):
            parts.append(f"{state}: {', '.join(shortened(map(str, seeds)))}")
    return "; ".join(parts)


def shortened(lines: Iterable[str]) -> list[str]:
    """Return the first lines, and how many more there are."""
    lines = list(lines)
    return [*lines[:SHOWN], *([f"... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else [])]
