"""The outcome of a run, as far as all its files agree on it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from mnist_bp.config import Config
from mnist_bp.config.identity import setting_of
from mnist_bp.errors import BpError
from mnist_bp.run.directory import Run
from mnist_bp.train.records import Record

State = Literal["finished", "failed", "unfinished", "damaged", "missing"]


@dataclass(frozen=True)
class Outcome:
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
        return setting_of(self.config)


def read(path: Path) -> Outcome:
    """Read the outcome of a run; raises BpError if it cannot be told, for example because there is no run."""
    run = Run(path)
    config = run.config()
    if run.summary() is not None:
        last = run.metrics.last()
        if last and last.epoch != config.train.epochs and last.step != config.train.max_steps:
            end = f"epoch {last.epoch}, step {last.step}"
            raise BpError(f"{path}/summary.json: expected the end of train.epochs={config.train.epochs}; got {end}")
        return Outcome(path, config, "finished", last=last)
    if (failure := run.failure()) is not None:
        return Outcome(path, config, "failed", failure=failure["message"], step=failure["step"])
    return Outcome(path, config, "unfinished")
