"""`bp train`: from a config to a run directory."""

from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import options, output

if TYPE_CHECKING:
    from mnist_bp.config import Config
    from mnist_bp.runs import Run


@click.command("train")
@options.config_file
@options.overrides
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Short for --set seed=N.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="The run directory.  [default: runs/ and the config's name, numbered if that is taken]",
)
@click.option("--resume", is_flag=True, help="Continue the run in the run directory; begin it if there is none.")
@click.option(
    "--target-accuracy",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Exit 3 if the test accuracy ends below X.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@options.as_json
def command(
    config_file: str,
    overrides: tuple[str, ...],
    seed: int | None,
    out: str | None,
    resume: bool,
    target_accuracy: float | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train the network that a config describes.

    The run directory gets config.yaml, env.json, metrics.csv (a row an epoch), checkpoint.npz and, at the end,
    summary.json. Ctrl-C saves a checkpoint and exits 130; the same command with --resume goes on from there.

    \b
    Examples:
        bp train --config configs/quickstart.yaml
        bp train --config configs/book.yaml --out runs/mine --seed 1
        bp train --config configs/mnist.yaml --set model.hidden=[100,100]
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import config as configs
    from mnist_bp import environment, runs
    from mnist_bp.errors import Exit

    config = configs.load(config_file, [*overrides, *([f"seed={seed}"] if seed is not None else [])])
    run = runs.Run(out or runs.directory(config_file, resume=resume))
    run.require_place_for(config, resume=resume)
    environment.limit_threads(config.train.threads)
    summary = run.summary() if run.exists and not configs.differences(run.config(), config) else None
    if summary is None:
        summary = _train(run, config, quiet=quiet)
    elif not quiet:
        click.echo(f"{run.path}: finished before; left alone", err=True)
    if as_json:
        output.as_json(summary)
    else:
        click.echo(
            f"test accuracy {summary['test_accuracy']}  loss {summary['test_loss']:.6g}  "
            f"after {summary['epochs']} epochs, {summary['steps']} steps, {summary['seconds']:.1f} s"
        )
        click.echo(f"run directory {run.path}")
    if target_accuracy is not None and summary["test_accuracy"] < target_accuracy:
        output.fail(f"test accuracy {summary['test_accuracy']} is below the target of {target_accuracy}")
        raise click.exceptions.Exit(Exit.TARGET_MISSED)


def _train(run: "Run", config: "Config", *, quiet: bool) -> dict[str, Any]:
    """Take the run from where it stands to its end, and return its summary."""
    from mnist_bp import build, checkpoint, environment
    from mnist_bp.cli.interruption import Interruption
    from mnist_bp.cli.training_display import TrainingDisplay
    from mnist_bp.errors import BpError, Exit
    from mnist_bp.progress import silent

    dataset = build.dataset(config.data, silent if quiet else output.bar)
    trainer = build.trainer(config, dataset)
    network, position = trainer.network, trainer.position
    if run.checkpoint.exists():
        checkpoint.load(run.checkpoint, network, position)
    if position.step > trainer.steps:
        message = f"{run.path}: already at step {position.step}; expected to end at {trainer.steps}"
        raise BpError(message, code=Exit.USAGE, hint="ask for more train.epochs or train.max_steps")
    data = {"name": dataset.name, "train": len(dataset.train), "test": len(dataset.test)}
    run.begin(config, environment.describe() | {"data": data | {"fingerprint": dataset.fingerprint}})
    run.keep_records(lambda record: record.step <= position.step and trainer.ends_row(record.step))

    with Interruption() as interruption, TrainingDisplay(trainer, quiet=quiet) as display:

        def after_step() -> bool:
            display.step()
            return interruption.signal is not None

        for record in trainer.run(after_step):
            run.append(record)
            checkpoint.save(run.checkpoint, network, position)
            display.epoch(record)
    if not trainer.finished:
        checkpoint.save(run.checkpoint, network, position)
        raise BpError(
            f"interrupted at step {position.step} of {trainer.steps}; checkpoint saved",
            code=Exit(128 + (interruption.signal or 0)),
            hint="the same command with --resume goes on from there",
        )

    records = run.records()
    last = records[-1]
    summary = {
        "epochs": last.epoch,
        "steps": last.step,
        "seconds": round(sum(record.seconds for record in records), 3),
        "parameters": network.parameters.size,
        "train_loss": last.train_loss,
        "train_accuracy": last.train_accuracy,
        "validation_loss": last.validation_loss,
        "validation_accuracy": last.validation_accuracy,
        "test_loss": last.test_loss,
        "test_accuracy": last.test_accuracy,
    }
    run.finish(summary)
    return summary
