"""The run directory: what a run leaves behind, and all that is needed to continue it."""

import itertools
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mnist_bp import config as configs
from mnist_bp.atomic import leftovers, replacing
from mnist_bp.config import Config, TrainConfig
from mnist_bp.config.identity import LENGTH
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.claim import LOCK
from mnist_bp.train import records
from mnist_bp.train.records import Record

BEGIN_AGAIN = "once metrics.csv and checkpoint.npz are deleted, bp train begins the run again"
IN_SUMMARY = ("epochs", "steps", "seconds", "test_loss", "test_accuracy")
WRITTEN_AGAIN = "once it is deleted, bp train writes it again"


class Run:
    """A run directory: config.yaml, env.json, metrics.csv, checkpoint.npz and, in the end, summary or failure.json.

    Any process may read it; who writes it must hold its `Claim`: `check`, called right before each write, raises if
    that is lost.
    """

    def __init__(self, path: Path | str, check: Callable[[], None] = lambda: None) -> None:
        self.path = path = Path(path)
        self.check = check
        self.checkpoint = path / "checkpoint.npz"
        self._config = path / "config.yaml"
        self._environment = path / "env.json"
        self._metrics = path / "metrics.csv"
        self._summary = path / "summary.json"
        self._failure = path / "failure.json"

    @classmethod
    def new(cls, config_file: str) -> "Run":
        """Make the directory of a new run of CONFIG.yaml: the first of runs/CONFIG, runs/CONFIG-2, … that is free."""
        return cls(next(path for path in _default_paths(config_file) if _made(path)))

    @classmethod
    def last(cls, config_file: str) -> "Run":
        """Return the run of CONFIG.yaml with the highest number under runs/, or the place of its first."""
        first = next(_default_paths(config_file))
        numbered = re.compile(rf"{re.escape(first.name)}(-([0-9]+))?")
        found = ((numbered.fullmatch(path.name), path) for path in first.parent.glob("*"))
        taken = {int(match[2] or 1): path for match, path in found if match}
        return cls(taken[max(taken)] if taken else first)

    @property
    def exists(self) -> bool:
        """Whether a run has begun here."""
        return self._config.is_file()

    def config(self, overrides: Sequence[str] = ()) -> Config:
        """Return the run's effective config, with overrides; raises BpError (exit 2) if there is no run.

        Another data set, by `data.name`, does not lie in the run's `data.dir`.
        """
        if not self.exists:
            raise BpError(f"{self.path}: expected a run directory, with its config.yaml", code=Exit.USAGE)
        elsewhere = any(override.strip().startswith("data.name") for override in overrides)
        return configs.load(self._config, [*["data.dir=null"] * elsewhere, *overrides])

    def summary(self) -> dict[str, Any] | None:
        """Return how the run ended; None while it has not."""
        summary = _read_json(self._summary)
        if summary is not None and not all(_is_finite(summary.get(key)) for key in IN_SUMMARY):
            message = f"{self._summary}: expected finite numbers for {', '.join(IN_SUMMARY)}"
            raise BpError(message, hint=WRITTEN_AGAIN)
        return summary

    def summary_of(self, config: Config) -> dict[str, Any] | None:
        """Return how the run ended, if it is of the length that a config asks, which is its own otherwise.

        Raises BpError if the metrics tell of another end.
        """
        done = self.exists and self.checkpoint.exists() and configs.has_same_length(self.config(), config)
        if not done or (summary := self.summary()) is None:
            return None
        if not (records := self.records()):
            raise BpError(f"{self._metrics}: expected a row, as the run is finished", hint=BEGIN_AGAIN)
        last = records[-1]
        for key, value in {"epochs": last.epoch, "steps": last.step, **_metrics(last)}.items():
            if (came := summary.get(key)) != value:
                told = f"expected {key} {json.dumps(value)}, as in metrics.csv; got {json.dumps(came)}"
                raise BpError(f"{self._summary}: {told}", hint=WRITTEN_AGAIN)
        return summary

    def failure(self) -> dict[str, Any] | None:
        """Return the `message` with which the run failed, and the last `step` before; None if it last did not."""
        failure = _read_json(self._failure)
        if failure is not None and not (isinstance(failure.get("message"), str) and type(failure.get("step")) is int):
            message = f"{self._failure}: expected a message and the number of a step"
            raise BpError(message, hint="once it is deleted, the run can be tried again")
        return failure

    def environment(self) -> dict[str, Any] | None:
        """Return what `begin` was last told of the environment; None if it has not been."""
        return _read_json(self._environment)

    def records(self) -> list[Record]:
        """Return the metrics so far."""
        try:
            text = self._metrics.read_text(encoding="ascii", errors="replace")  # a torn row may be anything
        except FileNotFoundError:
            return []
        try:
            return records.parse(text)
        except ValueError as error:
            raise BpError(f"{self._metrics}: {error}", hint=BEGIN_AGAIN) from error

    def require_place_for(self, config: Config, *, resume: bool) -> None:
        """Refuse, with exit 2, to overwrite what is in the directory or to continue it as something else.

        Without `resume`, to another length is something else.
        """
        free = not self.path.exists() or (
            self.path.is_dir() and {*self.path.iterdir()} <= {self.path / LOCK, *leftovers(self.path)}
        )
        if not self.exists:  # asked last: another process may be beginning the run
            if not free:
                raise BpError(f"{self.path}: expected a new or empty directory, or a run to resume", code=Exit.USAGE)
            return
        before = self.config()
        hint = "another --out begins a new run"
        if changes := configs.forbidden_changes(before, config):
            if configs.has_fixed_length(before):
                hint += "; with train.schedule_epochs set from its start, its length may change later"
        elif not resume and not configs.has_same_length(before, config):
            changes = {key: values for key, values in configs.differences(before, config).items() if key in LENGTH}
            if _is_longer(before.train, config.train):
                hint = "--resume continues it to another length; " + hint
        if changes:
            changed = "; ".join(f"{key} was {old}, is {new}" for key, (old, new) in changes.items())
            message = f"{self.path}: expected the config that the run began with; {changed}"
            raise BpError(message, code=Exit.USAGE, hint=hint)

    def require_own(self, checkpoint_config: str, hint: str) -> None:
        """Refuse, with exit 2 and a hint, a checkpoint whose config, as YAML, is that of another run."""
        own, other = self.config(), configs.parse(checkpoint_config, str(self.checkpoint))
        if changes := configs.forbidden_changes(own, other):
            which = "; ".join(f"{key} is {theirs} instead of {ours}" for key, (ours, theirs) in changes.items())
            message = f"{self.checkpoint}: expected the checkpoint of this run; got another's, in which {which}"
            raise BpError(message, code=Exit.USAGE, hint=hint)

    def require_records(self, steps: range) -> None:
        """Raise BpError unless the metrics have a row for each of the steps."""
        found = {record.step for record in self.records()}
        if missing := [step for step in steps if step not in found]:
            message = f"{self._metrics}: expected a row for step {missing[0]}, as the checkpoint is further on"
            raise BpError(message, hint=BEGIN_AGAIN)

    def begin(self, config: Config, environment: Mapping[str, Any]) -> None:
        """Write config and environment; the run, new or resumed, has neither finished nor failed from now on.

        The summary goes first: beside the config of a longer run it would say that this one is finished.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        torn = [path for path in leftovers(self.path) if path.is_file()]  # the folders are those of claims
        for old in (*torn, self._summary, self._failure):
            self.check()
            old.unlink(missing_ok=True)
        with replacing(self._config, self.check) as file:
            file.write(configs.dump(config).encode())
        self._write_json(self._environment, environment)

    def keep_records(self, keep: Callable[[Record], bool]) -> None:
        """Cut the metrics down to their header and the records to keep."""
        kept = [record.line() for record in self.records() if keep(record)]
        with replacing(self._metrics, self.check) as file:
            file.write((records.HEADER + "".join(kept)).encode())

    def append(self, record: Record) -> None:
        """Add a row to the metrics, durably."""
        with self._metrics.open("a", encoding="utf-8") as file:
            line = record.line()
            self.check()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def finish(self, parameters: int) -> dict[str, Any]:
        """Write and return the summary, which makes the run a finished one: the last record, and totals."""
        records = self.records()
        last = records[-1]
        summary = {
            "epochs": last.epoch,
            "steps": last.step,
            "seconds": round(sum(record.seconds for record in records), 3),
            "parameters": parameters,
            **_metrics(last),
        }
        self._write_json(self._summary, summary)
        return summary

    def fail(self, message: str, step: int) -> None:
        """Write down why the run, begun and not finished, could not go on, and the last step before.

        It stands there until the run begins again.
        """
        if self.exists and not self._summary.is_file():
            self._write_json(self._failure, {"message": message, "step": step})

    def _write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        with replacing(path, self.check) as file:
            file.write((json.dumps(content, indent=2) + "\n").encode())


def _default_paths(config_file: str) -> Iterator[Path]:
    path = Path(config_file)
    name = path.resolve().parent.name if path.name == "config.yaml" else path.stem  # another run's: by its directory
    yield Path("runs", name)
    yield from (Path("runs", f"{name}-{number}") for number in itertools.count(2))


def _made(path: Path) -> bool:
    """Make a directory; False if there is one, be it of another process a moment ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir()
    except FileExistsError:
        return False
    return True


def _is_longer(before: TrainConfig, after: TrainConfig) -> bool:
    """Whether a run of the one length surely takes more steps by the other, however many an epoch has."""
    steps = [train.max_steps or math.inf for train in (before, after)]
    return after.epochs >= before.epochs and steps[1] >= steps[0]


def _metrics(record: Record) -> dict[str, float | None]:
    names = [f"{split}_{what}" for split in ("train", "validation", "test") for what in ("loss", "accuracy")]
    return {name: getattr(record, name) for name in names}


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and abs(value) <= sys.float_info.max


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError) as error:
        raise BpError(f"{path}: expected JSON: {error}") from error
    if not isinstance(content, dict):
        raise BpError(f"{path}: expected a JSON object")
    return content
