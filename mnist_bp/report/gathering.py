"""Which runs a page or a plot is about: run directories and folders of runs, as settings with a label each."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import Progress, silent
from mnist_bp.run import outcome
from mnist_bp.run.directory import Run
from mnist_bp.run.outcome import Outcome
from mnist_bp.sweep import results, settings
from mnist_bp.sweep.settings import Setting
from mnist_bp.train.records import Record

log = logging.getLogger(__name__)

IN_A_LABEL = 3  # keys that differ, before a label is the name of a run


@dataclass(frozen=True)
class Gathered:
    """The settings of some runs, with a label each, and the records of every run that has some; `title` names all.

    `differing` are the keys of the config in which the settings differ; `skipped` says what is no run, or a second one
    of a setting and seed.
    """

    title: str
    settings: list[Setting]
    labels: list[str]
    differing: list[str]
    skipped: list[str]
    records: dict[Path, list[Record]]

    @cached_property
    def not_counted(self) -> list[Outcome]:
        """The runs that no mean is made of: failed, unfinished, damaged or missing."""
        return [run for setting in self.settings for run in setting.runs if run.state != "finished"]

    def warn(self) -> None:
        """Log a warning for each run that is left out of the means, and for what is skipped."""
        for each in settings.shortened(self.aside):
            log.warning("%s", each)

    @property
    def aside(self) -> list[str]:
        """What is left out, in a line each."""
        return [*(f"skipped {each}" for each in self.skipped), *map(described, self.not_counted)]


def gather(paths: Sequence[str], progress: Progress = silent) -> Gathered:
    """Read run directories, and those in folders; the settings of a folder are sorted, the best first.

    Raises BpError for a run directory that is damaged, if it is one of the paths, and (exit 2) for a path without runs.
    """
    found: list[Outcome] = []
    skipped: list[str] = []
    records: dict[Path, list[Record]] = {}
    folders = [path for path in map(Path, paths) if not (path / "config.yaml").is_file()]
    for path in map(Path, paths):
        if path in folders:
            inside = _inside(path, progress)
            skipped += inside.skipped
            runs = inside.results
        else:
            runs = [outcome.read(path)]
        for run in runs:
            records[run.path] = []
            try:
                records[run.path] = Run(run.path).metrics.rows()
            except BpError as error:
                if path not in folders:
                    raise
                if run.state != "damaged":
                    run = replace(run, state="damaged", last=None, failure=str(error))  # noqa: PLW2901
            found.append(run)
    kept, doubled = results.one_each(found)
    chosen = settings.settings(kept)
    if not folders:
        chosen.sort(key=lambda setting: min(map(found.index, setting.runs)))
    differing = settings.differing(chosen)
    title = _name(paths[0]) if len(paths) == 1 else f"{len(found)} runs"
    return Gathered(title, chosen, _labels(chosen, differing, paths), differing, skipped + doubled, records)


def described(run: Outcome) -> str:
    """Return a line about a run that is not counted: its seed, and why."""
    after = f" after step {run.step}" if run.step is not None else ""
    why = f": {run.failure}" if run.failure else ""
    return f"{run.path}: seed {run.config.seed} {'has' if run.state == 'failed' else 'is'} {run.state}{after}{why}"


def _inside(folder: Path, progress: Progress) -> results.Results:
    if not folder.is_dir():
        got = "a file" if folder.exists() else "nothing"
        raise BpError(f"{folder}: expected a run directory or a folder of runs; got {got}", code=Exit.USAGE)
    found = results.read(folder, progress)
    if not found.results:
        raise BpError(f"{folder}: expected a run directory, or a folder of some; got neither", code=Exit.USAGE)
    return found


def _labels(chosen: Sequence[Setting], differing: Sequence[str], paths: Sequence[str]) -> list[str]:
    if len(chosen) == len(paths) == 1:
        return [_name(paths[0])]
    if differing and len(differing) <= IN_A_LABEL:
        names = [key.rpartition(".")[2] for key in differing]
        values = [settings.values(setting.config, differing) for setting in chosen]
        labels = [", ".join(map("=".join, zip(names, each, strict=True))) for each in values]
    else:
        labels = [_name(setting.runs[0].path) for setting in chosen]
    return [
        str(setting.runs[0].path) if labels.count(label) > 1 else label
        for setting, label in zip(chosen, labels, strict=True)
    ]


def _name(path: str | Path) -> str:
    return Path(path).resolve().name  # which `.` has, too
