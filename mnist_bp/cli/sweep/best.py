"""`bp sweep best`: which run of a sweep to go on with."""

import logging
from collections.abc import Sequence

import click

from mnist_bp.cli.result import Result, reports
from mnist_bp.cli.sweep import gathering
from mnist_bp.errors import BpError
from mnist_bp.sweep.settings import Setting, differing, order, plain, settings

log = logging.getLogger(__name__)


@click.command("best")
@gathering.folder
@gathering.metric
@reports
def command(folder: str, metric: str | None) -> Result:
    """Print the run directory of the best run in DIR.

    That is, of the setting (a config without its seed) with the best mean, the run with the best value.

    \b
    Examples:
        bp sweep best sweeps/learning-rate
        bp eval "$(bp sweep best sweeps/learning-rate)"
        bp sweep best sweeps/learning-rate --metric validation_loss --json
    """  # noqa: D301  # \b keeps click from joining the lines
    found = gathering.read(folder)
    metric = gathering.metric_to_choose_by(found.results, metric)
    ranked = settings(found.results, metric)
    best = ranked[0]
    mean = best.mean(metric)
    if mean is None:
        raise BpError(f"{folder}: expected a finished run that measured {metric}; got none")
    _warn(ranked)
    run = min(best.which("finished"), key=lambda run: order(getattr(run.kept, metric), metric))
    data = {
        "run": str(run.path),
        "config": plain(best.config, differing(ranked)),
        "seed": run.config.seed,
        "metric": metric,
        "value": getattr(run.kept, metric),
        "mean": mean,
        "sd": best.deviation(metric),
        "n": len(best.which("finished")),
    }
    return Result(str(run.path), data, exact=True)


def _warn(settings: Sequence[Setting]) -> None:
    """Warn if the first setting has not all of its seeds, or fewer than another one: it may have been lucky."""
    if apart := gathering.not_counted(settings[0]):
        log.warning("seeds of the best setting that are not counted: %s", apart)
    counts = [len(setting.which("finished")) for setting in settings]
    if counts[0] < max(counts):
        log.warning("finished seeds of the best setting: %d; of another one: %d", counts[0], max(counts))
