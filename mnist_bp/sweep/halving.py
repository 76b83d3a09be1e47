"""Successive halving: of many settings trained for a little, only the best are trained for longer.

Its rounds stand in the sweep's folder, in rounds.json, so that nothing has to be guessed from the runs: a round is the
runs that were chosen, by what, and to how many epochs in all they go on. It is over when all of them are finished or
have failed; then the next one chooses among them.

Sources: Jamieson & Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016,
where half are kept; Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar, Hyperband: A Novel Bandit-Based Approach to
Hyperparameter Optimization, JMLR 18(185), 2018, where one in η is kept and trained for η times as long.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from mnist_bp import config as configs
from mnist_bp import regular
from mnist_bp.atomic import replacing
from mnist_bp.config import Config, rule_of
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.outcome import Outcome
from mnist_bp.sweep.plan import Planned
from mnist_bp.sweep.settings import Setting, settings, shortened

ROUNDS = "rounds.json"


@dataclass(frozen=True)
class Round:
    """The share `keep` of the settings, the best by a metric, goes on to so many epochs in all: these `runs`.

    If a number of steps ends them first, `max_steps` has grown as the epochs have.
    """

    metric: str
    keep: str
    epochs: int
    runs: tuple[str, ...]
    max_steps: int | None = None


@dataclass(frozen=True)
class Step:
    """The runs to train now, `todo`: the rest of the round that is under way, or those of a new one.

    Of the `competing` settings, trained for `reached` epochs, the `kept` ones, best by `metric`, go on to `target`
    epochs in all. When a single setting is left, nothing is to be done. `failed` runs no longer compete.
    """

    metric: str
    competing: Sequence[Setting]
    kept: Sequence[Setting]
    reached: int
    target: int
    under_way: bool
    todo: Sequence[tuple[Setting, Planned]]
    failed: Sequence[Outcome]


def step(folder: Path, results: Sequence[Outcome], metric: str, keep: Fraction, epochs: int | None) -> Step:
    """Return what to train next, for the outcomes of all runs in a sweep's folder; a new round is written down.

    `epochs` is how many in all a new round goes on to; None: as many as were reached, divided by the share to keep.
    While a round is under way, its own metric counts, and neither `keep` nor `epochs` does. Raises BpError if there is
    no finished run (exit 1); if runs to be compared are damaged (exit 1); if they differ in length, their length cannot
    change, the metric was not measured, or a round would train for no longer (exit 2).
    """
    rounds = read(folder)
    while rounds and (not _has_begun(rounds[-1], results) or _has_failed(rounds[-1], results)):
        rounds = rounds[:-1]  # it is chosen anew
    runs = [run for run in results if not rounds or run.path.name in rounds[-1].runs]
    _require_sound(runs)
    if rounds:
        runs = [_as_in(rounds[-1], run) for run in runs]
        under_way = any(run.state in ("unfinished", "missing") for run in runs)
        metric = rounds[-1].metric if under_way else metric
    _require_one_length(runs)
    competing = settings(runs, metric)
    waiting = [(each, run) for each in competing for run in each.runs if run.state in ("unfinished", "missing")]
    failed = [run for run in runs if run.state == "failed"]
    finished = [run for run in runs if run.state == "finished"]
    if not finished and not waiting:
        raise BpError(f"{folder}: expected finished runs to choose from; got none", hint="run the sweep first")
    reached = max([run.last.epoch for run in finished if run.last] or [waiting[0][1].config.train.epochs])
    if waiting:
        todo = [(each, Planned(run.config, run.path)) for each, run in waiting]
        return Step(metric, competing, competing, reached, reached, True, todo, failed)
    going = [setting for setting in competing if setting.which("finished")]
    if len(going) == 1:
        return Step(metric, competing, going, reached, reached, False, [], failed)
    target = round(reached / keep) if epochs is None else epochs
    steps = going[0].config.train.max_steps
    steps = None if steps is None else max(1, round(steps * Fraction(target, reached)))
    _require_comparable(going, metric, reached, target, steps)
    share = math.ceil(keep * len(competing))
    kept = [setting for setting in competing[:share] if setting.which("finished")]
    going_on = [(each, run) for each in kept for run in each.runs if run.state != "failed"]
    chosen = Round(metric, str(keep), target, tuple(run.path.name for _, run in going_on), steps)
    todo = [(each, Planned(_longer(run, chosen), run.path)) for each, run in going_on]
    _write(folder, [*rounds, chosen])
    return Step(metric, competing, kept, reached, target, False, todo, failed)


def read(folder: Path) -> list[Round]:
    """Return the rounds so far; raises BpError if their file is damaged."""
    path = folder / ROUNDS
    try:
        return [_round(each) for each in json.loads(regular.content(path))]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        hint = "once it is deleted, pruning begins anew with the runs as they are, if all are of one length"
        raise BpError(f"{path}: expected the rounds that bp sweep prune wrote", hint=hint) from error


def _round(written: dict[str, Any]) -> Round:
    found = Round(**{**written, "runs": tuple(written["runs"])})
    if (
        not all(isinstance(text, str) for text in (found.metric, found.keep, *found.runs))
        or type(found.epochs) is not int
        or type(found.max_steps) not in (int, type(None))
    ):
        raise TypeError(written)
    return found


def _write(folder: Path, rounds: Sequence[Round]) -> None:
    with replacing(folder / ROUNDS) as file:
        file.write((json.dumps([asdict(each) for each in rounds], indent=2) + "\n").encode())


def _has_begun(last: Round, results: Sequence[Outcome]) -> bool:
    return any(run.path.name in last.runs and _is_in(last, run) for run in results)


def _has_failed(last: Round, results: Sequence[Outcome]) -> bool:
    return all(run.state == "failed" for run in results if run.path.name in last.runs)


def _as_in(last: Round, run: Outcome) -> Outcome:
    """Return a run of a round as it is there: it is not finished as long as it has not gone on."""
    if run.state == "failed" or _is_in(last, run):
        return run
    return replace(run, config=_longer(run, last), state="unfinished", last=None)


def _is_in(last: Round, run: Outcome) -> bool:
    return run.config == _longer(run, last)


def _longer(run: Outcome, chosen: Round) -> Config:
    """Return the config of a run for the length of a round."""
    return configs.replaced(run.config, {"train.epochs": chosen.epochs, "train.max_steps": chosen.max_steps})


def _require_sound(runs: Sequence[Outcome]) -> None:
    if damaged := [f"{run.path}: damaged: {run.failure}" for run in runs if run.state == "damaged"]:
        hint = "what is deleted is missing, if plan.txt names it: it is then begun again"
        raise BpError("\n".join(shortened(damaged)), hint=hint)


def _require_one_length(runs: Sequence[Outcome]) -> None:
    first, *others = [run for run in runs if run.state != "failed"] or runs
    for run in others:
        if configs.length_changes(first.config, run.config):
            message = f"{run.path}: expected all runs to be of one length; {first.path} has another"
            hint = "runs of different lengths cannot be compared: each length needs a folder of its own"
            raise BpError(message, code=Exit.USAGE, hint=hint)


def _require_comparable(going: Sequence[Setting], metric: str, reached: int, target: int, steps: int | None) -> None:
    """Refuse a length that cannot change or would not grow, and a metric that was not measured."""
    for setting in going:
        path = setting.runs[0].path
        if configs.has_fixed_length(setting.config):
            schedule = setting.config.train.schedule
            message = f"{path}: expected a run whose length may change; train.schedule is {schedule} over the whole run"
            raise BpError(message, code=Exit.USAGE, hint="with train.schedule_epochs set from its start, it may")
        if setting.mean(metric) is None:
            message = f"{path}: expected {metric} to compare by; it was not measured, as data.validation is 0"
            raise BpError(message, code=Exit.USAGE, hint="--metric chooses another one")
    if target <= reached:
        message = f"expected more epochs than were reached, {reached}; got {target}"
        raise BpError(message, code=Exit.USAGE, hint="--epochs says how many in all")
    for key, value in (("train.epochs", target), ("train.max_steps", steps)):
        try:
            rule_of(key).accept(value)
        except ValueError as error:
            raise BpError(f"{key}: expected {error}; got {value}", code=Exit.USAGE) from error
