"""`bp eval`: how good a run's network is."""

import click

from mnist_bp.cli import options, output


@click.command("eval")
@click.argument("run", type=click.Path())
@click.option(
    "--split",
    type=click.Choice(["test", "train", "validation"]),
    default="test",
    show_default=True,
    help="Which examples to measure on.",
)
@options.overrides
@options.as_json
def command(run: str, split: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Measure accuracy and loss of a run.

    RUN is a run directory. --set changes keys of the section data, and so measures the network on another data set.

    \b
    Examples:
        bp eval runs/mnist
        bp eval runs/mnist --split train --json
        bp eval runs/quickstart --set data.name=mnist
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import machine
    from mnist_bp.errors import BpError, Exit
    from mnist_bp.run.directory import Run

    for override in overrides:
        if not override.strip().startswith("data.") or override.strip().startswith("data.validation"):
            message = (
                f"--set {override}: expected a key of section data, but for data.validation: the rest is the run's"
            )
            raise BpError(message, code=Exit.USAGE)
    opened = Run(run)
    own, config = opened.config().data, opened.config(overrides)
    if own.name == config.data.name == "plane" and own.seed != config.data.seed:
        raise BpError(
            "data.seed: expected the run's, as another would test on points that it was trained on", code=Exit.USAGE
        )
    machine.limit_threads(config.train.threads)

    from mnist_bp import build
    from mnist_bp.train.evaluation import evaluate

    dataset = build.dataset(config.data, output.bar)
    examples = {"train": dataset.train, "test": dataset.test, "validation": dataset.validation}[split]
    if examples is None:
        raise BpError("--split validation: the run has none, as data.validation is 0", code=Exit.USAGE)
    network = build.trained(opened, config, dataset)
    loss, accuracy = evaluate(network, examples)
    about = {
        "run": run,
        "data": dataset.name,
        "split": split,
        "examples": len(examples),
        "accuracy": accuracy,
        "loss": loss,
    }
    if as_json:
        output.as_json(about)
    else:
        click.echo(f"{split} accuracy {accuracy}  loss {loss:.6g}  ({len(examples)} examples of {dataset.name})")
