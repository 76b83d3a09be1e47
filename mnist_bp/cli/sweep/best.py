"""`bp sweep best`: which run of a sweep to go on with."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.sweep import gathering

if TYPE_CHECKING:
    from mnist_bp.sweep.settings import Setting

log = logging.getLogger(__name__)


@click.command("best")
@gathering.folder
@gathering.metric
@options.as_json
def command(folder: str, metric: str | None, as_json: bool) -> None:
    """Print the run directory of the best run in DIR.

    That is, of the setting (a config but for its seed) with the best mean, the run with the best value.

    \b
    Examples:
        bp sweep best sweeps/learning-rate
        bp eval $(bp sweep best sweeps/learning-rate)
        bp sweep best sweeps/learning-rate --metric validation_loss --json
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.errors import BpError
    from mnist_bp.sweep import settings as table
    from mnist_bp.sweep.metrics import order

    found = gathering.read(folder)
    metric = gathering.metric_to_choose_by(found.results, metric)
    settings = table.settings(found.results, metric)
    setting = settings[0]
    mean = setting.mean(metric)
    if mean is None:
        raise BpError(f"{folder}: expected a finished run that measured {metric}; got none")
    _warn(settings)
    run = min(setting.which("finished"), key=lambda run: order(getattr(run.last, metric), metric))
    if not as_json:
        click.echo(str(run.path))
        return
    output.as_json(
        {
            "run": str(run.path),
            "config": table.plain(setting.config, table.differing(settings)),
            "seed": run.config.seed,
            "metric": metric,
            "value": getattr(run.last, metric),
            "mean": mean,
            "sd": setting.deviation(metric),
            "n": len(setting.which("finished")),
        }
    )


def _warn(settings: "Sequence[Setting]") -> None:
    """Warn if the first setting has not all of its seeds, or fewer than another one: it may have been lucky."""
    if apart := gathering.not_counted(settings[0]):
        log.warning("seeds of the best setting that are not counted: %s", apart)
    counts = [len(setting.which("finished")) for setting in settings]
    if counts[0] < max(counts):
        log.warning("finished seeds of the best setting: %d; of another one: %d", counts[0], max(counts))
