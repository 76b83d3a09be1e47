"""What a run came to, as far as all its files agree."""

import json
import math
import os
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from mnist_bp import config as configs
from mnist_bp.config import Config, nodes
from mnist_bp.config.identity import MAY_CHANGE
from mnist_bp.config.schema import keys, replaced
from mnist_bp.errors import BpError
from mnist_bp.run.directory import Run
from mnist_bp.sweep.metrics import METRICS
from mnist_bp.train import records
from mnist_bp.train.records import Record

FILES = ("config.yaml", "metrics.csv", "summary.json", "failure.json")  # those that are read
END = 1024  # bytes at the end of the metrics, of which the last row is fewer than 300
NO_MATTER = {"seed"} | MAY_CHANGE - {"data.dir"}  # in a setting; another folder may hold other data

State = Literal["finished", "failed", "unfinished", "damaged", "missing"]


@dataclass(frozen=True)
class Result:
    """What became of a run: the last record of a finished one; why, and after which step, a failed one failed.

    Of a damaged one, `failure` says what is wrong; that there is a config is all that is known of a missing one.
    """

    path: Path
    config: Config
    state: State
    last: Record | None = None
    failure: str = ""
    step: int | None = None

    @cached_property
    def setting(self) -> Config:
        """The config without what may differ between the runs of a setting: those keys have their defaults."""
        return replaced(self.config, {key: keys()[key].default for key in NO_MATTER})


def read(path: Path) -> Result:
    """Read what a run came to; raises BpError if it cannot be known, be it that there is no run."""
    for name in FILES:
        if (path / name).exists() and not (path / name).is_file():  # to read from a pipe would be to wait for ever
            raise BpError(f"{path / name}: expected a file")
    run = Run(path)
    config = _config(path / "config.yaml") if run.exists else run.config()
    if (summary := run.summary()) is not None:
        return Result(path, config, "finished", last=_confirmed(path, config, summary))
    if (failure := run.failure()) is not None:
        return Result(path, config, "failed", failure=failure["message"], step=failure["step"])
    return Result(path, config, "unfinished")


def _config(path: Path) -> Config:
    """Return a run's config. One that `dump` wrote is read by its lines unlike the defaults, in a tenth of the time."""
    text = nodes.read(path)
    overrides = [
        f"{key}={line.partition(': ')[2]}"
        for line, (key, default) in zip(text.splitlines(), _default_lines(), strict=False)
        if line != default
    ]
    try:
        config = configs.parse("", str(path), overrides)
        if configs.dump(config) == text:
            return config
    except BpError:
        pass  # and now with the line's number
    return configs.parse(text, str(path))


@cache
def _default_lines() -> list[tuple[str, str]]:
    """Return the lines of the default config, each with its dotted key, which is empty for that of a section."""
    section, lines = "", []
    for line in configs.dump(Config()).splitlines():
        name = line.partition(":")[0]
        if line.endswith(":"):
            section, name = name, ""
        lines.append((f"{section}.{name.strip()}" if name.startswith(" ") else name, line))
    return lines


def _confirmed(path: Path, config: Config, summary: dict[str, Any]) -> Record:
    """Return the last record if summary and config agree with it."""
    last = _last_record(path / "metrics.csv")
    if last is None:
        raise BpError(f"{path / 'metrics.csv'}: expected a row, as the run is finished")
    came = {"epochs": last.epoch, "steps": last.step} | {metric: getattr(last, metric) for metric in METRICS}
    for key, value in came.items():
        if summary.get(key) != value:
            told = json.dumps(summary.get(key))
            raise BpError(f"{path / 'summary.json'}: expected {key} {json.dumps(value)}, as in metrics.csv; got {told}")
        if value is not None and not math.isfinite(value):
            raise BpError(f"{path / 'metrics.csv'}: expected a finite {key}; got {value}")
    if last.epoch != config.train.epochs and last.step != config.train.max_steps:
        length = f"train.epochs={config.train.epochs}"
        raise BpError(
            f"{path / 'summary.json'}: expected the end of {length}; got epoch {last.epoch}, step {last.step}"
        )
    return last


def _last_record(path: Path) -> Record | None:
    """Return the last whole row of the metrics, if there is one; of a long file, header and end alone are read."""
    try:
        with path.open("rb") as file:
            header = file.read(len(records.HEADER))
            file.seek(max(len(header), file.seek(0, os.SEEK_END) - END))
            *whole, _ = file.read().split(b"\n")  # what follows the last line's end is torn
    except FileNotFoundError:
        return None
    try:
        parsed = records.parse((header + b"".join(row + b"\n" for row in whole[-1:])).decode("ascii", "replace"))
    except ValueError as error:
        raise BpError(f"{path}: at its end: {error}") from error
    return parsed[-1] if parsed else None
