"""`bp train`: from a config to a run directory."""

import math
import time
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import options, output

if TYPE_CHECKING:
    from mnist_bp.config import Config
    from mnist_bp.run.directory import Run
    from mnist_bp.run.execution import TrainingRun


def _no_nan(ctx: click.Context, option: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is not a number from 0 to 1.")
    return value


@click.command("train")
@click.option(
    "--config",
    "config_file",
    type=click.Path(),
    metavar="FILE",
    help="YAML file that describes the run; see the folder configs/. May be left out if --out is given.",
)
@options.overrides
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Short for --set seed=N.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="The run directory.  [default: runs/ and the config's name, numbered if that is taken]",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Continue the last run of that name instead of a new one; with --out, let the run's length be another.",
)
@click.option(
    "--target-accuracy",
    type=click.FloatRange(0, 1),
    callback=_no_nan,
    metavar="X",
    help="Exit 3 if the test accuracy ends below X.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@options.as_json
def command(
    config_file: str | None,
    overrides: tuple[str, ...],
    seed: int | None,
    out: str | None,
    resume: bool,
    target_accuracy: float | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train the network that a config describes.

    The run directory gets config.yaml, env.json, metrics.csv (one row per epoch), checkpoint.npz and, at the end,
    summary.json. Ctrl-C, SIGTERM and SIGUSR1 save a checkpoint and exit 130, 143 and 138; the same command with
    --resume continues from there, as it does after any other end of the process.

    With --out, it does so without --resume too: a command may be repeated until it exits 0, and leaves alone what is
    finished. Two processes never write one run directory: the second one exits 1.

    \b
    Examples:
        bp train --config configs/quickstart.yaml
        bp train --config configs/book.yaml --out runs/mine --seed 1
        bp train --config configs/book.yaml --out runs/mine --seed 1 --set train.epochs=20 --resume
        bp train --config configs/mnist.yaml --set model.hidden=[100,100]
        bp train --set train.learning_rate=0.5 --out runs/defaults-but-one
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import config as configs
    from mnist_bp.errors import Exit
    from mnist_bp.run.directory import Run

    place: Run | str  # or the config file, after which a new run is named
    if out is not None:
        place = Run(out)
    elif config_file is not None:
        place = Run.last(config_file) if resume else config_file
    else:
        raise click.UsageError("Missing option '--config', or '--out' for a run of the defaults.")
    config = configs.load(config_file, [*overrides, *([f"seed={seed}"] if seed is not None else [])])
    run, summary = _finished(place, config, resume=resume, quiet=quiet)
    if as_json:
        output.as_json({"run": str(run.path), **summary})
    else:
        click.echo(
            f"test accuracy {summary['test_accuracy']}  loss {summary['test_loss']:.6g}  "
            f"at epoch {summary['epochs']}, step {summary['steps']}, after {summary['seconds']:.1f} s"
        )
        click.echo(f"run directory {run.path}")
    if target_accuracy is not None and summary["test_accuracy"] < target_accuracy:
        output.fail(f"test accuracy {summary['test_accuracy']} is below the target of {target_accuracy}")
        raise click.exceptions.Exit(Exit.TARGET_MISSED)


def _finished(place: "Run | str", config: "Config", *, resume: bool, quiet: bool) -> "tuple[Run, dict[str, Any]]":
    """Take a run from where it stands to its end, unless it is there; return it and its summary."""
    from mnist_bp import machine
    from mnist_bp.progress import silent
    from mnist_bp.run.claim import Claim
    from mnist_bp.run.directory import Run

    if isinstance(place, Run):
        place.require_place_for(config, resume=resume)
        if summary := place.summary_of(config):
            if not quiet:
                click.echo(f"{place.path}: already finished; left as it is", err=True)
            return place, summary
    machine.limit_threads(config.train.threads)

    from mnist_bp import build
    from mnist_bp.run.execution import TrainingRun

    dataset = build.dataset(config.data, silent if quiet else output.bar)
    trainer = build.trainer(config, dataset)
    run = place if isinstance(place, Run) else Run.new(place)
    with Claim(run.path) as claim:
        run = Run(run.path, check=claim.require)
        run.require_place_for(config, resume=resume)  # which from here on no other process changes
        summary = run.summary_of(config) or _train(TrainingRun(run, config, dataset, trainer), quiet=quiet)
    return run, summary


def _train(training: "TrainingRun", *, quiet: bool) -> dict[str, Any]:
    """Take a run from where it stands to its end; return its summary."""
    from mnist_bp.cli.interruption import Interruption
    from mnist_bp.cli.training_display import TrainingDisplay
    from mnist_bp.errors import BpError
    from mnist_bp.run.execution import CONTINUE
    from mnist_bp.train.trainer import DivergenceError

    trainer, seconds = training.trainer, training.config.train.checkpoint_seconds
    training.start()
    if training.saved and not quiet:
        click.echo(f"{training.run.path}: continuing from step {training.saved} of {trainer.steps}", err=True)

    with Interruption() as interruption, TrainingDisplay(trainer, quiet=quiet) as display:
        next_save = time.monotonic() + seconds

        def pause() -> bool:
            display.step()
            return interruption.code is not None or time.monotonic() >= next_save

        try:
            with training.noting_failure():
                for record in trainer.run(pause):
                    training.save(record)
                    next_save = time.monotonic() + seconds
                    if record:
                        display.epoch(record)
                    if interruption.code is not None and not trainer.finished:
                        message = f"interrupted at step {training.saved} of {trainer.steps}; checkpoint saved"
                        raise BpError(message, code=interruption.code, hint=CONTINUE)
        except DivergenceError as error:
            hint = "a new run with a smaller train.learning_rate, or with train.clip_norm, may go further"
            raise BpError(f"{error}; {training.last_good}", hint=hint) from error

    return training.finish()
