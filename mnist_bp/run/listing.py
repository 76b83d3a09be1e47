"""The runs in a folder, as far as each has come: those that go on, failed or are damaged as well."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mnist_bp import regular
from mnist_bp.config import Config
from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing import natural
from mnist_bp.progress import Progress
from mnist_bp.run import claim, outcome
from mnist_bp.run.directory import LOCK, Run
from mnist_bp.run.outcome import State
from mnist_bp.train.records import Record

DEPTH = 2  # folders between the one that is listed and a run: `sweeps` and its name


@dataclass(frozen=True)
class Listed:
    """A run as a list shows it: `name` is its path in the folder, `last` the record of its last epoch, if any.

    `kept` is that of the epoch whose parameters it has kept. `config_name` is that of its config file, None if there
    was none; `written` is when it was last written to, in seconds since 1970. `failure` says why it failed, or what of
    a damaged one is wrong, whose config may be unknown.
    """

    path: Path
    name: str
    state: State | Literal["running"]
    config: Config | None
    last: Record | None
    kept: Record | None
    config_name: str | None
    written: float
    failure: str


def runs_in(folder: Path, progress: Progress) -> list[Listed]:
    """Return the runs in a folder and in folders in it, the one last written to first; a run directory lists itself.

    Hidden folders are passed over. BpError (exit 2) if there is no folder.
    """
    if _is_run(folder):
        paths = [(folder.resolve().name, folder)]
    else:
        try:
            paths = [(path.relative_to(folder).as_posix(), path) for path in _found(folder, DEPTH)]
        except OSError as error:
            raise BpError(f"{folder}: expected a folder of runs: {error.strerror}", code=Exit.USAGE) from error
    with progress("reading", len(paths), "run") as advance:
        listed = []
        for name, path in paths:
            listed.append(_read(name, path))
            advance(1)
    return sorted(listed, key=lambda run: (-run.written, run.name))


def runs_at(path: Path) -> list[Path]:
    """Return the runs in a folder and in folders in it, by name; and each folder directly in it that has none.

    A run directory, and what holds no run, stands for itself.
    """
    if not _is_run(path):
        with suppress(OSError):  # whoever takes it for a run says what is wrong
            runs = [*_found(path, DEPTH)]
            others = [each for each in _folders(path) if not any(run.is_relative_to(each) for run in runs)]
            if runs:
                return sorted([*runs, *others], key=lambda each: natural.order(str(each)))
    return [path]


def copies(runs: Iterable[Path]) -> list[list[Path]]:
    """Return the groups of runs that are one and the same: metrics hold the seconds of each epoch, and so tell.

    Two trainings of one config and seed differ in them.
    """
    groups: dict[bytes, list[Path]] = {}
    for path in runs:
        with suppress(OSError):
            content = regular.content(Run(path).metrics.path)
            if content.count(b"\n") > 1:  # there is an epoch below the header
                groups.setdefault(content, []).append(path)
    return [group for group in groups.values() if len(group) > 1]


def _found(folder: Path, depth: int) -> Iterator[Path]:
    for path in _folders(folder):
        if _is_run(path):
            yield path
        elif depth:
            with suppress(OSError):  # not ours to read
                yield from _found(path, depth - 1)


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return [Path(entry) for entry in entries if not entry.name.startswith(".") and _is_folder(entry)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symbolic link that leads in a circle
        return False


def _is_run(path: Path) -> bool:
    """Whether a run has begun here, or what is left shows that one has; packed data have a config alone."""
    run = Run(path)
    return run.checkpoint.is_file() or (run.exists and any((path / each).exists() for each in ("env.json", LOCK)))


def _read(name: str, path: Path) -> Listed:
    run = Run(path)
    state: State | Literal["running"]
    config = last = kept = config_name = None
    failure = ""
    try:
        found = outcome.read(path)
        state, config = found.state, found.config
        failure = f"{path}: {found.failure}" if found.failure else ""
        last, kept = found.last or run.metrics.last(), found.kept or run.kept(found.config)
        environment = run.environment() or {}
        config_name = environment.get("config", environment.get("named_after"))
    except BpError as error:
        state, failure = "damaged", str(error).partition("\n")[0]
    except OSError as error:
        state, failure = "damaged", f"{error.filename}: {error.strerror}"
    if state in ("unfinished", "failed") and claim.is_held(path):
        state = "running"
    return Listed(path, name, state, config, last, kept, config_name, _written(run), failure)


def _written(run: Run) -> float:
    """Return when the newest of the run's files was last written to."""
    times = [0.0]
    for file in run.files:
        with suppress(OSError):
            times.append(file.stat().st_mtime)
    return max(times)
