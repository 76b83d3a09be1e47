"""`bp gradcheck`: whether backprop computes the gradient of the loss."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.errors import Exit

if TYPE_CHECKING:
    from mnist_bp.nn.check.planted_bugs import Finding
    from mnist_bp.nn.check.verdict import Report

CODES = {"PASS": Exit.DONE, "FAIL": Exit.FAILURE, "UNDECIDED": Exit.UNDECIDED}


@click.command("gradcheck")
@click.argument("run", type=options.Folder(), required=False)
@options.config("Check a new network: by the name of a config, or its file.")
@options.overrides()
@click.option(
    "--mode",
    type=options.Choice(["full", "sample", "directional"]),
    default="full",
    show_default=True,
    metavar="MODE",
    help="Compare every parameter (full), 100 parameters of each tensor (sample), or 10 random directions in each "
    "(directional).",
)
@click.option(
    "--oracle",
    type=options.Choice(["numerical", "graph", "both", "training", "all"]),
    default="all",
    show_default=True,
    metavar="ORACLE",
    help="What backprop is compared with: central differences of the loss (numerical), a graph of elementary "
    "operations (graph), or both; that graph, for the step that training would take (training); or all.",
)
@click.option("--brief", is_flag=True, help="Print a row for each oracle instead of each tensor.")
@click.option("--self-test", is_flag=True, help="Plant known bugs in backprop, and show that each is caught.")
@reports
def command(
    run: str | None,
    config_file: str | None,
    overrides: tuple[str, ...],
    mode: str,
    oracle: str,
    brief: bool,
    self_test: bool,
) -> Result:
    """Compare backprop with two other ways to the gradient.

    Two comparisons are in float64, without dropout, on one mini-batch of training examples; the third is of the step
    that training would take next, with its precision, its kind of batch and its dropout. A new network is checked with
    --config CONFIG, a trained one with its run directory RUN. Exits 1 if any derivative disagrees; 5 if nothing could
    be judged, or, with --self-test, if a planted bug is too small to be seen in this network.

    \b
    Examples:
        bp gradcheck --config quickstart
        bp gradcheck runs/quickstart --oracle graph --json
        bp gradcheck --config quickstart --self-test
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.run.checking import check

    config = options.config_of(run, config_file, overrides)
    checked = check(config, run, mode=mode, oracle=oracle, self_test=self_test, progress=output.bar)
    report, bugs, verdict = checked.report, checked.bugs, checked.verdict
    data = {"mode": mode, "oracle": oracle} | _data(report) | {"verdict": verdict}
    text = report.brief() if brief else report.table()
    if self_test:
        data["bugs"] = [asdict(finding) for finding in bugs]
        text = _bugs(bugs, verdict)
    error, hint = report.undecided or ("", None)
    if verdict == "UNDECIDED" and not error:
        error = "a planted bug changes too little here to be seen, or nothing, or kinks hide it"
        hint = "the larger the derivatives, the smaller the bugs that are seen: try a run that has trained"
    return Result(text, data, CODES[verdict], error, hint)


def _data(report: "Report") -> dict[str, Any]:
    return {
        "batch": report.batch,
        "checked": report.checked,
        "kinks": report.kinks,
        "max_abs": report.max_abs,
        "max_rel": report.max_rel,
        "tolerances": {
            oracle: {"atol": max(check.atol for check in checks), "rtol": checks[0].rtol}
            for oracle, checks in report.by_oracle.items()
        },
        "tensors": [asdict(check) | {"verdict": check.verdict} for check in report.tensors],
    }


def _bugs(bugs: "list[Finding]", verdict: str) -> str:
    oracles = list(bugs[0].outcomes)
    rows = [("planted in backprop", "in", oracles)]
    rows += [(finding.bug, finding.place, [finding.outcomes[oracle] for oracle in oracles]) for finding in bugs]
    lines = [f"{bug:29}{place:16}{''.join(f'{cell:11}' for cell in cells).rstrip()}" for bug, place, cells in rows]
    return "\n".join([*lines, verdict])
