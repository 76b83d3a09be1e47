"""`bp sweep prune`: which runs of a sweep to train for longer."""

import logging
import re
import shlex
from fractions import Fraction

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.sweep import gathering

log = logging.getLogger(__name__)


def _share(ctx: click.Context, option: click.Parameter, value: str) -> Fraction:
    """Return a share such as 1/3 or 0.33."""
    if re.fullmatch(r"[0-9]{1,9}/0*[1-9][0-9]{0,8}|[0-9]?\.?[0-9]{1,9}", value):
        share = Fraction(value)
        if 0 < share <= 1:
            return share
    raise click.BadParameter(f"expected a share above 0 and up to 1, such as 1/3 or 0.33; got {value}")


@click.command("prune")
@gathering.folder
@click.option(
    "--keep",
    default="1/3",
    show_default=True,
    callback=_share,
    metavar="SHARE",
    help="The share of the settings to keep.",
)
@gathering.metric
@click.option(
    "--epochs",
    type=click.IntRange(1),
    metavar="N",
    help="To how many epochs in all.  [default: those reached, divided by SHARE]",
)
@options.as_json
def command(folder: str, keep: Fraction, metric: str | None, epochs: int | None, as_json: bool) -> None:
    """Print the commands that train the best settings in DIR for longer.

    This is a round of successive halving (Jamieson & Talwalkar 2016): of the settings that were trained the longest,
    the best share, by their mean over seeds, goes on to as many times the epochs. Round by round, few settings get most
    of the training. While runs of a round are not finished, it prints the commands that finish them: to repeat the same
    command is always right.

    \b
    Examples:
        bp sweep prune sweeps/learning-rate | scripts/sweep.sh -
        bp sweep prune sweeps/learning-rate --keep 1/2 --epochs 20
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.config.schema import rule_of
    from mnist_bp.errors import BpError, Exit
    from mnist_bp.sweep import halving
    from mnist_bp.sweep import settings as table

    found = gathering.read(folder)
    asked, metric = metric, gathering.metric_to_choose_by(found.results, metric)
    rung = halving.top_rung(table.settings(found.results, metric), metric)
    if rung.damaged:
        message = "\n".join(gathering.shortened(f"{run.path}: damaged: {run.failure}" for run in rung.damaged))
        raise BpError(message, hint="what is deleted is missing, if plan.txt names it: it is then begun again")
    for line in gathering.shortened(f"{run.path}: failed: {run.failure}" for run in rung.failed):
        log.warning("%s", output.printable(line))
    planned = list(rung.unfinished(keep, epochs))
    unfinished, target, kept = bool(planned), rung.epochs, rung.settings
    if unfinished:
        log.warning("runs not finished yet: %d; these commands finish them; then prune again", len(planned))
    elif len(rung.going) == 1:
        kept = rung.going
        by = ["--metric", asked] if asked else []
        log.warning("one setting is left: %s", shlex.join(["bp", "sweep", "best", folder, *by]))
    else:
        target, kept = halving.target(rung.epochs, keep, epochs), rung.best(keep)
        if target <= rung.epochs:
            message = f"expected more epochs than were reached, {rung.epochs}; got {target}"
            raise BpError(message, code=Exit.USAGE, hint="--epochs says how many in all")
        try:
            rule_of("train.epochs").accept(target)
        except ValueError as error:
            raise BpError(f"train.epochs: expected {error}; got {target}", code=Exit.USAGE) from error
        planned = [(setting, run) for setting in kept for run in halving.continued(setting, target)]
    if not as_json:
        for _, run in planned:
            click.echo(run.command(resume=True))
        return
    output.as_json(
        {
            "metric": metric,
            "settings": len(rung.settings),
            "kept": len(kept),
            "epochs": {"reached": rung.epochs, "target": target},
            "unfinished": unfinished,
            "runs": [
                {
                    "run": str(run.out),
                    "seed": run.config.seed,
                    "mean": setting.mean(metric),
                    "command": run.command(resume=True),
                }
                for setting, run in planned
            ],
        }
    )
