"""`bp train`: from a config to a run directory."""

import math
import shlex
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.errors import Exit

if TYPE_CHECKING:
    from mnist_bp.config import Config
    from mnist_bp.run.execution import Finished

FAR = 2  # times the loss of guessing: a network that learns nothing for other reasons stays below


def _no_nan(ctx: click.Context, option: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is not a number from 0 to 1.")
    return value


@click.command("train")
@click.argument("config", type=options.Named("configs"), required=False)
@options.config("The same as CONFIG.")
@options.overrides()
@click.option("--seed", type=options.Integer(0), metavar="N", help="Short for --set seed=N.")
@click.option(
    "--out",
    type=options.GivenPath(),
    metavar="DIR",
    help="The run directory.  [default: runs/ and the config's name, numbered if that is taken]",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Continue the last run of that name instead of a new one; with --out, also allow another number of epochs.",
)
@click.option(
    "--target-accuracy",
    type=click.FloatRange(0, 1),
    callback=_no_nan,
    metavar="X",
    help="Exit 3 if the test accuracy ends below X.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@reports
def command(
    config: str | None,
    config_file: str | None,
    overrides: tuple[str, ...],
    seed: int | None,
    out: str | None,
    resume: bool,
    target_accuracy: float | None,
    quiet: bool,
) -> Result:
    """Train the network that a config describes.

    CONFIG is the name of a config in `bp config --list`, or a YAML file. It may be left out if --out is given.

    The run directory gets config.yaml, env.json, metrics.csv (one row per epoch), checkpoint.npz and, at the end,
    summary.json. Ctrl-C, SIGTERM and SIGUSR1 save a checkpoint, exit 130, 143 and 138, and print the command that
    continues the run: bp train --config DIR/config.yaml --out DIR. It works after a crash, too.

    A command with --out may be repeated until it exits 0: it continues a run that was interrupted, and leaves a
    finished one alone. If another process is writing the run directory, it exits 1.

    \b
    Examples:
        bp train quickstart
        bp train mnist
        bp train mnist --out runs/mine --seed 1
        bp train mnist --out runs/mine --seed 1 --set train.epochs=20 --resume
        bp train book-relu --set 'model.hidden=[100,100]'
        bp train --set train.learning_rate=0.5 --out runs/defaults-but-one
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import config as configs
    from mnist_bp.cli.interruption import Interruption
    from mnist_bp.cli.training_display import TrainingDisplay
    from mnist_bp.progress import silent
    from mnist_bp.run import naming, standing
    from mnist_bp.run.execution import execute

    if config is not None and config_file is not None:
        raise click.UsageError("expected either CONFIG or --config CONFIG; got both")
    given = config or config_file
    name = naming.name_of(given) if given is not None else None
    if out is not None:
        path: Path | None = Path(out)
    elif name is not None:
        path = naming.last(name) if resume else None
    else:
        raise click.UsageError(
            "expected a CONFIG, such as quickstart; or --out DIR alone, to train with the default settings"
        )
    described = configs.load(given, [*overrides, *([f"seed={seed}"] if seed is not None else [])])
    if path is None and name is not None and not quiet and (before := standing.interrupted(name, described)):
        output.advise(before)
    finished = execute(
        described,
        path,
        name,
        resume=resume,
        stopping=Interruption(),
        display=partial(TrainingDisplay, quiet=quiet),
        progress=silent if quiet else output.bar,
        loaded=click.get_current_context().obj,  # by bp sweep run
    )
    if finished.before and not quiet:
        click.echo(f"{finished.path}: already finished; left as it is", err=True)
    summary = finished.summary
    accuracy = summary["test_accuracy"]
    epochs = f"epoch {summary['epochs']}"
    if "best_epoch" in summary:
        epochs = f"epoch {summary['best_epoch']}, the best of {summary['epochs']}"
    text = (
        f"test accuracy {accuracy}  loss {summary['test_loss']:.6g}  "
        f"at {epochs}, step {summary['steps']}, after {summary['seconds']:.1f} s\n{_early_end(described, summary)}"
        f"run directory {finished.path}"
    )
    data = {"run": str(finished.path), **summary}
    advice = _usual_reasons(finished, described) if finished.at_chance and not quiet else []
    if target_accuracy is not None and accuracy < target_accuracy:
        error = f"test accuracy {accuracy} is below the target of {target_accuracy}"
        return Result(text, data, Exit.TARGET_MISSED, error, advice=advice)
    following = "" if quiet else f"bp report {shlex.quote(str(finished.path))} (or bp eval, bp gradcheck)"
    return Result(text, data, advice=advice, following=following)


def _early_end(config: "Config", summary: Mapping[str, Any]) -> str:
    """Return that patience has ended the run, if it has, as a line."""
    train = config.train
    if train.patience is None or summary["epochs"] == train.epochs or summary["steps"] == train.max_steps:
        return ""
    return f"ended after epoch {summary['epochs']} by train.patience={train.patience}\n"


def _usual_reasons(finished: "Finished", config: "Config") -> list[str]:
    """Return that an accuracy is chance, and why networks usually learn nothing.

    A cross-entropy that is far above that of guessing, -ln of chance, comes of too large steps.
    """
    accuracy, loss = finished.summary["test_accuracy"], finished.summary["train_loss"]
    reasons = ["train.learning_rate too high or too low", "too few steps"]
    if "cross_entropy" in config.model.loss and loss > -FAR * math.log(finished.chance):
        reasons = [f"train.learning_rate too high (train loss {loss:.6g})"]
    elif config.model.init in ("normal", "zeros"):
        reasons.insert(1, "unsuitable initial weights (try model.init=xavier or he)")
    return [
        f"test accuracy {accuracy} is chance: always answering the most frequent class is right about as often or more",
        f"usual reasons: {'; '.join(reasons)}",
    ]
