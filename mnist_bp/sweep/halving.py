"""Successive halving: of many settings trained for a little, only the best are trained for longer.

Sources: Jamieson & Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016,
where half are kept; Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar, Hyperband: A Novel Bandit-Based Approach to
Hyperparameter Optimization, JMLR 18(185), 2018, where one in η is kept and trained for η times as long.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.config.identity import LENGTH
from mnist_bp.config.schema import keys, replaced
from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep.outcome import Result
from mnist_bp.sweep.plan import Planned
from mnist_bp.sweep.table import Setting

NAMED = 5  # of the runs that an error is about


@dataclass(frozen=True)
class Rung:
    """The settings trained the longest, for so many epochs, best first; `before`: how many there were a rung below."""

    epochs: int
    settings: list[Setting]
    before: int

    @property
    def failed(self) -> list[Result]:
        """The runs that failed on the way here; a setting that has no others ranks last, and is not continued."""
        return [run for setting in self.settings for run in setting.which("failed")]

    def best(self, keep: Fraction) -> list[Setting]:
        """Return the share of the settings that is to be kept, rounded up, but for those that failed."""
        return [
            setting for setting in self.settings[: math.ceil(keep * len(self.settings))] if setting.which("finished")
        ]

    def expected(self, keep: Fraction) -> int:
        """Return how many settings the rung has if as large a share of those before it was continued to here."""
        return math.ceil(keep * self.before)


def top_rung(settings: Sequence[Setting], metric: str) -> Rung:
    """Return the last rung of some settings, which are sorted by a metric, best first.

    Raises BpError if there is no finished run, if a run of the rung is not finished, or has still to be continued to it
    (exit 1), if the metric was not measured, or if a run's length cannot change (exit 2).
    """
    reached = max((_epochs(setting) for setting in settings if setting.which("finished")), default=None)
    if reached is None:
        raise BpError("expected finished runs; got none", hint="the sweep goes first")
    rung = [setting for setting in settings if _epochs(setting) >= reached]
    below = [setting for setting in settings if _epochs(setting) < reached]
    _require_finished(rung, below)
    for setting in rung:
        run = setting.runs[0]
        if configs.has_fixed_length(setting.config):
            schedule = setting.config.train.schedule
            message = (
                f"{run.path}: expected a run whose length may change; train.schedule is {schedule} over the whole run"
            )
            raise BpError(message, code=Exit.USAGE, hint="with train.schedule_epochs set from its start, it may")
        if setting.which("finished") and setting.mean(metric) is None:
            message = f"{run.path}: expected {metric} to compare by; it was not measured, as data.validation is 0"
            raise BpError(message, code=Exit.USAGE, hint="--metric chooses another one")
    last = max(map(_epochs, below), default=0)
    return Rung(reached, rung, len(rung) + sum(_epochs(setting) == last for setting in below))


def continued(setting: Setting, epochs: int) -> list[Planned]:
    """Return the finished runs of a setting, to be trained for more epochs in all; the failed ones stay as they are."""
    longer = {"train.epochs": epochs, "train.max_steps": None}  # which would end them before
    return [Planned(replaced(run.config, longer), run.path) for run in setting.which("finished")]


def _epochs(setting: Setting) -> int:
    """Return how many epochs the runs of a setting took; where none is finished, how many they may take at most."""
    last = [run.last for run in setting.which("finished") if run.last]
    return last[0].epoch if last else setting.config.train.epochs


def _require_finished(rung: Sequence[Setting], below: Sequence[Setting]) -> None:
    seeds = {_without_length(setting): {run.config.seed for run in setting.runs} for setting in rung}
    waiting = [run for setting in rung for run in setting.runs if run.state in ("unfinished", "missing")]
    for setting in below:  # of these, the other seeds were continued
        there = seeds.get(_without_length(setting))
        behind = [run for run in setting.runs if there is not None and run.config.seed not in there]
        waiting += [run for run in behind if run.state != "failed"]
    if waiting:
        named = ", ".join(str(run.path) for run in waiting[:NAMED])
        more = f" and {len(waiting) - NAMED} more" if len(waiting) > NAMED else ""
        message = f"expected every run to be finished; not so: {named}{more}"
        raise BpError(message, hint="finish the sweep first: then every setting is judged by all of its seeds")


def _without_length(setting: Setting) -> Config:
    return replaced(setting.config, {key: keys()[key].default for key in LENGTH})
