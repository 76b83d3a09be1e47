"""`bp verify`: whether a run is what it says."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import columns, options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.errors import BpError, Exit

if TYPE_CHECKING:
    from mnist_bp.run.verification import Environment, Verification

CODES = {"identical": Exit.DONE, "explained": Exit.UNDECIDED, "different": Exit.FAILURE}
WORST_LAST = [Exit.DONE, Exit.UNDECIDED, Exit.NO_DATA, Exit.USAGE, Exit.FAILURE]


@click.command("verify")
@click.argument("runs", metavar="RUN...", type=options.GivenPath(), nargs=-1, required=True)
@options.overrides("data.dir=packed")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@reports
def command(runs: tuple[str, ...], overrides: tuple[str, ...], quiet: bool) -> Result:
    """Train a run again, and tell whether it is what it says.

    RUN is the directory of a finished run. It is trained from its config.yaml into a temporary folder. Metrics,
    parameters and the optimizer's state must then be the same to the last bit: identical. Another processor or NumPy
    may change last bits; where it may have made the whole difference, that is explained. Any other run is different.
    --set says where the data lie that it was trained on. Several runs get a row each.

    It exits 0 for identical, 5 for explained and 1 for different; 2 if there is no finished run, and 4 if its data are
    not to be had. Of several runs, the worst counts.

    \b
    Examples:
        bp verify runs/mnist
        bp verify runs/mnist runs/quickstart --quiet --json
        bp verify runs/packed --set data.dir=packed
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.cli.training_display import TrainingDisplay
    from mnist_bp.progress import silent
    from mnist_bp.run.verification import verify

    display, progress = partial(TrainingDisplay, quiet=quiet), silent if quiet else output.bar
    if len(runs) == 1:
        verification = verify(Path(runs[0]), overrides, display, progress)
        return Result(_lines(runs[0], verification), _about(runs[0], verification), CODES[verification.verdict])
    rows: list[list[str]] = [["run", "verdict", "accuracy", "first difference"]]
    data: list[dict[str, Any]] = []
    errors: list[BpError] = []
    codes: list[Exit] = []
    for run in runs:
        if not quiet:
            click.echo(output.printable(f"{run}: training it again"), err=True)
        try:
            verification = verify(Path(run), overrides, display, progress)
        except BpError as error:
            rows.append([run, "not verified", "", ""])
            data.append({"run": run, "verdict": None, "error": str(error), "hint": error.hint})
            errors.append(error)
            codes.append(error.code)
        else:
            accuracy = str(verification.last.test_accuracy) if verification.last else ""
            rows.append([run, verification.verdict, accuracy, str(verification.difference or "")])
            data.append(_about(run, verification))
            codes.append(CODES[verification.verdict])
    hint = next((error.hint for error in errors if error.hint), None)
    text = columns.aligned(rows)
    return Result(text, {"runs": data}, max(codes, key=WORST_LAST.index), "\n".join(map(str, errors)), hint)


def _lines(run: str, verification: "Verification") -> list[str]:
    environment = _changes(verification.environment)
    if verification.difference is None:
        last = verification.last
        size = f"{last.epoch} epochs, {last.step:,} steps, {verification.parameters:,} parameters" if last else ""
        return [f"{run}: identical: {size}", *([f"in another environment: {environment}"] if environment else [])]
    first = f"{run}: {verification.verdict}: {verification.difference}"
    if verification.verdict == "explained":
        return [first, f"the environment may explain it: {environment}"]
    because = f"another environment does not explain it: {verification.unexplained}"
    return [first, because, *([f"the environment differs, too: {environment}"] if environment else [])]


def _changes(environment: "Environment") -> str:
    return "; ".join(f"{key} {_shown(old)} → {_shown(new)}" for key, (old, new) in environment.items())


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    return "unknown" if value is None else str(value)


def _about(run: str, verification: "Verification") -> dict[str, Any]:
    difference, last = verification.difference, verification.last
    return {
        "run": run,
        "verdict": verification.verdict,
        "difference": difference and {**vars(difference)},
        "unexplained": verification.unexplained or None,
        "environment": {key: list(pair) for key, pair in verification.environment.items()},
        "epochs": last and last.epoch,
        "steps": last and last.step,
        "parameters": verification.parameters or None,
        "test_accuracy": last and last.test_accuracy,
    }
