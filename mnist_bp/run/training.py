"""A training and its run directory, kept in one state: whenever the process ends, the next one goes on from there."""

import logging
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from mnist_bp import config as configs
from mnist_bp import machine
from mnist_bp.config import Config
from mnist_bp.data.dataset import Dataset
from mnist_bp.errors import BpError, Exit
from mnist_bp.run import checkpoint
from mnist_bp.run.continuing import BEGIN_NEW, command_line, require_own
from mnist_bp.run.directory import Run
from mnist_bp.run.environment import changes_of
from mnist_bp.train.records import Record, best
from mnist_bp.train.shadow import WrongGradientError
from mnist_bp.train.trainer import DivergenceError, EpochEnd, Trainer

log = logging.getLogger(__name__)


class Stopping(AbstractContextManager["Stopping"], Protocol):
    """Whoever may ask a training to stop: once `code` is no longer None, it saves a checkpoint and ends with that."""

    code: Exit | None


class Display(AbstractContextManager["Display"], Protocol):
    """Whoever shows a training: told after each step, and of each record."""

    def step(self) -> None:
        """Show where the training stands."""

    def epoch(self, record: Record) -> None:
        """Show the results of an epoch."""


@dataclass
class Training:
    """A run directory and the trainer of its network, kept in one state; `saved` is the checkpoint's step, or 0.

    `origin` is noted of a run that begins: the name of its config file, and that which its directory was named after.
    """

    run: Run
    config: Config
    dataset: Dataset
    trainer: Trainer
    origin: Mapping[str, str | None]
    saved: int = 0

    def train(self, stopping: Stopping, display: Callable[[Path, Trainer], Display]) -> dict[str, Any]:
        """Go on from where the run stands to its end; return its summary."""
        with stopping, self._noting_failure():
            self._start()
            with display(self.run.path, self.trainer) as shown:
                self._loop(stopping, shown)
        with self._noting_failure(), self._writing():
            return self.run.finish(self.trainer.network.parameters.size)

    def _loop(self, stopping: Stopping, shown: Display) -> None:
        """Train, and save a checkpoint after each epoch, every so many seconds, and when it is time to stop."""
        trainer, seconds = self.trainer, self.config.train.checkpoint_seconds
        next_save = time.monotonic() + seconds

        def pause() -> bool:
            shown.step()
            return stopping.code is not None or time.monotonic() >= next_save

        for event in trainer.run(pause):
            record = event.record if isinstance(event, EpochEnd) else None
            self._save(record)
            next_save = time.monotonic() + seconds
            if record:
                shown.epoch(record)
            if stopping.code is not None and not trainer.finished:
                message = f"interrupted at step {self.saved} of {trainer.steps}; checkpoint saved"
                raise BpError(message, code=stopping.code, hint=f"{command_line(self.run.path)} continues from there")

    def _start(self) -> None:
        """Put the trainer where the run stands, at its start if it is new, and the run's files with it.

        Warns of an earlier failure, and of a changed environment.
        """
        run, trainer, epoch_steps = self.run, self.trainer, self.trainer.batches.steps
        now, before, changes = machine.describe(), run.environment(), []
        if run.checkpoint.exists():
            self._restore()
            run.require_records(range(epoch_steps, self.saved + 1, epoch_steps))
            changes = changes_of(run.path, before, now, self.saved)
        elif run.metrics.rows():
            log.warning("%s: there is no checkpoint; starting again from step 0", run.path)
        records = [row for row in run.metrics.rows() if row.step <= self.saved and row.step % epoch_steps == 0]
        trainer.best = best(records)
        losses = [row for row in run.steps.rows() if row.step <= self.saved]
        if failure := run.failure():
            log.warning("%s: failed after step %s: %s; trying again", run.path, failure["step"], failure["message"])
        data = {
            "name": self.dataset.name,
            "train": len(self.dataset.train),
            "test": len(self.dataset.test),
            "fingerprint": self.dataset.fingerprint,
            "extra": {other.name: other.fingerprint for other, _ in self.dataset.extra},
        }
        origin = {key: (before or {}).get(key, name) for key, name in self.origin.items()}
        with self._writing():
            run.begin(self.config, now | {"data": data, **origin, "changes": changes})
            run.metrics.write(records)
            if losses or trainer.log_every:
                run.steps.write(losses)
            else:
                run.steps.delete()
        if trainer.finished:  # it may now be so by a config that the checkpoint does not have yet
            self._save(trainer.record(time.perf_counter()) if self.saved % epoch_steps else None)

    def _restore(self) -> None:
        run, trainer = self.run, self.trainer
        found = checkpoint.read(run.checkpoint)
        require_own(run, found.config)
        for dataset, fingerprint in zip(self.dataset.sources, found.fingerprints, strict=False):
            if dataset.fingerprint != fingerprint:
                message = (
                    f"{run.checkpoint}: expected the data that it was trained on, of fingerprint {fingerprint:.12}…; "
                    f"got {dataset.name} of fingerprint {dataset.fingerprint:.12}…"
                )
                hint = f"with those data in their place, the same command continues; {BEGIN_NEW}"
                raise BpError(message, code=Exit.USAGE, hint=hint)
        found.restore(trainer)
        self.saved = trainer.position.step
        if self.saved > trainer.steps:
            message = f"{run.path}: already at step {self.saved}; expected to end at {trainer.steps}"
            raise BpError(message, code=Exit.USAGE, hint=f"ask for more train.epochs or train.max_steps; {BEGIN_NEW}")

    def _save(self, record: Record | None) -> None:
        """Write a checkpoint, and the rows that are due now; raises BpError if they cannot be written.

        The rows go first: those beyond the checkpoint are made again, while missing ones would be lost.
        """
        with self._writing():
            self.run.restore()
            self.run.steps.append(*self.trainer.logged)
            if record:
                self.run.metrics.append(record)
            checkpoint.save(
                self.run.checkpoint, self.trainer, config=self._yaml, dataset=self.dataset, check=self.run.check
            )
        self.saved = self.trainer.position.step
        self.trainer.logged.clear()

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Let the run directory tell of an error that ends the training, but for interruptions and wrong usage."""
        try:
            yield
        except (BpError, MemoryError, OSError) as error:
            if not isinstance(error, BpError) or error.code == Exit.FAILURE:
                message = f"not enough memory: {error}" if isinstance(error, MemoryError) else str(error)
                with suppress(BpError, OSError):  # the directory may be what has failed, or another process's now
                    self.run.fail(message, self.trainer.position.step)
            if isinstance(error, DivergenceError):
                hint = "a new run with a smaller train.learning_rate, or with train.clip_norm, may go further"
                raise BpError(f"{error}; {self._last_good}", hint=hint) from error
            if isinstance(error, WrongGradientError):
                with suppress(BpError):
                    self._save(None)  # so that a gradient check takes the same step
                hint = f"the same step is compared tensor by tensor by: bp gradcheck {shlex.quote(str(self.run.path))}"
                raise BpError(f"{error}; {self._last_good}", hint=hint) from error
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"{error.filename or self.run.path}: cannot write it: {error.strerror}; {self._last_good}"
            again = f"{command_line(self.run.path)} continues the run" if self.run.exists else "try again"
            raise BpError(message, hint=f"once it can be written, {again}") from error

    @property
    def _last_good(self) -> str:
        """Where the run could go on from, in words."""
        if not self.run.checkpoint.exists():
            return "there is no checkpoint yet"
        return f"the last good checkpoint, {self.run.checkpoint}, is of step {self.saved}"

    @cached_property
    def _yaml(self) -> str:
        return configs.dump(self.config)
