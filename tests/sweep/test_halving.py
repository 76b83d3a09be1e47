"""Successive halving: which settings go on, and when it is too early to say."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep.halving import Rung, continued, top_rung
from mnist_bp.sweep.outcome import Result, State
from mnist_bp.sweep.table import settings
from tests.sweep.making import config, record

THIRD = Fraction(1, 3)


def result(rate: float, seed: int = 0, state: State = "finished", accuracy: float = 0.5, **keys: object) -> Result:
    about = config(seed, train_learning_rate=rate, **keys)
    last = record(about.train.epochs, test_accuracy=accuracy) if state == "finished" else None
    return Result(Path(f"r/{rate}-{seed}"), about, state, last, failure="diverged")


def rung(*results: Result, metric: str = "test_accuracy") -> Rung:
    return top_rung(settings(results, metric), metric)


def best(rung: Rung, keep: Fraction = THIRD) -> list[float]:
    return [setting.config.train.learning_rate for setting in rung.best(keep)]


NINE = [result(rate, seed, accuracy=rate / 10 + seed / 100) for rate in range(1, 10) for seed in range(2)]


@pytest.mark.parametrize(
    ("keep", "kept"), [("1/3", 3), ("1/2", 5), ("1", 9), ("1/9", 1), ("1/1000", 1), ("0.34", 4), ("2/9", 2)]
)
def test_the_best_share_is_kept_rounded_up(keep: str, kept: int) -> None:
    assert best(rung(*NINE), Fraction(keep)) == list(range(9, 9 - kept, -1))


def test_three_rounds_leave_one_of_nine() -> None:
    """9 settings for 1 epoch, 3 for 3, 1 for 9: Hyperband's bracket for R = 9 and η = 3."""
    runs = {run.path: run for run in NINE}
    for epochs, kept in ((1, 3), (3, 1)):
        top = rung(*runs.values())
        assert (top.epochs, len(top.best(THIRD))) == (epochs, kept)
        assert top.expected(THIRD) <= len(top.settings)
        for setting in top.best(THIRD):
            for planned in continued(setting, 3 * epochs):
                rate, seed = planned.config.train.learning_rate, planned.config.seed
                runs[planned.out] = result(rate, seed, accuracy=rate / 10, train_epochs=3 * epochs)
    assert [setting.config.train.learning_rate for setting in rung(*runs.values()).settings] == [9]


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
def test_it_is_too_early_while_a_run_is_not_finished(state: State) -> None:
    with pytest.raises(BpError, match="expected every run to be finished; not so: r/2-1") as caught:
        rung(result(1), result(2), result(2, 1, state))
    assert caught.value.code == Exit.FAILURE
    rung(result(1, train_epochs=3), result(2), result(2, 1, state))  # of an earlier rung


def test_it_is_too_early_while_a_seed_has_still_to_be_continued() -> None:
    ahead, behind = result(1, 0, train_epochs=3), result(1, 1)
    with pytest.raises(BpError, match="not so: r/1-1"):
        rung(ahead, behind)
    rung(ahead, result(1, 1, "failed"))
    rung(ahead, result(1, 0), result(2, 1))  # the sweep itself had both lengths


def test_very_many_unfinished_runs_are_counted() -> None:
    with pytest.raises(BpError, match=re.escape("r/1-5 and 3 more")):
        rung(result(1), *(result(1, seed, "unfinished") for seed in range(1, 9)))


def test_a_rung_with_fewer_settings_than_were_to_be_continued_shows() -> None:
    started = [result(rate) for rate in range(1, 8)]
    top = rung(*started, result(8, train_epochs=3), result(9, train_epochs=3))
    assert len(top.settings) == 2
    assert top.expected(THIRD) == 3


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
