"""`bp verify`: whether a run is what it says."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import columns, options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.errors import BpError, Exit

if TYPE_CHECKING:
    from mnist_bp.run.explaining import Environment
    from mnist_bp.run.verification import Verification
    from mnist_bp.train.trainer import Trainer

CODES = {"identical": Exit.DONE, "explained": Exit.UNDECIDED, "different": Exit.FAILURE}
WORST_LAST = [Exit.DONE, Exit.UNDECIDED, Exit.NO_DATA, Exit.USAGE, Exit.FAILURE]


@click.command("verify")
@click.argument("runs", metavar="RUN...", type=options.Folder(), nargs=-1, required=True)
@options.overrides("data.dir=packed")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@reports
def command(runs: tuple[str, ...], overrides: tuple[str, ...], quiet: bool) -> Result:
    """Train a run again, and tell whether it is what it says.

    RUN is the directory of a finished run, or a folder of such. It is trained from its config.yaml into a temporary
    folder. Metrics, parameters and the optimizer's state must then be the same to the last bit: identical. Another
    processor or NumPy may change last bits; where it may have made the whole difference, that is explained. Any other
    run is different. --set says where the data lie that it was trained on. Several runs get a row each, and it is told
    which of them are copies.

    It exits 0 for identical, 5 for explained and 1 for different; 2 if there is no finished run, and 4 if its data are
    not to be had. Of several runs, the worst counts.

    \b
    Examples:
        bp verify runs/mnist
        bp verify runs --quiet --json
        bp verify runs/packed --set data.dir=packed
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.cli.training_display import TrainingDisplay
    from mnist_bp.progress import silent
    from mnist_bp.run.listing import copies, runs_at
    from mnist_bp.run.verification import verify

    paths = [*dict.fromkeys(path for run in runs for path in runs_at(Path(run)))]
    progress = silent if quiet else output.bar

    def display(path: Path, trainer: "Trainer") -> TrainingDisplay:
        if not quiet and len(paths) > 1:
            with output.if_there_is_room():
                told = f"{len(found) + 1} of {len(paths)}  {paths[len(found)]}: training it again"
                click.echo(output.printable(told), err=True)
        return TrainingDisplay(path, trainer, quiet=quiet)

    found: list[Verification | BpError] = []
    if len(paths) == 1:
        verification = verify(paths[0], overrides, display, progress)
        return Result(_lines(paths[0], verification), _about(paths[0], verification), CODES[verification.verdict])
    for path in paths:
        try:
            found.append(verify(path, overrides, display, progress))
        except BpError as error:
            found.append(error)
    return _of_several(dict(zip(paths, found, strict=True)), copies(paths))


def _of_several(found: "Mapping[Path, Verification | BpError]", copies: Sequence[Sequence[Path]]) -> Result:
    rows, below, data = [["run", "seed", "verdict", "accuracy"]], [], []
    for path, each in found.items():
        about = _about(path, each)
        accuracy = about.get("test_accuracy")
        seed = "" if about["seed"] is None else str(about["seed"])
        rows.append([str(path), seed, about["verdict"] or _state(path), "" if accuracy is None else str(accuracy)])
        same = [str(other) for group in copies if path in group for other in group if other != path]
        data.append({**about, "same_as": same})
        if not isinstance(each, BpError) and each.difference:
            below.append(f"{path}: {each.verdict}: {each.difference}")
    below += [f"{', '.join(map(str, group))}: one and the same run" for group in copies]
    errors = [each for each in found.values() if isinstance(each, BpError)]
    codes = [each.code if isinstance(each, BpError) else CODES[each.verdict] for each in found.values()]
    hints = dict.fromkeys(error.hint for error in errors if error.hint)
    return Result(
        "\n".join([columns.aligned(rows), *map(output.printable, below)]),
        {"runs": data},
        max(codes, key=WORST_LAST.index),
        "\n".join(map(str, errors)),
        "\n".join(hints) or None,
    )


def _state(path: Path) -> str:
    """Return what a run is that could not be verified."""
    from mnist_bp.run.directory import Run

    run = Run(path)
    if not run.exists:
        return "no run"
    return run.state if run.state in ("unfinished", "failed") else "not verified"


def _seed(path: Path) -> int | None:
    from mnist_bp.run.directory import Run

    with suppress(BpError):
        return Run(path).config().seed
    return None


def _lines(run: Path, verification: "Verification") -> list[str]:
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


def _about(run: Path, verification: "Verification | BpError") -> dict[str, Any]:
    about = {"run": str(run), "seed": _seed(run)}
    if isinstance(verification, BpError):
        return {**about, "verdict": None, "error": str(verification), "hint": verification.hint}
    difference, last, kept = verification.difference, verification.last, verification.kept
    return {
        **about,
        "verdict": verification.verdict,
        "difference": difference and {**vars(difference)},
        "unexplained": verification.unexplained or None,
        "environment": {key: list(pair) for key, pair in verification.environment.items()},
        "epochs": last and last.epoch,
        "steps": last and last.step,
        "parameters": verification.parameters or None,
        "test_accuracy": kept and kept.test_accuracy,
    }
