"""Files made of runs and data sets: one that `bp` has made is replaced by a new one, any other is left alone."""

from pathlib import Path

from mnist_bp import __version__, regular
from mnist_bp.atomic import replacing
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.directory import Run

MARK = f"Made by mnist_bp {__version__}"
"""What each of these files says somewhere, as its generator, creator, software or description."""
ANY_VERSION = b"Made by mnist_bp "


def require_replaceable(path: Path) -> None:
    """Raise BpError (exit 2) if there is a file at a path that `bp` has not made, or one of a run, or no folder.

    To be asked before the work whose result `save` writes; raises OSError for what cannot be read.
    """
    if not path.parent.is_dir():
        raise BpError(f"{path}: expected a folder {path.parent} to write it to; there is none", code=Exit.USAGE)
    run = Run(path.resolve().parent)
    if run.exists and path.resolve() in run.files:  # which need not be there yet
        raise BpError(f"{path}: expected a file of its own; got one of a run's", code=Exit.USAGE)
    try:
        content = regular.content(path)
    except FileNotFoundError:
        return
    if ANY_VERSION not in content:
        message = f"{path}: expected no file, or one that bp has made; got another, which is left alone"
        raise BpError(message, code=Exit.USAGE, hint="another path writes it to another place")


def save(path: Path, content: bytes) -> None:
    """Write a file, whole, which must hold MARK; raises as `require_replaceable` does, and OSError."""
    require_replaceable(path)
    with replacing(path.resolve() if path.is_symlink() else path) as file:
        file.write(content)
