"""`bp gradcheck`: whether backprop computes the gradient of the loss."""

from dataclasses import asdict
from typing import Any

import click

from mnist_bp.cli import options, output


@click.command("gradcheck")
@click.argument("run", type=click.Path(), required=False)
@click.option("--config", "config_file", type=click.Path(), metavar="FILE", help="Check a new network.")
@options.overrides
@click.option(
    "--mode",
    type=click.Choice(["full", "sample", "directional"]),
    default="sample",
    show_default=True,
    help="Compare every parameter, 100 parameters of each tensor, or 10 random directions in each tensor.",
)
@click.option(
    "--oracle",
    type=click.Choice(["numerical"]),
    default="numerical",
    show_default=True,
    help="What backprop is compared with: central differences of the loss.",
)
@options.as_json
def command(
    run: str | None, config_file: str | None, overrides: tuple[str, ...], mode: str, oracle: str, as_json: bool
) -> None:
    """Compare backprop with finite differences.

    Both are computed in float64, on one mini-batch of training examples: for a new network with --config FILE, for a
    trained one with its run directory RUN. Exits 1 if any derivative disagrees.

    \b
    Examples:
        bp gradcheck --config configs/quickstart.yaml
        bp gradcheck runs/quickstart --mode full --json
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import config as configs
    from mnist_bp import environment
    from mnist_bp.errors import Exit
    from mnist_bp.runs import Run

    if (run is None) == (config_file is None):
        raise click.UsageError("Give either --config FILE or a run directory.")
    config = Run(run).config(overrides) if run is not None else configs.load(config_file, overrides)
    environment.limit_threads(config.train.threads)

    import numpy as np

    from mnist_bp import build, checkpoint
    from mnist_bp.batches import Batches
    from mnist_bp.nn import gradcheck
    from mnist_bp.trainer import Position

    dataset = build.dataset(config.data, output.bar)
    network = build.network(config, dataset.train.x.shape[1], dataset.classes)
    if run is not None:
        checkpoint.load(Run(run).checkpoint, network, Position())
    x, t = next(Batches(dataset.train, config.train.batch_size, "float64", seed=config.seed).epoch(1))
    network, rng = network.copy("float64"), np.random.default_rng(config.seed)
    with output.bar("checking", gradcheck.probes(network, mode), "derivative") as advance:
        checks = list(gradcheck.check(network, x, t, mode=mode, rng=rng, advance=advance))
    report = {
        "verdict": "PASS" if all(check.passed for check in checks) else "FAIL",
        "mode": mode,
        "oracle": oracle,
        "batch": len(t),
        "checked": sum(check.checked for check in checks),
        "kinks": sum(check.kinks for check in checks),
        "max_abs": max(check.max_abs for check in checks),
        "max_rel": max(check.max_rel for check in checks),
        "atol": checks[0].atol,
        "rtol": gradcheck.RTOL,
        "tensors": [asdict(check) | {"verdict": "PASS" if check.passed else "FAIL"} for check in checks],
    }
    if as_json:
        output.as_json(report)
    else:
        _print(report)
    if report["verdict"] == "FAIL":
        raise click.exceptions.Exit(Exit.FAILURE)


def _print(report: dict[str, Any]) -> None:
    click.echo(f"{'tensor':8}{'size':>8}{'checked':>9}{'kinks':>7}{'max |a − n|':>14}{'max relative':>14}  verdict")
    for tensor in report["tensors"]:
        click.echo(
            f"{tensor['name']:8}{tensor['size']:>8}{tensor['checked']:>9}{tensor['kinks']:>7}"
            f"{tensor['max_abs']:>14.2e}{tensor['max_rel']:>14.2e}  {tensor['verdict']}"
        )
        if tensor["verdict"] == "FAIL":
            click.echo(
                f"        worst at {list(tensor['worst'])}: a = {tensor['backprop']:.9g}, n = {tensor['numerical']:.9g}"
            )
    click.echo(f"a: backprop, n: central differences; PASS: |a − n| ≤ {report['atol']:.2g} + {report['rtol']:g}·|n|")
    click.echo(report["verdict"])
