"""A folder of runs: the outcome of each, and which are missing."""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from mnist_bp import regular
from mnist_bp.config import Config
from mnist_bp.config.suggesting import closest
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import Advance, Progress
from mnist_bp.run import outcome
from mnist_bp.run.directory import LOCK, Run
from mnist_bp.run.outcome import Outcome, State
from mnist_bp.sweep import plan
from mnist_bp.sweep.folder import SWEEPS


@dataclass
class Results:
    """What lies in a folder: results, one for each setting and seed, and why the rest is none, a message each."""

    results: list[Outcome] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def read(folder: Path, progress: Progress) -> Results:
    """Read every run directly in a folder, and what its plan, if there is one, says is missing.

    What is no sound run is a damaged one if its config is known, by itself or the plan. Hidden directories and those in
    which nothing has begun yet are passed over. BpError (exit 2) if there is no folder.
    """
    if (folder / "config.yaml").is_file():
        hint = f"its parent is {os.path.relpath(folder / '..')}"
        raise BpError(f"{folder}: expected a folder of runs; got a run directory", code=Exit.USAGE, hint=hint)
    try:
        names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        message = f"{folder}: expected a folder of runs: {error.strerror}"
        raise BpError(message, code=Exit.USAGE, hint=meant(folder)) from error
    found = Results()
    begun: set[str] = set()
    unknown: dict[str, str] = {}  # why there is no result, by name
    with progress("reading", len(names), "run") as advance:
        for name in names:
            path = folder / name
            try:
                if _has_begun(path):
                    begun.add(name)
                    found.results.append(outcome.read(path))
            except (BpError, OSError) as error:
                begun.add(name)
                reason = _reason(error, path)
                try:
                    found.results.append(Outcome(path, Run(path).config(), "damaged", failure=reason))
                except (BpError, OSError):
                    unknown[name] = reason
            advance(1)
    with progress("reading", None, "line") as advance:
        _add_planned(found, folder / plan.PLAN, begun, unknown, advance)
    found.skipped[:0] = [f"{folder / name}: {reason}" for name, reason in unknown.items()]
    kept, doubled = one_each(sorted(found.results, key=lambda result: result.path.name))
    return Results(kept, found.skipped + doubled)


def meant(folder: Path) -> str | None:
    """Return which folder of a sweep is likely to be meant: one inside that has a plan, or one of a similar name."""
    inside, known = (
        {path.parent.name: path.parent for path in each.glob(f"*/{plan.PLAN}")} for each in (folder, SWEEPS)
    )
    close = closest(folder.stem, known)
    likely = sorted(inside.values())[:3] or ([known[close]] if close else [])
    return f"did you mean {' or '.join(map(str, likely))}?" if likely else None


def _has_begun(path: Path) -> bool:
    """Whether it is a directory that holds more than the lock or the temporary files of a run about to begin."""
    return path.is_dir() and any(file.name != LOCK and not file.name.startswith(".") for file in path.iterdir())


def _add_planned(found: Results, path: Path, begun: set[str], unknown: dict[str, str], advance: Advance) -> None:
    """Add the planned runs of which there is nothing, or nothing sound: these are unknown no more.

    They are in the folder of the plan, which may have moved. A folder may have no plan.
    """
    missing: set[str] = set()
    for number, line in _lines(path):
        try:
            name = plan.out_of(line).name
            if name in unknown:
                config = plan.parse(line).config
                found.results.append(Outcome(path.parent / name, config, "damaged", failure=unknown.pop(name)))
            elif name not in begun and name not in missing:
                found.results.append(Outcome(path.parent / name, plan.parse(line).config, "missing"))
                missing.add(name)
        except ValueError as error:
            found.skipped.append(f"{path}:{number}: {_first_line(str(error))}")
        advance(1)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with suppress(FileNotFoundError), io.TextIOWrapper(regular.opened(path), "utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            yield number, line.rstrip("\n")


def one_each(found: Sequence[Outcome]) -> tuple[list[Outcome], list[str]]:
    """Return outcomes, sorted by state, without a second one of a setting and seed, which must not count twice.

    Beside them is a message about each that is left out, unless it is the same run.
    """
    first: dict[tuple[Config, int], Outcome] = {}
    skipped = []
    for result in sorted(found, key=lambda result: get_args(State).index(result.state)):
        other = first.setdefault((result.setting, result.config.seed), result)
        if other.path != result.path:
            another = result.last and other.last and result.last.metrics != other.last.metrics
            differs = ", with another result" if another else ""
            skipped.append(f"{result.path}: {result.state}, the same setting and seed as {other.path}{differs}")
    return list(first.values()), skipped


def _reason(error: BpError | OSError, path: Path) -> str:
    """Return what an error says of a run directory, which it need not name again."""
    message = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else _first_line(str(error))
    return message.removeprefix(f"{path}/").removeprefix(f"{path}: ")


def _first_line(message: str) -> str:
    first, _, rest = message.partition("\n")
    return f"{first} (and {rest.count(chr(10)) + 1} more)" if rest else first
