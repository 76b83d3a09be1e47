"""`bp gradcheck`: whether backprop computes the gradient of the loss."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import options, output

if TYPE_CHECKING:
    from mnist_bp.nn.buffers import Array
    from mnist_bp.nn.check.gradcheck import Probes
    from mnist_bp.nn.network import Network

MEANINGS = {
    "KINKS": "KINKS: every step crosses a kink, as at biases of 0",
    "TINY": "TINY: too small for the oracle to tell from 0",
}


@click.command("gradcheck")
@click.argument("run", type=click.Path(), required=False)
@click.option("--config", "config_file", type=click.Path(), metavar="FILE", help="Check a new network.")
@options.overrides
@click.option(
    "--mode",
    type=click.Choice(["full", "sample", "directional"]),
    default="full",
    show_default=True,
    help="Compare every parameter, 100 parameters of each tensor, or 10 random directions in each tensor.",
)
@click.option(
    "--oracle",
    type=click.Choice(["numerical", "graph", "both"]),
    default="both",
    show_default=True,
    help="What backprop is compared with: central differences of the loss, a graph of elementary operations, or both.",
)
@click.option("--self-test", is_flag=True, help="Plant known bugs in backprop, and show that each is caught.")
@options.as_json
def command(
    run: str | None,
    config_file: str | None,
    overrides: tuple[str, ...],
    mode: str,
    oracle: str,
    self_test: bool,
    as_json: bool,
) -> None:
    """Compare backprop with two other ways to the gradient.

    All are computed in float64, with weight decay but without dropout, on one mini-batch of training examples: for a
    new network with --config FILE, for a trained one with its run directory RUN. Exits 1 if any derivative disagrees,
    or, with --self-test, if any planted bug goes unnoticed.

    \b
    Examples:
        bp gradcheck --config configs/quickstart.yaml
        bp gradcheck runs/quickstart --oracle graph --json
        bp gradcheck --config configs/quickstart.yaml --self-test
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import config as configs
    from mnist_bp import machine
    from mnist_bp.errors import BpError, Exit
    from mnist_bp.run.directory import Run

    if (run is None) == (config_file is None):
        raise click.UsageError("Give either --config FILE or a run directory.")
    config = Run(run).config(overrides) if run is not None else configs.load(config_file, overrides)
    machine.limit_threads(config.train.threads)

    import math

    import numpy as np

    from mnist_bp import build
    from mnist_bp.nn.check import gradcheck
    from mnist_bp.progress import silent
    from mnist_bp.train.batches import Batches

    dataset = build.dataset(config.data, output.bar)
    network = build.network(config, dataset) if run is None else build.trained(Run(run), config, dataset)
    network = network.copy("float64")
    x, t = next(Batches(dataset.train, config.train.batch_size, "float64", seed=config.seed).epoch(1))
    with gradcheck.quietly():
        loss = network.loss(x, t) + network.penalty()
    if not math.isfinite(loss):
        raise BpError(f"the loss is {loss}: there is no derivative to check")
    asked = {}
    for name in gradcheck.ORACLES if oracle == "both" else [oracle]:
        progress = output.bar if name == "numerical" else silent
        with progress("checking", gradcheck.count(network, mode), "difference") as advance:
            rng = np.random.default_rng(config.seed)  # the same probes for each oracle
            asked[name] = gradcheck.probe(network, x, t, oracle=name, mode=mode, rng=rng, advance=advance)
    report = {"mode": mode, "oracle": oracle, "batch": len(t)} | _compare(network, x, t, asked)
    if self_test:
        report |= _self_test(network, x, t, asked)
    if as_json:
        output.as_json(report)
    else:
        (_print_bugs if self_test else _print_checks)(report)
    if report["verdict"] == "FAIL":
        raise click.exceptions.Exit(Exit.FAILURE)


def _compare(network: "Network", x: "Array", t: "Array", asked: "dict[str, list[Probes]]") -> dict[str, Any]:
    """Judge backprop by each oracle."""
    import numpy as np

    from mnist_bp.nn.check import gradcheck

    by_oracle = {oracle: gradcheck.judge(network, x, t, oracle, probes) for oracle, probes in asked.items()}
    checks = [check for tensors in zip(*by_oracle.values(), strict=True) for check in tensors]
    verdicts = {check.verdict for check in checks}
    return {
        "verdict": "FAIL" if "FAIL" in verdicts or "PASS" not in verdicts else "PASS",
        "checked": min(sum(check.checked for check in tensors) for tensors in by_oracle.values()),
        "kinks": sum(check.kinks for check in checks),
        "max_abs": float(np.max([check.max_abs for check in checks])),
        "max_rel": float(np.max([check.max_rel for check in checks])),
        "tolerances": {oracle: {"atol": first.atol, "rtol": first.rtol} for oracle, (first, *_) in by_oracle.items()},
        "tensors": [asdict(check) | {"verdict": check.verdict} for check in checks],
    }


def _print_checks(report: dict[str, Any]) -> None:
    for oracle, tolerance in report["tolerances"].items():
        atol, rtol = tolerance["atol"], tolerance["rtol"]
        click.echo(f"a: backprop, n: {oracle}; PASS: |a − n| ≤ {atol:.2g} + {rtol:g}·|n|")
        click.echo(f"{'':4}{'checked':>12} kinks  |a − n| relative       worst at            a          n")
        for tensor in report["tensors"]:
            if tensor["oracle"] == oracle:
                click.echo(_row(tensor, report["mode"]))
        click.echo(f"relative: |a − n| / (|n| + {atol / rtol:.2g})")
    verdicts = {tensor["verdict"] for tensor in report["tensors"]}
    click.echo(
        " ".join([report["verdict"], *(f"({MEANINGS[verdict]})" for verdict in MEANINGS if verdict in verdicts)])
    )


def _row(tensor: dict[str, Any], mode: str) -> str:
    checked = f"{tensor['checked']}" if mode == "directional" else f"{tensor['checked']}/{tensor['size']}"
    start = f"{tensor['name']:4}{checked:>12}{tensor['kinks']:>6}"
    if not tensor["checked"]:
        return f"{start}{'':18} {tensor['verdict']}"
    values = f"{tensor['a']:>11.2e}{tensor['n']:>11.2e}"
    if tensor["verdict"] == "FAIL":
        values = f"  {tensor['a']:.9g}  {tensor['n']:.9g}"
    return (
        f"{start}{tensor['max_abs']:>9.1e}{tensor['max_rel']:>9.1e} {tensor['verdict']:5} "
        f"{list(tensor['worst'])!s:10}{values}"
    )


def _self_test(network: "Network", x: "Array", t: "Array", asked: "dict[str, list[Probes]]") -> dict[str, Any]:
    """Judge backprop by each oracle with bugs planted in it."""
    from mnist_bp.nn.check import planted_bugs

    findings = planted_bugs.hunt(network, x, t, asked)
    verdict = "PASS" if planted_bugs.proven(findings) else "FAIL"
    return {"verdict": verdict, "bugs": [asdict(finding) for finding in findings]}


def _print_bugs(report: dict[str, Any]) -> None:
    oracles = list(report["bugs"][0]["outcomes"])
    click.echo(f"{'planted in backprop':24}{'of':6}" + "".join(f"{oracle:12}" for oracle in oracles).rstrip())
    for finding in report["bugs"]:
        outcomes = "".join(f"{finding['outcomes'][oracle]:12}" for oracle in oracles).rstrip()
        click.echo(f"{finding['bug']:24}{finding['tensor']:6}{outcomes}")
    if report["verdict"] == "FAIL":
        click.echo("expected nothing wrong without a bug, and every bug that has an effect caught by each")
        click.echo("oracle in one tensor at least; with no effect at all, nothing is shown")
    click.echo(report["verdict"])
