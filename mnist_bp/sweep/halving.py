"""Successive halving: of many settings trained for a little, only the best are trained for longer.

Sources: Jamieson & Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016,
where half are kept; Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar, Hyperband: A Novel Bandit-Based Approach to
Hyperparameter Optimization, JMLR 18(185), 2018, where one in η is kept and trained for η times as long.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.config.identity import LENGTH
from mnist_bp.config.schema import keys, replaced
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.outcome import Result
from mnist_bp.sweep.plan import Planned, run_name
from mnist_bp.sweep.settings import Setting


@dataclass(frozen=True)
class Rung:
    """The settings trained the longest, for so many epochs, or about to be; best first.

    `behind` holds those of which some seeds have gone on to the rung, with their other seeds, and `below` those of the
    rung before, of `epochs_below` epochs, that have not.
    """

    epochs: int
    settings: list[Setting]
    behind: list[Setting]
    below: list[Setting]
    epochs_below: int

    @property
    def going(self) -> list[Setting]:
        """The settings of which runs are finished."""
        return [setting for setting in self.settings if setting.which("finished")]

    @property
    def failed(self) -> list[Result]:
        """The runs that failed on the way here; a setting that has no others ranks last, and is not continued."""
        return [run for setting in self.settings for run in setting.which("failed")]

    @property
    def damaged(self) -> list[Result]:
        """The runs that would have to be compared, and cannot be."""
        return [run for setting in (*self.settings, *self.behind) for run in setting.which("damaged")]

    def best(self, keep: Fraction) -> list[Setting]:
        """Return the share of the settings that is to be kept, rounded up, but for those that failed."""
        return [setting for setting in self.settings[: _share(keep, len(self.settings))] if setting.which("finished")]

    def unfinished(self, keep: Fraction, epochs: int | None) -> Iterator[tuple[Setting, Planned]]:
        """Yield the runs that have still to be trained before the rung can be judged.

        If the share to keep, and the epochs to train it for, are those that led here, these are also the runs of the
        settings that had not begun to go on.
        """
        for setting in self.settings:
            for run in (*setting.which("unfinished"), *setting.which("missing")):
                yield setting, Planned(run.config, run.path)
        left = []
        if self.below and target(self.epochs_below, keep, epochs) == self.epochs:
            left = self.below[: max(0, _share(keep, len(self.settings) + len(self.below)) - len(self.settings))]
        for setting in (*self.behind, *left):
            for planned in continued(setting, self.epochs):
                yield setting, planned


def target(reached: int, keep: Fraction, epochs: int | None) -> int:
    """Return to how many epochs a share goes on: as many as were asked for, or those reached, divided by the share."""
    return round(reached / keep) if epochs is None else epochs


def top_rung(settings: Sequence[Setting], metric: str) -> Rung:
    """Return the last rung of some settings, which are sorted by a metric, best first.

    Raises BpError if there is no finished run (exit 1), if the lengths of the runs did not come about by pruning, if
    the metric was not measured, or if a run's length cannot change (exit 2).
    """
    if not any(setting.which("finished") for setting in settings):
        raise BpError("expected finished runs; got none", hint="the sweep goes first")
    known = {setting.config: epochs for setting in settings if (epochs := _epochs(setting)) is not None}
    first = min(known.values())  # where those are of which it is not known
    length = {setting.config: known.get(setting.config, first) for setting in settings}
    reached = max(length[each.config] for each in settings if len(each.which("failed")) < len(each.runs))
    rung = [setting for setting in settings if length[setting.config] >= reached]
    lower = [setting for setting in settings if length[setting.config] < reached]
    if lower:
        _require_continued(rung, lower)
    _require_comparable(rung, metric)
    on_rung = {_without_length(setting) for setting in rung}
    behind = [setting for setting in lower if _without_length(setting) in on_rung]
    others = [setting for setting in lower if _without_length(setting) not in on_rung]
    ended = [each for each in others if all(run.state in ("finished", "failed") for run in each.runs)]
    last = max((length[setting.config] for setting in ended), default=0)
    return Rung(reached, rung, behind, [setting for setting in ended if length[setting.config] == last], last)


def continued(setting: Setting, epochs: int) -> list[Planned]:
    """Return the runs of a setting, to be trained for more epochs in all; those that failed stay as they are."""
    longer = {"train.epochs": epochs, "train.max_steps": None}  # which would end them before
    return [Planned(replaced(run.config, longer), run.path) for run in setting.runs if run.state != "failed"]


def _share(keep: Fraction, settings: int) -> int:
    return math.ceil(keep * settings)


def _epochs(setting: Setting) -> int | None:
    """Return how many epochs the runs of a setting took or will; None where max_steps decides, and none is finished."""
    for run in setting.runs:
        if run.last is not None:
            return run.last.epoch
    return setting.config.train.epochs if setting.config.train.max_steps is None else None


def _require_continued(rung: Sequence[Setting], lower: Sequence[Setting]) -> None:
    """Refuse settings that were to take different lengths from the start: the shorter were not left behind.

    A run that was continued is not bounded by its steps any more, is named by its former config, and was not copied.
    """
    others = {(_without_length(setting), run.config.seed) for setting in lower for run in setting.runs}
    for setting in rung:
        for run in setting.runs:
            own = (_without_length(setting), run.config.seed)
            if setting.config.train.max_steps is not None or run.path.name == run_name(run.config) or own in others:
                message = (
                    f"{run.path}: expected all runs to be of one length at first; {lower[0].runs[0].path} is shorter"
                )
                hint = "runs of different lengths cannot be compared: each length needs a folder of its own"
                raise BpError(message, code=Exit.USAGE, hint=hint)


def _require_comparable(rung: Sequence[Setting], metric: str) -> None:
    """Refuse a length that cannot change, and a metric that was not measured."""
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


def _without_length(setting: Setting) -> Config:
    return replaced(setting.config, {key: keys()[key].default for key in LENGTH})
