"""Configs and sweeps by name: those that come with the package, and which file is meant by what a user gives."""

import re
from pathlib import Path

from mnist_bp.config.access import as_setting
from mnist_bp.config.suggesting import closest
from mnist_bp.errors import BpError, Exit

PACKAGE = Path(__file__).parents[1]


def home() -> Path:
    """Return the folder that holds configs/ and scripts/: in a wheel the package, in a checkout the one around it."""
    return PACKAGE if (PACKAGE / "configs").is_dir() else PACKAGE.parent


def configs() -> dict[str, Path]:
    """Return the configs that come with the package, by name."""
    return _by_name(home() / "configs")


def sweeps() -> dict[str, Path]:
    """Return the sweeps that come with the package, by name."""
    return _by_name(home() / "configs" / "sweeps")


def _by_name(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"), key=lambda path: path.stem)}


def about(file: Path) -> str:
    """Return the first sentence of the comment that a config opens with."""
    comment = " ".join(re.findall(r"^# *(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE))
    return re.split(r"(?<=[.?]) ", comment)[0].removesuffix(".")


def name_of(file: Path) -> str | None:
    """Return the name of a file that comes with the package; None for any other."""
    known = (configs() | sweeps()).get(file.stem)
    same = known is not None and known.parent.resolve() / known.name == file.parent.resolve() / file.name
    return file.stem if same else None


def find(given: Path | str, folder: Path = Path()) -> Path:
    """Return the config that is meant: an existing file, seen from a folder, or else the packaged one of that name.

    `book` and `book.yaml` are names. Raises BpError (exit 2), with the likeliest one, if there is neither.
    """
    return _find("config", str(given), folder)


def find_sweep(given: Path | str) -> Path:
    """Return the sweep that is meant, as `find` does the config."""
    return _find("sweep", str(given), Path())


def _find(kind: str, given: str, folder: Path) -> Path:
    known, others = (configs(), sweeps()) if kind == "config" else (sweeps(), configs())
    file, name = folder / given, given.removesuffix(".yaml")
    if name in known and not file.is_file():
        return known[name]
    if file.is_dir():
        own = file / "config.yaml"
        hint = f"did you mean {own}?" if kind == "config" and own.is_file() else None
        raise BpError(f"{file}: expected a {kind} file; got a folder", code=Exit.USAGE, hint=hint)
    if file.exists():
        return file
    if name in others:
        message = f"{given}: expected a {kind}; got the name of a {'sweep' if kind == 'config' else 'config'}"
        hint = f"bp sweep plan {name}" if kind == "config" else f"bp train {name}, or bp sweep plan --config {name}"
        raise BpError(message, code=Exit.USAGE, hint=hint)
    message = f"{file}: expected a {kind} file, or the name of one; there is neither"
    raise BpError(message, code=Exit.USAGE, hint=_advice(given, file, known))


def _advice(given: str, file: Path, known: dict[str, Path]) -> str | None:
    """Return which file beside a missing one, or which name, is likely to be meant.

    What is called config.yaml goes by the name of its folder.
    """
    if setting := as_setting(given):
        return f"did you mean {setting}?"
    if file.name == "config.yaml":
        runs = {path.parent.name: path for path in file.parent.parent.glob("*/config.yaml")}
        close = closest(file.parent.name, runs)
        return f"did you mean {runs[close]}?" if close else None
    beside = {path.stem: str(path) for path in sorted(file.parent.glob("*.y*ml"))}
    for candidates in (beside, {name: name for name in known}):
        if close := closest(file.stem, candidates):
            return f"did you mean {candidates[close]}?"
    return "`bp config --list` lists those that come with bp"
