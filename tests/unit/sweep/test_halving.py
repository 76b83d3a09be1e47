"""Successive halving: which settings go on, and when it is too early to say."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.run.outcome import Result, State
from mnist_bp.sweep.halving import Rung, continued, target, top_rung
from mnist_bp.sweep.plan import run_name
from mnist_bp.sweep.settings import settings
from tests.helpers.making import config, record

THIRD = Fraction(1, 3)


def result(rate: float, seed: int = 0, state: State = "finished", accuracy: float = 0.5, **keys: object) -> Result:
    about = config(seed, train_learning_rate=rate, **keys)
    last = record(about.train.epochs, test_accuracy=accuracy) if state == "finished" else None
    return Result(Path(f"r/{rate:g}-{seed}"), about, state, last, failure="diverged")


def rung(*results: Result, metric: str = "test_accuracy") -> Rung:
    return top_rung(settings(results, metric), metric)


def left(rung: Rung, keep: Fraction = THIRD, epochs: int | None = None) -> list[str]:
    """Return the runs that have still to be trained, and to how many epochs."""
    return [f"{run.out.name} {run.config.train.epochs}" for _, run in rung.unfinished(keep, epochs)]


def best(rung: Rung, keep: Fraction = THIRD) -> list[float]:
    return [setting.config.train.learning_rate for setting in rung.best(keep)]


NINE = [result(rate, seed, accuracy=rate / 10 + seed / 100) for rate in range(1, 10) for seed in range(2)]


@pytest.mark.parametrize(
    ("keep", "kept"), [("1/3", 3), ("1/2", 5), ("1", 9), ("1/9", 1), ("1/1000", 1), ("0.34", 4), ("2/9", 2)]
)
def test_the_best_share_is_kept_rounded_up(keep: str, kept: int) -> None:
    assert best(rung(*NINE), Fraction(keep)) == list(range(9, 9 - kept, -1))


def longer(rate: int, epochs: int) -> list[Result]:
    """Return the runs of a setting of the nine as they are when they have gone on."""
    return [result(rate, seed, accuracy=rate / 10, train_epochs=epochs) for seed in range(2)]


def test_three_rounds_leave_one_of_nine() -> None:
    """9 settings for 1 epoch, 3 for 3, 1 for 9: Hyperband's bracket for R = 9 and η = 3."""
    runs = {run.path: run for run in NINE}
    for epochs, kept in ((1, 3), (3, 1)):
        top = rung(*runs.values())
        assert (top.epochs, len(top.best(THIRD)), left(top)) == (epochs, kept, [])
        for setting in top.best(THIRD):
            for planned in continued(setting, target(top.epochs, THIRD, None)):
                rate, seed = planned.config.train.learning_rate, planned.config.seed
                runs[planned.out] = result(rate, seed, accuracy=rate / 10, train_epochs=planned.config.train.epochs)
    top = rung(*runs.values())
    assert [setting.config.train.learning_rate for setting in top.settings] == [9]
    assert (top.epochs, left(top)) == (9, [])


@pytest.mark.parametrize(
    ("share", "epochs", "expected"),
    [
        ("1/3", None, [7]),  # the same command once more
        ("1/3", 3, [7]),
        ("1/3", 5, []),  # another command: what it starts from is what there is
        ("1/2", None, []),
        ("1/9", 3, []),
        ("1/2", 3, [7, 6, 5]),
    ],
)
def test_what_had_not_begun_when_a_round_was_interrupted_is_not_forgotten(
    share: str, epochs: int | None, expected: list[int]
) -> None:
    top = rung(*NINE[:14], *longer(8, 3), *longer(9, 3))
    assert left(top, Fraction(share), epochs) == [f"{rate}-{seed} 3" for rate in expected for seed in range(2)]


def test_a_setting_that_has_gone_on_in_part_counts_as_one() -> None:
    top = rung(*NINE[:14], *longer(9, 3), longer(8, 3)[0], NINE[15])
    assert left(top) == ["8-1 3", "7-0 3", "7-1 3"]


def test_where_all_that_went_on_have_failed_others_do() -> None:
    top = rung(*NINE[:12], *(result(rate, 0, "failed", train_epochs=3) for rate in (7, 8, 9)))
    assert (top.epochs, best(top), left(top)) == (1, [6, 5, 4], [])


def test_failed_settings_leave_a_round_complete() -> None:
    """Of nine settings seven failed: the two others are all that the best third can be."""
    top = rung(*longer(8, 3), *longer(9, 3), *(result(rate, state="failed") for rate in range(1, 8)))
    assert left(top) == []


def test_settings_that_came_later_do_not_go_on_before_they_are_finished() -> None:
    new = [result(rate, state="missing") for rate in range(10, 20)]
    assert left(rung(*NINE[:12], *(run for rate in (7, 8, 9) for run in longer(rate, 3)), *new)) == []


def test_what_goes_on_is_the_same_run_but_for_its_length() -> None:
    (setting,) = rung(result(0.5, 3, train_max_steps=7), result(0.5, 4, "failed", train_max_steps=7)).best(THIRD)
    (planned,) = continued(setting, 5)
    assert planned.config == config(3, train_learning_rate=0.5, train_epochs=5)
    assert planned.out == Path("r/0.5-3")


def test_failed_settings_rank_last_are_named_and_do_not_go_on() -> None:
    top = rung(result(1), result(2, state="failed"), result(3, seed=0, state="failed"), result(3, seed=1, accuracy=0.9))
    assert best(top, Fraction(1)) == [3, 1]
    assert best(top, THIRD) == [3]
    assert {run.path.name for run in top.failed} == {"2-0", "3-0"}
    assert [run.out.name for setting in top.best(THIRD) for run in continued(setting, 2)] == ["3-1"]


def test_failed_settings_of_an_earlier_rung_are_out() -> None:
    top = rung(result(1, train_epochs=3), result(2, state="failed"), result(3, state="failed", train_epochs=3))
    assert [setting.config.train.learning_rate for setting in top.settings] == [1, 3]


@pytest.mark.parametrize("state", ["unfinished", "missing"])
def test_runs_of_the_rung_that_are_not_finished_come_first(state: State) -> None:
    assert left(rung(result(1), result(2), result(2, 1, state))) == ["2-1 1"]
    assert left(rung(result(1, train_epochs=3), result(2), result(2, 1, state))) == []  # of an earlier rung


def test_a_rung_is_one_before_a_run_has_come_there() -> None:
    top = rung(result(1, train_epochs=5), *(result(2, seed, "unfinished", train_epochs=8) for seed in range(2)))
    assert (top.epochs, left(top)) == (8, ["2-0 8", "2-1 8"])


def test_seeds_of_a_setting_that_has_gone_on_follow_it() -> None:
    ahead, behind = result(1, 0, train_epochs=3), result(1, 1, train_max_steps=30)
    assert left(rung(ahead, behind)) == ["1-1 3"]
    assert left(rung(ahead, result(1, 1, "missing"))) == ["1-1 3"]
    assert left(rung(ahead, result(1, 1, "failed"))) == []


def test_damage_matters_where_it_would_be_compared() -> None:
    top = rung(
        result(1, 0, train_epochs=3), result(1, 1, "damaged"), result(2, train_epochs=3),
        result(2, 1, "damaged", train_epochs=3), result(3, 0, "damaged"),
    )  # fmt: skip
    assert {run.path.name for run in top.damaged} == {"1-1", "2-1"}


def named(run: Result) -> Result:
    """Return the run in a directory that is named as it would have been planned."""
    return replace(run, path=run.path.with_name(run_name(run.config)))


@pytest.mark.parametrize(
    ("ahead", "behind"),
    [
        (result(1, train_epochs=3), result(1)),  # a run that was continued is no longer where it was
        (result(1, 0, "missing", train_epochs=3), result(1)),
        (result(1, train_max_steps=7, train_epochs=3), result(2)),
        (named(result(1, train_epochs=3)), named(result(2))),
        (named(result(1, 0, "unfinished", train_epochs=3)), result(2)),
    ],
)
def test_settings_that_were_of_different_lengths_from_the_start_are_refused(ahead: Result, behind: Result) -> None:
    with pytest.raises(BpError, match="expected all runs to be of one length at first") as caught:
        rung(ahead, behind)
    assert caught.value.code == Exit.USAGE
    assert str(ahead.path) in str(caught.value)
    assert str(behind.path) in str(caught.value)


def test_there_must_be_a_finished_run() -> None:
    with pytest.raises(BpError, match="expected finished runs; got none"):
        rung(result(1, state="failed"))


def test_a_length_that_cannot_change_is_refused_with_what_would_have_helped() -> None:
    with pytest.raises(BpError, match="schedule is cosine over the whole run") as caught:
        rung(result(1), result(2, train_schedule="cosine"))
    assert caught.value.code == Exit.USAGE
    assert "train.schedule_epochs" in str(caught.value.hint)
    rung(result(1), result(2, train_schedule="cosine", train_schedule_epochs=9))


def test_what_was_not_measured_cannot_be_compared_by() -> None:
    with pytest.raises(BpError, match="expected validation_loss to compare by; it was not measured") as caught:
        rung(result(1), metric="validation_loss")
    assert caught.value.code == Exit.USAGE


def test_the_rung_is_what_was_reached_where_steps_ended_it() -> None:
    """Runs of up to 17 epochs that 10 steps end in their first: one that failed is of their rung, too."""
    ended = Result(Path("r/a"), config(train_epochs=17, train_max_steps=10), "finished", record(1))
    broken = Result(Path("r/b"), config(train_epochs=17, train_max_steps=10, train_learning_rate=9.0), "failed")
    top = rung(ended, broken)
    assert (top.epochs, len(top.settings)) == (1, 2)
    top = rung(ended, broken, result(5, train_epochs=3))
    assert (top.epochs, len(top.settings), len(top.below)) == (3, 1, 2)
