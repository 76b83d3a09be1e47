"""The run directory: what a run leaves behind, and all that is needed to continue it."""

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mnist_bp import config as configs
from mnist_bp import regular
from mnist_bp.atomic import leftovers
from mnist_bp.config import Config, catalog, nodes
from mnist_bp.config.dumped import parse_dumped, without_former
from mnist_bp.config.rules import is_finite
from mnist_bp.config.suggesting import closest
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.states import EVIDENCE, Event, State, leads_on
from mnist_bp.run.table import Table
from mnist_bp.run.written import WrittenFiles
from mnist_bp.train.records import Record, StepLoss, best

LOCK = "lock"  # the folder in a run directory that says which process writes there
BEGIN_AGAIN = "once checkpoint.npz and metrics.csv are deleted, bp train begins the run again"
LOGGED_ON = "once it is deleted, bp train goes on with a new one from the last checkpoint"
WRITTEN_AGAIN = "once it is deleted, bp train writes it again"
BEST = "best_epoch"  # in the summary of a run that keeps the parameters of the best epoch
IN_SUMMARY = ("epochs", "steps", "seconds", "test_loss", "test_accuracy")


class Run:
    """A run directory: config.yaml, env.json, the tables, checkpoint.npz and, in the end, summary or failure.json.

    `metrics` has a row for each epoch; `steps`, if that is asked for, one for every so many steps.
    Any process may read it; who writes it must hold its `Claim`: `check`, called right before each write, raises if
    that is lost.
    """

    def __init__(self, path: Path | str, check: Callable[[], None] = lambda: None) -> None:
        self.path = path = Path(path)
        self.check = check
        self.checkpoint = path / "checkpoint.npz"
        self._config = path / "config.yaml"
        self._environment = path / "env.json"
        self._summary = path / "summary.json"
        self._failure = path / "failure.json"
        self._files = WrittenFiles(check)
        self.metrics = Table(path / "metrics.csv", Record, self._files, hint=BEGIN_AGAIN)
        self.steps = Table(path / "steps.csv", StepLoss, self._files, hint=LOGGED_ON)

    @property
    def files(self) -> list[Path]:
        """The files that a run may have."""
        tables = [self.metrics.path, self.steps.path]
        return [self.checkpoint, self._config, self._environment, *tables, self._summary, self._failure]

    @property
    def state(self) -> State:
        """The state, as the files show it."""
        return next((state for state, file in EVIDENCE.items() if (self.path / file).is_file()), "new")

    @property
    def exists(self) -> bool:
        """Whether a run has begun here."""
        return self._config.is_file()

    def require_exists(self) -> None:
        """Raise BpError (exit 2) if no run has begun here."""
        if not self.exists:
            message = f"{self.path}: expected a run directory, with its config.yaml"
            raise BpError(message, code=Exit.USAGE, hint=_hint(self.path))

    def config(self, overrides: Sequence[str] = ()) -> Config:
        """Return the run's effective config, with overrides; raises BpError (exit 2) if there is no run.

        Another data set, by `data.name`, does not lie in the run's `data.dir`, has no `data.labels`, and is not mixed
        or distorted.
        """
        self.require_exists()
        text = nodes.read(self._config)
        config = parse_dumped(text, str(self._config))
        if not re.search(r"^seed:", text, re.MULTILINE):  # the last key; what is missing would be taken for defaults
            message = f"{self._config}: expected all keys, as bp writes them; got a part of them"
            raise BpError(message, hint="the config of the run stands in its checkpoint.npz, too, as `config`")
        if not overrides:
            return config
        elsewhere = any(override.strip().startswith("data.name") for override in overrides)
        own = ["data.dir=null", "data.labels=null", "data.extra={}", "data.augment=null"]
        changes = [*own * elsewhere, *overrides]
        return configs.parse(without_former(text), str(self._config), changes)

    def summary(self) -> dict[str, Any] | None:
        """Return how the run ended; None while it has not.

        Raises BpError if the summary is damaged, or if the metrics tell of another end.
        """
        if (summary := _read_json(self._summary)) is None:
            return None
        if not all(is_finite(summary.get(key)) for key in IN_SUMMARY):
            message = f"{self._summary}: expected finite numbers for {', '.join(IN_SUMMARY)}"
            raise BpError(message, hint=WRITTEN_AGAIN)
        last = self.metrics.last()
        kept = best(self.metrics.rows()) if BEST in summary else last
        if last is None or kept is None:
            raise BpError(f"{self.metrics.path}: expected a row, as the run is finished", hint=BEGIN_AGAIN)
        of_best = {BEST: kept.epoch} if BEST in summary else {}
        for key, value in {"epochs": last.epoch, "steps": last.step, **of_best, **kept.metrics}.items():
            if value is not None and not is_finite(value):
                raise BpError(f"{self.metrics.path}: expected a finite {key}; got {value}", hint=BEGIN_AGAIN)
            if (got := summary.get(key)) != value:
                told = f"expected {key} {json.dumps(value)}, as in metrics.csv; got {json.dumps(got)}"
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

    def require_records(self, steps: range) -> None:
        """Raise BpError unless the metrics have a row for each of the steps."""
        found = {record.step for record in self.metrics.rows()}
        if missing := [step for step in steps if step not in found]:
            message = f"{self.metrics.path}: expected a row for step {missing[0]}, as the checkpoint is further on"
            raise BpError(message, hint=BEGIN_AGAIN)

    def begin(self, config: Config, environment: Mapping[str, Any]) -> None:
        """Write config and environment; from now on the run, new or resumed, counts as neither finished nor failed.

        The summary goes first: beside the config of a longer run it would say that this one is finished.
        """
        self._require("begin")
        self.path.mkdir(parents=True, exist_ok=True)
        torn = [path for path in leftovers(self.path) if path.is_file()]  # the folders are those of claims
        for old in torn:
            self.check()
            old.unlink(missing_ok=True)
        for path in (self._summary, self._failure):
            self._files.delete(path)
        self._files.write(self._config, configs.dump(config).encode())
        self._write_json(self._environment, environment)

    def restore(self, *, by_content: bool = False) -> None:
        """Put back, with a warning, what others have changed or deleted since this process wrote it.

        It shows in the size of a file or in its content. The checkpoint is left out: it is soon replaced.
        """
        self._files.restore(by_content=by_content)

    def kept(self, config: Config) -> Record | None:
        """Return the record of the epoch whose parameters the checkpoint has, by the run's config; None before one."""
        return best(self.metrics.rows()) if config.train.keep == "best" else self.metrics.last()

    def finish(self, parameters: int) -> dict[str, Any]:
        """Write and return the summary, which makes the run a finished one: totals, and the metrics of what is kept."""
        self.restore(by_content=True)
        self._require("finish")
        records, config = self.metrics.rows(), self.config()
        last, kept = records[-1], self.kept(config) or records[-1]
        summary = {
            "epochs": last.epoch,
            "steps": last.step,
            "seconds": round(sum(record.seconds for record in records), 3),
            "parameters": parameters,
            **({BEST: kept.epoch} if config.train.keep == "best" else {}),
            **kept.metrics,
        }
        self._write_json(self._summary, summary)
        return summary

    def fail(self, message: str, step: int) -> None:
        """Write down why the run, begun and not finished, could not go on, and the last step before.

        It stands there until the run begins again. Of a run that has not begun, or is finished, nothing is written.
        """
        if leads_on(self.state, "fail"):
            self._write_json(self._failure, {"message": message, "step": step})

    def _require(self, event: Event) -> None:
        if not leads_on(self.state, event):
            raise RuntimeError(f"{self.path}: a run that is {self.state} cannot {event}")

    def _write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        self._files.write(path, (json.dumps(content, indent=2) + "\n").encode())


def _hint(path: Path) -> str | None:
    """Return what may have been meant by a path where no run has begun."""
    quoted = shlex.quote(str(path))
    if path.suffix.lower() == ".zip" and path.is_file():
        return f"unpack it first: python -m zipfile -e {quoted} FOLDER"
    if path.parent == Path("runs") and path.name in catalog.configs() and not path.exists():
        return f"bp train {path.name} makes it"
    inside = [found.parent for found in path.glob("*/config.yaml")]
    if len(inside) > 1:
        return f"it is a folder of runs: bp ls {quoted} lists them, bp sweep best {quoted} names the best one"
    meant = inside[0] if inside else _meant(path)
    return f"did you mean {meant}?" if meant else None


def _meant(path: Path) -> Path | None:
    """Return the run directory of a similar name, beside a missing one or in runs/."""
    for folder in (path.parent, Path("runs")):
        runs = {found.parent.name: found.parent for found in folder.glob("*/config.yaml")}
        if name := closest(path.name, runs):
            return runs[name]
    return None


def is_free(path: Path) -> bool:
    """Whether a directory may become a run's: there is none, or nothing in it but what beginning runs leave."""
    return not path.exists() or (path.is_dir() and {*path.iterdir()} <= {path / LOCK, *leftovers(path)})


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(regular.content(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        hint = WRITTEN_AGAIN if isinstance(error, regular.IrregularError) else None
        raise BpError(f"{path}: cannot read it: {error.strerror}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise BpError(f"{path}: expected a JSON object; got something else: {error}", hint=WRITTEN_AGAIN) from error
    if not isinstance(content, dict):
        raise BpError(f"{path}: expected a JSON object; got another value", hint=WRITTEN_AGAIN)
    return content
