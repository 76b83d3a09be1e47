"""Where a run goes if nobody says where: to runs/CONFIG, runs/CONFIG-2, …, after the name of its config file.

Which config a directory was named after stands in its env.json: runs/book-2 may be the second run of book.yaml or the
first one of book-2.yaml.
"""

import itertools
import re
from pathlib import Path

from mnist_bp.errors import BpError, Exit
from mnist_bp.run.directory import Run, is_free

FOLDER = Path("runs")


def name_of(config_file: str) -> str:
    """Return what the runs of a config file are called; of another run's config.yaml, after that run's directory.

    It is never the name of a hidden folder, `.` or `..`: where nothing else is left, as of `.yaml`, it is "run".
    """
    path = Path(config_file)
    name = path.resolve().parent.name if path.name == "config.yaml" else path.name.rsplit(".", 1)[0]
    return name.strip(". ") or "run"


def make_new(name: str) -> Path:
    """Make and return the directory of a new run: the first that is free."""
    paths = itertools.chain([FOLDER / name], (FOLDER / f"{name}-{number}" for number in itertools.count(2)))
    return next(path for path in paths if _make(path))


def last(name: str) -> Path | None:
    """Return the directory of the run of that name with the highest number; None if there is none."""
    numbered = re.compile(rf"{re.escape(name)}(?:-([0-9]+))?")
    found = ((numbered.fullmatch(path.name), path) for path in FOLDER.glob("*"))
    taken = {int(match[1] or 1): path for match, path in found if match and _belongs_to(path, name)}
    return taken[max(taken)] if taken else None


def _belongs_to(path: Path, name: str) -> bool:
    """Whether a directory was named after a config.

    Its env.json says which; without that entry, the directory's whole name must equal it. A directory in which no run
    has begun yet counts as well.
    """
    run = Run(path)
    if not run.exists:
        return is_free(path)
    try:
        told = (run.environment() or {}).get("named_after")
    except (BpError, OSError):
        told = None
    return bool((path.name if told is None else told) == name)


def _make(path: Path) -> bool:
    """Make a directory; False if it exists, even if another process made it a moment ago."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        message = f"{path.parent}: expected a folder for runs; got something else"
        raise BpError(message, code=Exit.USAGE, hint="move it away, or name a run directory with --out") from error
    try:
        path.mkdir()
    except FileExistsError:
        return False
    return True
