"""`bp sweep prune`: which runs of a sweep to train for longer."""

import logging
import shlex
from fractions import Fraction
from pathlib import Path

import click

from mnist_bp.cli import options
from mnist_bp.cli.result import Result, reports
from mnist_bp.cli.sweep import gathering
from mnist_bp.sweep import halving
from mnist_bp.sweep.settings import shortened

log = logging.getLogger(__name__)


@click.command("prune")
@gathering.folder
@click.option(
    "--keep",
    default="1/3",
    show_default=True,
    type=options.Share(),
    metavar="SHARE",
    help="The share of the settings to keep.",
)
@gathering.metric
@click.option(
    "--epochs",
    type=options.Integer(1),
    metavar="N",
    help="To how many epochs in all.  [default: those reached, divided by SHARE]",
)
@reports
def command(folder: str, keep: Fraction, metric: str | None, epochs: int | None) -> Result:
    """Print the commands that train the best settings in DIR for longer.

    This is a round of successive halving (Jamieson & Talwalkar 2016): the best share of the settings, by their mean
    over seeds, goes on to as many times the epochs, and as many times train.max_steps if that is set. Round by round,
    few settings get most of the training. The rounds are written down in DIR/rounds.json. While runs of a round are not
    finished, the commands that finish them are printed: to repeat the same command is always right.

    \b
    Examples:
        bp sweep prune sweeps/learning-rate | bp sweep run -
        bp sweep prune sweeps/learning-rate --keep 1/2 --epochs 20
    """  # noqa: D301  # \b keeps click from joining the lines
    found = gathering.read(folder)
    asked, metric = metric, gathering.metric_to_choose_by(found.results, metric)
    step = halving.step(Path(folder), found.results, metric, keep, epochs)
    for line in shortened(f"{run.path}: failed: {run.failure}" for run in step.failed):
        log.warning("%s", line)
    if step.under_way:
        log.warning("runs not finished yet: %d; these commands finish them; then prune again", len(step.todo))
        if step.metric != metric:
            log.warning("they were chosen by %s; options count again once they are finished", step.metric)
    elif not step.todo:
        by = ["--metric", asked] if asked else []
        log.warning("one setting is left: %s", shlex.join(["bp", "sweep", "best", folder, *by]))
    lines = [run.command(resume=True) for _, run in step.todo]
    data = {
        "metric": step.metric,
        "settings": len(step.competing),
        "kept": len(step.kept),
        "epochs": {"reached": step.reached, "target": step.target},
        "unfinished": step.under_way,
        "runs": [
            {"run": str(run.out), "seed": run.config.seed, "mean": setting.mean(step.metric), "command": line}
            for (setting, run), line in zip(step.todo, lines, strict=True)
        ],
    }
    return Result(iter(lines), data, exact=True)
