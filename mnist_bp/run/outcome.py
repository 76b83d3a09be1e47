"""The outcome of a run, as far as all its files agree on it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from mnist_bp.config import Config
from mnist_bp.config.identity import setting_of
from mnist_bp.errors import BpError
from mnist_bp.run.directory import Run
from mnist_bp.train.records import Record, best

State = Literal["finished", "failed", "unfinished", "damaged", "missing"]


@dataclass(frozen=True)
class Outcome:
    """What became of a run: the last record of a finished one; why, and after which step, a failed one failed.

    `best` is the best record of a finished run that has kept the parameters of the best epoch, not of the last. Of a
    damaged one, `failure` says what is wrong; that there is a config is all that is known of a missing one.
    """

    path: Path
    config: Config
    state: State
    last: Record | None = None
    best: Record | None = None
    failure: str = ""
    step: int | None = None

    @property
    def kept(self) -> Record | None:
        """The record of the epoch whose parameters a finished run has kept."""
        return self.best or self.last

    @cached_property
    def setting(self) -> Config:
        """The config without what may differ between the runs of a setting: those keys have their defaults."""
        return setting_of(self.config)


def read(path: Path) -> Outcome:
    """Read the outcome of a run; raises BpError if it cannot be told, for example because there is no run."""
    run = Run(path)
    config = run.config()
    if run.summary() is not None:
        train, last = config.train, run.metrics.last()
        whole = last is None or last.epoch == train.epochs or last.step == train.max_steps
        if last and not whole and not (train.patience and _epochs_since_best(run) >= train.patience):
            end = f"epoch {last.epoch}, step {last.step}"
            raise BpError(f"{path}/summary.json: expected the end of train.epochs={train.epochs}; got {end}")
        return Outcome(path, config, "finished", last=last, best=run.kept(config) if train.keep == "best" else None)
    if (failure := run.failure()) is not None:
        return Outcome(path, config, "failed", failure=failure["message"], step=failure["step"])
    return Outcome(path, config, "unfinished")


def _epochs_since_best(run: Run) -> int:
    """Return how many epochs the last one was after the best one."""
    rows = run.metrics.rows()
    found = best(rows)
    return rows[-1].epoch - found.epoch if found else 0
