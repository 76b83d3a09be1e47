"""A trainer and its run directory, kept in one state: whenever the process ends, the run goes on from there."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mnist_bp import config as configs
from mnist_bp import machine
from mnist_bp.config import Config
from mnist_bp.data import Dataset
from mnist_bp.errors import BpError, Exit
from mnist_bp.run import checkpoint
from mnist_bp.run.directory import Run
from mnist_bp.train.records import Record
from mnist_bp.train.trainer import Trainer

CONTINUE = "the same command continues from there, with --resume if it names no --out"

log = logging.getLogger(__name__)


@dataclass
class TrainingRun:
    """A run directory and the trainer of its network; `saved` is the step of its checkpoint, 0 without one."""

    run: Run
    config: Config
    dataset: Dataset
    trainer: Trainer
    saved: int = field(default=0, init=False)

    def start(self) -> None:
        """Put the trainer where the run stands, at its start if it is new, and the run's files with it.

        Raises BpError if the checkpoint is not this run's or not of these data (exit 2), if the config asks for fewer
        steps than are done (exit 2), if checkpoint or metrics are damaged, or if the directory cannot be written to.
        Warns of an earlier failure, and of a changed environment.
        """
        with self.noting_failure():
            self._start()

    def _start(self) -> None:
        run, trainer, epoch_steps = self.run, self.trainer, self.trainer.batches.steps
        now, changes = machine.describe(), []
        if run.checkpoint.exists():
            self._restore()
            run.require_records(range(epoch_steps, self.saved + 1, epoch_steps))
            changes = _changes(run, now, self.saved)
        elif run.records():
            log.warning("%s: there is no checkpoint; starting again from step 0", run.path)
        if failure := run.failure():
            log.warning("%s: failed after step %s: %s; trying again", run.path, failure["step"], failure["message"])
        data = {
            "name": self.dataset.name,
            "train": len(self.dataset.train),
            "test": len(self.dataset.test),
            "fingerprint": self.dataset.fingerprint,
        }
        with self._writing():
            run.begin(self.config, now | {"data": data, "changes": changes})
            run.keep_records(lambda record: record.step <= self.saved and record.step % epoch_steps == 0)
        if trainer.finished:  # it may now be so by a config that the checkpoint does not have yet
            self.save(trainer.record(time.perf_counter()) if self.saved % epoch_steps else None)

    def save(self, record: Record | None) -> None:
        """Write a checkpoint, and the record that is due now, if one is; raises BpError if they cannot be written.

        The record goes first: a row beyond the checkpoint is made again, while a missing one would be lost.
        """
        with self._writing():
            if record:
                self.run.append(record)
            checkpoint.save(
                self.run.checkpoint,
                self.trainer,
                config=self._yaml,
                fingerprint=self.dataset.fingerprint,
                check=self.run.check,
            )
        self.saved = self.trainer.position.step

    def finish(self) -> dict[str, Any]:
        """Write and return the summary; raises BpError if it cannot be written."""
        with self.noting_failure(), self._writing():
            return self.run.finish(self.trainer.network.parameters.size)

    @contextmanager
    def noting_failure(self) -> Iterator[None]:
        """Let the run directory tell of an error that ends the training, but for interruptions and wrong usage."""
        try:
            yield
        except (BpError, MemoryError, OSError) as error:
            if not isinstance(error, BpError) or error.code == Exit.FAILURE:
                message = f"not enough memory: {error}" if isinstance(error, MemoryError) else str(error)
                with suppress(BpError, OSError):  # the directory may be what has failed, or another process's now
                    self.run.fail(message, self.trainer.position.step)
            raise

    @property
    def last_good(self) -> str:
        """Where the run could go on from, in words."""
        if not self.saved:
            return "there is no checkpoint yet"
        return f"the last good checkpoint, {self.run.checkpoint}, is of step {self.saved}"

    @cached_property
    def _yaml(self) -> str:
        return configs.dump(self.config)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"{error.filename or self.run.path}: cannot write it: {error.strerror}; {self.last_good}"
            raise BpError(message, hint=f"once it can be written, {CONTINUE}") from error

    def _restore(self) -> None:
        run, trainer, dataset = self.run, self.trainer, self.dataset
        found = checkpoint.read(run.checkpoint)
        run.require_own(found.config, checkpoint.BEGIN_AGAIN)
        if found.fingerprint != dataset.fingerprint:
            message = (
                f"{run.checkpoint}: expected the data that it was trained on, of fingerprint {found.fingerprint:.12}…; "
                f"got {dataset.name} of fingerprint {dataset.fingerprint:.12}…"
            )
            hint = "with those data in their place, the same command continues; another --out begins a new run"
            raise BpError(message, code=Exit.USAGE, hint=hint)
        found.restore(trainer)
        self.saved = trainer.position.step
        if self.saved > trainer.steps:
            message = f"{run.path}: already at step {self.saved}; expected to end at {trainer.steps}"
            raise BpError(message, code=Exit.USAGE, hint="ask for more train.epochs or train.max_steps")


def _changes(run: Run, now: Mapping[str, Any], step: int) -> list[Any]:
    """Return every change of the run's environment: the step, and what was different before. Warn of a new one."""
    before = run.environment()
    if before is None:
        log.warning("%s: has no env.json: this machine cannot be compared with the one it began on", run.path)
        return [{"step": step, "before": None}]
    changed = dict(_differences(before, now))
    for key, (old, new) in changed.items():
        log.warning("%s: %s was %s, is %s; the last bits may differ", run.path, key, old, new)
    changes = before.get("changes")
    changes = changes if isinstance(changes, list) else []
    return [*changes, {"step": step, "before": {key: old for key, (old, _) in changed.items()}}] if changed else changes


def _differences(before: Any, now: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield the keys of `now`, dotted, that had another value or none, with both values."""
    for key, new in now.items():
        old = before.get(key) if isinstance(before, dict) else None
        if isinstance(new, dict):
            yield from _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            yield prefix + key, (old, new)
