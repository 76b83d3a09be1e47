"""Running `bp`, and reading what it leaves behind."""

import csv
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from mnist_bp.cli.bp import bp

# Until click 8.2, which keeps them apart always, stderr went into stdout unless one said no.
APART: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


def run(*arguments: object) -> Result:
    """Run `bp` in this process."""
    return CliRunner(**APART).invoke(bp, [str(argument) for argument in arguments], prog_name="bp")


def loads(names: list[str], *arguments: str) -> list[str]:
    """Run `bp` in a process of its own; return which of some modules it has loaded at its end."""
    program = (
        "import sys\n"
        "from mnist_bp.cli.bp import bp\n"
        f"bp({[*arguments]!r}, standalone_mode=False)\n"
        f"print('loaded:', *[name for name in {names!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return result.stdout.splitlines()[-1].split()[1:]


def rows(path: Path | str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path, "metrics.csv").read_text().splitlines()))


def outcome(path: Path | str) -> tuple[list[dict[str, str]], bytes | None, bytes]:
    """Return all that two equal runs share: metrics but for the seconds, steps if there are any, and the checkpoint."""
    metrics = [{name: value for name, value in row.items() if name != "seconds"} for row in rows(path)]
    steps = Path(path, "steps.csv")
    return metrics, steps.read_bytes() if steps.exists() else None, Path(path, "checkpoint.npz").read_bytes()


def contents(folder: Path) -> dict[str, bytes]:
    """Return what the files of a folder hold, hidden ones included."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
