"""The run directory: what a run leaves behind, and all that is needed to go on with it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mnist_bp import config as configs
from mnist_bp import records
from mnist_bp.atomic import replacing
from mnist_bp.config import Config
from mnist_bp.errors import BpError, Exit
from mnist_bp.records import Record

MAY_CHANGE = ("train.epochs", "train.max_steps", "data.cache_dir", "data.mirrors")  # in a run that is resumed


class Run:
    """A run directory: config.yaml, env.json, metrics.csv, checkpoint.npz and, once finished, summary.json."""

    def __init__(self, path: Path | str) -> None:
        self.path = path = Path(path)
        self.checkpoint = path / "checkpoint.npz"
        self._config = path / "config.yaml"
        self._metrics = path / "metrics.csv"
        self._summary = path / "summary.json"

    @property
    def exists(self) -> bool:
        """Whether a run has begun here."""
        return self._config.is_file()

    def config(self, overrides: Sequence[str] = ()) -> Config:
        """Return the run's effective config, with overrides; raises BpError (exit 2) if there is no run."""
        if not self.exists:
            raise BpError(f"{self.path}: expected a run directory, with its config.yaml", code=Exit.USAGE)
        return configs.load(self._config, overrides)

    def summary(self) -> dict[str, Any] | None:
        """Return how the run ended; None while it has not."""
        try:
            summary: dict[str, Any] = json.loads(self._summary.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise BpError(f"{self._summary}: expected JSON: {error}") from error
        return summary

    def records(self) -> list[Record]:
        """Return the metrics so far."""
        try:
            return records.parse(self._metrics.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except ValueError as error:
            raise BpError(f"{self._metrics}: {error}") from error

    def require_place_for(self, config: Config, *, resume: bool) -> None:
        """Refuse, with exit 2, to overwrite what is in the directory or to continue it as something else."""
        if not self.exists:
            if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
                raise BpError(f"{self.path}: expected a new or empty directory, or a run to resume", code=Exit.USAGE)
            return
        if not resume:
            hint = "--resume continues it; another --out begins a new one"
            raise BpError(f"{self.path}: already holds a run", code=Exit.USAGE, hint=hint)
        changed = configs.differences(self.config(), config)
        forbidden = [f"{key} was {old} and is {new}" for key, (old, new) in changed.items() if key not in MAY_CHANGE]
        if forbidden:
            raise BpError(
                f"{self.path}: expected the config that the run began with; {'; '.join(forbidden)}",
                code=Exit.USAGE,
                hint="another --out begins a new run",
            )

    def begin(self, config: Config, environment: Mapping[str, Any]) -> None:
        """Write config and environment; the run, new or resumed, is unfinished from now on."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._summary.unlink(missing_ok=True)
        _write_json(self.path / "env.json", environment)
        with replacing(self._config) as file:
            file.write(configs.dump(config).encode())

    def keep_records(self, keep: Callable[[Record], bool]) -> None:
        """Cut the metrics down to their header and the records to keep."""
        kept = [record.line() for record in self.records() if keep(record)]
        with replacing(self._metrics) as file:
            file.write((records.HEADER + "".join(kept)).encode())

    def append(self, record: Record) -> None:
        """Add a row to the metrics."""
        with self._metrics.open("a", encoding="utf-8") as file:
            file.write(record.line())

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write the summary, which makes the run a finished one."""
        _write_json(self._summary, summary)


def directory(config_file: str, *, resume: bool) -> Path:
    """Return the default place of a run of CONFIG.yaml: the first free one of runs/CONFIG, runs/CONFIG-2, and so on.

    To resume, it is the last that is taken.
    """
    name, last, number = Path(config_file).stem, None, 1
    path = Path("runs") / name
    while path.exists():
        last, number = path, number + 1
        path = Path("runs") / f"{name}-{number}"
    return last if resume and last else path


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with replacing(path) as file:
        file.write((json.dumps(content, indent=2) + "\n").encode())
