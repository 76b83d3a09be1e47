"""Gathering the runs of a folder, as several commands do: their arguments, and how they say what does not count."""

import logging
from pathlib import Path

import click

from mnist_bp.cli import options, output
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.outcome import Outcome, State
from mnist_bp.sweep import results
from mnist_bp.sweep.results import Results
from mnist_bp.sweep.settings import Setting, shortened, usual_metric
from mnist_bp.train.records import METRICS

NOT_COUNTED: tuple[State, ...] = ("failed", "unfinished", "damaged", "missing")

log = logging.getLogger(__name__)

folder = click.argument("folder", metavar="DIR", type=options.Folder())
metric = click.option(
    "--metric",
    type=options.Choice(METRICS),
    metavar="METRIC",
    help="What to compare by: loss or accuracy of train, validation or test, as in test_loss.  "
    "[default: validation_accuracy if every finished run measured it, else test_accuracy]",
)


def read(folder: str) -> Results:
    """Read the runs of a folder, and warn of what is skipped; raises BpError (exit 2) if there is none."""
    found = results.read(Path(folder), output.bar)
    for message in shortened([f"skipped {message}" for message in found.skipped]):
        log.warning("%s", message)
    if not found.results:
        message = f"{folder}: expected run directories in it; got none"
        raise BpError(message, code=Exit.USAGE, hint=results.meant(Path(folder)))
    return found


def metric_to_choose_by(results: list[Outcome], asked: str | None) -> str:
    """Return the metric asked for, or the usual one; warn if the choice is made on the test set, which biases it."""
    metric = asked or usual_metric(results)
    if metric.startswith("test"):
        log.warning(
            "chosen by %s: the test set then no longer tells how good the choice is; hold out data.validation", metric
        )
    return metric


def not_counted(setting: Setting) -> str:
    """Return the seeds of a setting that are not finished, by what became of them; empty if all are."""
    parts = []
    for state in NOT_COUNTED:
        if seeds := setting.seeds(state):
            parts.append(f"{state}: {', '.join(shortened(map(str, seeds)))}")
    return "; ".join(parts)
