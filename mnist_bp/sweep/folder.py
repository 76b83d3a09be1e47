"""The folder of a sweep file: sweeps/ and the file's name, with a note in it of which file it belongs to."""

import os
from pathlib import Path

from mnist_bp import regular
from mnist_bp.atomic import replacing
from mnist_bp.config import catalog
from mnist_bp.errors import BpError, Exit

SWEEPS = Path("sweeps")
NOTE = "sweep.txt"  # the path of the sweep file from the folder, by which both may move together
PACKAGED = "mnist_bp:"  # instead, before the name of a sweep that comes with the package, wherever that lies


def folder_of(file: Path) -> Path:
    """Return the folder of a sweep file; raises BpError (exit 2) if its name is nothing but an ending."""
    name = file.name.rpartition(".")[0] or file.name
    if name in ("", ".", ".."):
        message = f"{file}: expected a file whose name can name the folder of its runs; got {file.name!r}"
        raise BpError(message, code=Exit.USAGE, hint="--out DIR names the folder")
    return SWEEPS / name


def require_own(folder: Path, file: Path) -> None:
    """Raise BpError (exit 2) if the folder belongs to another file: a table of the runs of both would mean nothing."""
    try:
        noted = os.fsdecode(regular.content(folder / NOTE)).removesuffix("\n")
    except FileNotFoundError:
        return
    except regular.IrregularError as error:
        raise BpError(f"{error.filename}: {error.strerror}", code=Exit.USAGE, hint="delete it") from error
    if noted == _note(folder, file):
        return
    owner = folder.resolve() / noted
    try:
        same = owner.name == file.name and owner.parent.samefile(file.parent)  # by which its base is found
    except (OSError, ValueError):  # there is no such file, or cannot be
        same = False
    if not same:
        packaged = noted.startswith(PACKAGED)
        other = f"{noted.removeprefix(PACKAGED)}, which comes with bp" if packaged else _path(owner, Path())
        raise BpError(
            f"{folder}: expected the folder of {file}; got that of {other}",
            code=Exit.USAGE,
            hint="give the sweep another name, or plan it by `bp sweep plan`, with --out DIR; "
            f"if its file has moved, delete {folder / NOTE}",
        )


def take(folder: Path, file: Path) -> None:
    """Note that the folder belongs to a file."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / NOTE) as note:
        note.write(os.fsencode(f"{_note(folder, file)}\n"))


def _note(folder: Path, file: Path) -> str:
    name = catalog.name_of(file)
    return f"{PACKAGED}{name}" if name else _path(file.parent.resolve() / file.name, folder).as_posix()


def _path(path: Path, start: Path) -> Path:
    """Return a path as seen from a folder; on another drive of Windows, the whole path."""
    try:
        return Path(os.path.relpath(path, start.resolve()))
    except ValueError:
        return path
