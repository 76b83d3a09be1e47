"""`bp ls`: which runs there are, and how far each has come."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import columns, options, output
from mnist_bp.cli.result import Result, reports

if TYPE_CHECKING:
    from mnist_bp.run.listing import Listed

FIRST = ("run", "state", "epochs", "accuracy")
SHOWN = 3  # keys in which the runs differ, beside which there is room for the rest


@click.command("ls")
@click.argument("folder", metavar="[DIR]", type=options.Folder(), required=False)
@reports
def command(folder: str | None) -> Result:
    """List the runs in DIR, the one last written to first.

    DIR is runs/ by default; runs in folders of DIR are listed, too. A run is finished, running, unfinished, failed or
    damaged. Its accuracy is that of the test set after its last epoch or, with train.keep=best, its best one. Where
    no config was given, as in a sweep, the keys in which the runs differ have columns, if they are few.

    \b
    Examples:
        bp ls
        bp ls sweeps/learning-rate
        bp ls --json
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.run.listing import runs_in
    from mnist_bp.run.naming import FOLDER
    from mnist_bp.sweep.settings import shortened

    path = FOLDER if folder is None else Path(folder)
    runs = runs_in(path, output.bar) if folder is not None or path.exists() else []
    if not runs:
        return Result(f"no runs in {path}", {"runs": []}, following="bp train quickstart")
    lines = [columns.aligned(_rows(runs))]
    lines += shortened(f"{run.state}  {output.printable(run.failure)}" for run in runs if run.failure)
    return Result("\n".join(lines), {"runs": [_about(run) for run in runs]})


def _rows(runs: Sequence["Listed"]) -> list[list[str]]:
    named = any(run.config_name for run in runs)
    keys = _differing(runs)
    keys = [key for key in keys if key == "seed"] if named else keys if len(keys) <= SHOWN else []
    rows = [[*FIRST, *["config"] * named, *map(_header, keys), "last written"]]
    for run in runs:
        about = [*[run.config_name or ""] * named, *_values(run, keys)]
        accuracy = f"{run.kept.test_accuracy:.4f}" if run.kept else ""
        rows.append([run.name, run.state, _epochs(run), accuracy, *about, f"{_local(run.written):%Y-%m-%d %H:%M}"])
    return rows


def _differing(runs: Sequence["Listed"]) -> list[str]:
    """Return the keys in which the configs differ."""
    from mnist_bp import config as configs
    from mnist_bp.config.access import value_of

    known = [run.config for run in runs if run.config]
    relevant = [name for name, key in configs.keys().items() if key.of_setting or name == "seed"]
    return [name for name in relevant if len({value_of(config, name) for config in known}) > 1]


def _header(key: str) -> str:
    """Return a key without its section, unless that is the name of another key or column, or could be the run's."""
    from mnist_bp.config import keys

    short = key.rpartition(".")[2]
    names = [*FIRST, "name", *(each.rpartition(".")[2] for each in keys() if each != key)]
    return key if short in names else short


def _values(run: "Listed", keys: Sequence[str]) -> list[str]:
    from mnist_bp.sweep.settings import values

    return values(run.config, keys) if run.config else [""] * len(keys)


def _epochs(run: "Listed") -> str:
    """Return the epochs reached, and unless the run is finished, of how many."""
    reached = str(run.last.epoch if run.last else 0)
    return reached if run.state == "finished" or not run.config else f"{reached}/{run.config.train.epochs}"


def _local(written: float) -> datetime:
    return datetime.fromtimestamp(written).astimezone()


def _about(run: "Listed") -> dict[str, Any]:
    return {
        "run": str(run.path),
        "state": run.state,
        "epochs": {"reached": run.last.epoch if run.last else 0, "target": run.config and run.config.train.epochs},
        "test_accuracy": run.kept and run.kept.test_accuracy,
        "config": run.config_name,
        "seed": run.config and run.config.seed,
        "last_written": _local(run.written).isoformat(timespec="seconds"),
        "message": run.failure or None,
    }
