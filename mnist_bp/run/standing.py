"""How far a run is that has not finished, in words: what is said of its network is said of that moment."""

from pathlib import Path

from mnist_bp.config import Config
from mnist_bp.errors import BpError
from mnist_bp.run import naming
from mnist_bp.run.continuing import command_line, require_place
from mnist_bp.run.directory import LOCK, Run


def unfinished(path: Path | str) -> str | None:
    """Return how far a run is and, unless it has failed, the command that continues it; None of a finished one."""
    path = Path(path)  # without the slash that completion ends a folder with
    run = Run(path)
    if run.state == "finished":
        return None
    if run.state == "failed":
        return f"{path} has failed{_progress(run)}"
    unless = ", unless a process is still training it" if (run.path / LOCK).exists() else ""
    return f"{path} is unfinished{_progress(run)}; {command_line(path)} continues it{unless}"


def interrupted(name: str, config: Config) -> str | None:
    """Return how far the last run of that name is and the command that continues it, as this run is another one.

    None if it is not unfinished, or could not go on with this config.
    """
    path = naming.last(name)
    if path is None or Run(path).state != "unfinished":
        return None
    try:
        require_place(Run(path), config, resume=True)
    except BpError:  # it is another run
        return None
    progress = _progress(Run(path))
    return f"{path} is unfinished{progress}; this is a new run, and {command_line(path)} continues that one"


def _progress(run: Run) -> str:
    """Return how many of its epochs a run has behind it; nothing if its files are damaged."""
    try:
        last, epochs = run.metrics.last(), run.config().train.epochs
    except BpError:
        return ""
    return f", after {last.epoch if last else 0} of {epochs} epochs"
