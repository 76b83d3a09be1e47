"""Successive halving: which settings go on, by the rounds that were written down and the runs as they are."""

import os
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.run.outcome import Outcome, State
from mnist_bp.sweep import halving
from mnist_bp.sweep.halving import ROUNDS, Round, Step, step
from tests.helpers.making import config, record
from tests.helpers.waiting import time_limit

FOLDER = Path("r")
THIRD = Fraction(1, 3)


@pytest.fixture(autouse=True)
def folder() -> None:
    FOLDER.mkdir()


def run(rate: float, seed: int = 0, state: State = "finished", accuracy: float = 0.5, **keys: Any) -> Outcome:
    about = config(seed, train_learning_rate=rate, **keys)
    last = record(about.train.epochs, test_accuracy=accuracy) if state == "finished" else None
    return Outcome(FOLDER / f"{rate:g}-{seed}", about, state, last, failure="diverged")


def nine(*seeds: int) -> list[Outcome]:
    """Return the runs of nine settings; the larger the rate, the better the accuracy."""
    return [run(rate, seed, accuracy=rate / 10 + seed / 100) for rate in range(1, 10) for seed in seeds or (0,)]


def stepped(
    runs: list[Outcome], keep: Fraction = THIRD, epochs: int | None = None, metric: str = "test_accuracy"
) -> Step:
    return step(FOLDER, runs, metric, keep, epochs)


def todo(step: Step) -> list[str]:
    """Return the names of the runs to train, and to how many epochs."""
    return [f"{run.out.name} to {run.config.train.epochs}" for _, run in step.todo]


def rates(step: Step) -> list[float]:
    return [setting.config.train.learning_rate for setting in step.kept]


def trained(runs: list[Outcome], step: Step) -> list[Outcome]:
    """Return the runs as they are once those to do have been trained."""
    done = {each.out: each.config for _, each in step.todo}
    return [
        replace(each, config=done[each.path], last=replace(each.last, epoch=done[each.path].train.epochs))
        if each.last and each.path in done
        else each
        for each in runs
    ]


def test_no_rounds_are_read_where_none_were_written() -> None:
    assert halving.read(FOLDER) == []


def test_a_round_that_was_only_printed_is_not_taken_for_done_where_steps_end_the_runs_first() -> None:
    """They have the epochs of the round in their configs, and were never trained for as long."""
    runs = [run(rate, accuracy=rate / 10, train_epochs=30, train_max_steps=10) for rate in range(1, 10)]
    runs = [replace(each, last=record(1, test_accuracy=each.last.test_accuracy)) for each in runs if each.last]
    first, again = stepped(runs, epochs=30), stepped(runs, epochs=30)
    assert len(first.kept) == 3
    assert todo(again) == todo(first)


def test_while_a_round_is_under_way_its_own_metric_counts() -> None:
    runs = nine()
    first = stepped(runs)
    one = [each.path == first.todo[0][1].out for each in runs]
    begun = [trained([each], first)[0] if chosen else each for each, chosen in zip(runs, one, strict=True)]
    found = stepped(begun, Fraction(1, 9), 100, "test_loss")
    assert (found.under_way, found.metric, found.target) == (True, "test_accuracy", 3)
    assert len(found.todo) == 2


@pytest.mark.parametrize(
    "content", ["", "[", "{}x", '{"metric": 3}', "[3]", "[{}]", '[{"runs": 3}]', '[{"metric": "a", "runs": []}]']
)
def test_a_damaged_rounds_file_is_named(content: str) -> None:
    (FOLDER / ROUNDS).write_text(content * 100_000 if content == "[" else content)
    with pytest.raises(BpError, match=r"r/rounds\.json: expected the rounds that bp sweep prune wrote") as caught:
        stepped(nine())
    assert "once it is deleted, pruning begins anew" in str(caught.value.hint)


def test_a_pipe_in_place_of_the_rounds_is_refused_and_not_waited_for() -> None:
    os.mkfifo(FOLDER / ROUNDS)
    with time_limit(10), pytest.raises(OSError, match=r"expected a file; got a FIFO: 'r/rounds\.json'"):
        stepped(nine())


@pytest.mark.parametrize(
    ("keep", "kept"), [("1/3", 3), ("1/2", 5), ("1", 9), ("1/9", 1), ("1/1000", 1), ("0.34", 4), ("2/9", 2)]
)
def test_the_best_share_is_kept_rounded_up(keep: str, kept: int) -> None:
    found = stepped(nine(0, 1), Fraction(keep), 9)
    assert rates(found) == list(range(9, 9 - kept, -1))
    assert todo(found) == [f"{rate}-{seed} to 9" for rate in range(9, 9 - kept, -1) for seed in (0, 1)]
    assert (found.under_way, found.reached, found.target, len(found.competing)) == (False, 1, 9, 9)


def test_a_round_is_written_down_as_it_was_chosen() -> None:
    stepped(nine(), Fraction("0.25"))
    assert halving.read(FOLDER) == [Round("test_accuracy", "1/4", 4, ("9-0", "8-0", "7-0"))]


def test_the_best_are_those_by_the_metric() -> None:
    runs = [replace(each, last=record(test_loss=each.config.train.learning_rate)) for each in nine()]
    assert rates(stepped(runs, metric="test_loss")) == [1, 2, 3]


def test_three_rounds_leave_one_of_nine() -> None:
    """9 settings for 1 epoch, 3 for 3, 1 for 9: Hyperband's bracket for R = 9 and η = 3."""
    runs = nine(0, 1)
    for reached, kept in ((1, 3), (3, 1)):
        found = stepped(runs)
        assert (found.reached, found.target, len(found.kept)) == (reached, 3 * reached, kept)
        runs = trained(runs, found)
    last = stepped(runs)
    assert (rates(last), last.reached, todo(last), last.under_way) == ([9], 9, [], False)
    assert [each.epochs for each in halving.read(FOLDER)] == [3, 9]


@pytest.mark.parametrize(("keep", "epochs"), [(THIRD, None), (Fraction(1, 2), 20)])
def test_an_interrupted_round_is_finished_first_whatever_the_options(keep: Fraction, epochs: int | None) -> None:
    """The best run has reached the end of its round, the second is on its way, the third as it was before."""
    (nine_at_its_end,) = trained(nine()[8:], stepped(nine()))
    runs = [*nine()[:7], run(8, state="unfinished", train_epochs=3), nine_at_its_end]
    found = stepped(runs, keep, epochs)
    assert (sorted(todo(found)), found.under_way) == (["7-0 to 3", "8-0 to 3"], True)
    assert (found.reached, found.target) == (3, 3)
    assert len(halving.read(FOLDER)) == 1


def test_a_round_in_which_nothing_has_begun_is_chosen_anew() -> None:
    stepped(nine())
    assert todo(stepped(nine(), Fraction(1, 9), 5)) == ["9-0 to 5"]
    assert halving.read(FOLDER) == [Round("test_accuracy", "1/9", 5, ("9-0",))]


def test_a_second_round_in_which_nothing_has_begun_is_chosen_anew_among_those_of_the_first() -> None:
    runs = trained(nine(), stepped(nine()))
    assert todo(stepped(runs)) == ["9-0 to 9"]
    assert todo(stepped(runs, Fraction(2, 3), 4)) == ["9-0 to 4", "8-0 to 4"]
    assert [each.epochs for each in halving.read(FOLDER)] == [3, 4]


def test_where_a_whole_round_has_failed_the_others_go_on() -> None:
    stepped(nine())
    runs = [*nine()[:6], *(run(rate, state="failed", train_epochs=3) for rate in (7, 8, 9))]
    assert todo(stepped(runs)) == ["6-0 to 3", "5-0 to 3", "4-0 to 3"]


def test_failed_runs_are_named_rank_last_and_do_not_go_on() -> None:
    runs = [run(1), run(2, state="failed"), run(3, 0, "failed"), run(3, 1, accuracy=0.9)]
    found = stepped(runs, Fraction(1), 2)
    assert (rates(found), todo(found)) == ([3, 1], ["3-1 to 2", "1-0 to 2"])
    assert {each.path.name for each in found.failed} == {"2-0", "3-0"}


def test_a_share_that_reaches_into_the_failed_settings_keeps_fewer() -> None:
    runs = [*(run(rate, state="failed") for rate in range(1, 8)), run(8), run(9)]
    assert rates(stepped(runs)) == [8, 9]


def test_a_failed_run_ends_its_round() -> None:
    runs = trained(nine(), stepped(nine()))
    runs = [run(8, state="failed", train_epochs=3) if each.path.name == "8-0" else each for each in runs]
    found = stepped(runs, Fraction(1, 3))
    assert (found.under_way, todo(found)) == (False, ["9-0 to 9"])


@pytest.mark.parametrize("state", ["unfinished", "missing"])
def test_before_the_first_round_all_runs_must_be_finished(state: State) -> None:
    found = stepped([run(1), run(2), run(2, 1, state)])
    assert (todo(found), found.under_way, found.reached) == (["2-1 to 1"], True, 1)
    assert halving.read(FOLDER) == []


def test_a_sweep_of_which_no_run_is_finished_yet_is_under_way() -> None:
    found = stepped([run(1, state="missing", train_epochs=5), run(2, state="failed", train_epochs=5)])
    assert (todo(found), found.under_way, found.target) == (["1-0 to 5"], True, 5)


def test_runs_that_are_added_later_do_not_join_the_rounds() -> None:
    runs = trained(nine(), stepped(nine()))
    added = [run(10, accuracy=1.0), run(11, state="missing"), run(12, state="damaged")]
    assert todo(stepped([*runs, *added])) == ["9-0 to 9"]


def test_a_run_goes_on_as_it_is_but_for_its_length() -> None:
    runs = [run(0.5, 3, accuracy=0.9), run(0.3)]
    (_, planned), *_ = stepped(runs, THIRD, 5).todo
    assert planned.config == config(3, train_learning_rate=0.5, train_epochs=5)
    assert planned.out == FOLDER / "0.5-3"


def test_a_limit_of_steps_grows_as_the_epochs_do_round_by_round() -> None:
    """It ends the runs first, in their first epoch, and would not if it stayed away: of 6 times as long, 30 times."""
    runs = [run(rate, accuracy=rate / 10, train_max_steps=100) for rate in range(1, 10)]
    for keep, epochs, steps in ((Fraction(1, 6), 6, 600), (Fraction(1, 2), 12, 1200)):
        first = stepped(runs, keep)
        assert {(each.config.train.epochs, each.config.train.max_steps) for _, each in first.todo} == {(epochs, steps)}
        assert halving.read(FOLDER)[-1].max_steps == steps
        runs = trained(runs, first)
    with pytest.raises(BpError, match=r"train\.max_steps: expected an integer from 1"):
        stepped([run(rate, train_max_steps=900_000_000) for rate in (1, 2)], epochs=1_000_000)


def test_one_setting_does_not_go_on() -> None:
    found = stepped([run(1), run(1, 1), run(2, state="failed")])
    assert (rates(found), todo(found), found.under_way) == ([1], [], False)
    assert halving.read(FOLDER) == []


def test_damaged_runs_that_would_be_compared_are_named() -> None:
    with pytest.raises(BpError) as caught:
        stepped([run(1), run(1, 1, "damaged"), run(2, state="damaged")])
    assert str(caught.value) == "r/1-1: damaged: diverged\nr/2-0: damaged: diverged"
    assert caught.value.code == Exit.FAILURE


def test_damaged_runs_of_earlier_rounds_do_not_matter() -> None:
    runs = trained(nine(), stepped(nine()))
    runs[0] = run(1, state="damaged")
    assert todo(stepped(runs)) == ["9-0 to 9"]


LENGTHS: dict[str, Callable[[], Outcome]] = {
    "epochs": lambda: run(2, train_epochs=3),
    "steps": lambda: run(2, train_max_steps=7),
    "epochs of a missing run": lambda: run(2, state="missing", train_epochs=3),
}


@pytest.mark.parametrize("other", LENGTHS.values(), ids=LENGTHS)
def test_runs_that_begin_with_different_lengths_are_refused(other: Callable[[], Outcome]) -> None:
    with pytest.raises(BpError, match="r/2-0: expected all runs to be of one length; r/1-0 has another") as caught:
        stepped([run(1), other()])
    assert caught.value.code == Exit.USAGE


def test_without_a_finished_run_there_is_nothing_to_compare() -> None:
    with pytest.raises(BpError, match="r: expected finished runs to choose from; got none"):
        stepped([run(1, state="failed")])


def test_a_length_that_cannot_change_is_refused_with_the_key_that_would_have_helped() -> None:
    with pytest.raises(BpError, match=r"r/2-0: .*; train\.schedule is cosine over the whole run") as caught:
        stepped([run(1), run(2, train_schedule="cosine")])
    assert caught.value.code == Exit.USAGE
    assert "train.schedule_epochs" in str(caught.value.hint)
    assert todo(stepped([run(1), run(2, train_schedule="cosine", train_schedule_epochs=9)]))


def test_a_metric_that_was_not_measured_is_refused() -> None:
    with pytest.raises(BpError, match="expected validation_loss to compare by; it was not measured") as caught:
        stepped([run(1), run(2)], metric="validation_loss")
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize(("keep", "epochs"), [(Fraction(1), None), (THIRD, 1), (Fraction(9, 10), None)])
def test_a_round_must_be_longer_than_the_one_before(keep: Fraction, epochs: int | None) -> None:
    with pytest.raises(BpError, match="expected more epochs than were reached, 1; got 1") as caught:
        stepped(nine(), keep, epochs)
    assert caught.value.code == Exit.USAGE


def test_a_round_may_not_be_longer_than_a_config_allows() -> None:
    with pytest.raises(BpError, match=r"train\.epochs: expected an integer from 1 to 1000000; got 1000001") as caught:
        stepped(nine(), THIRD, 1_000_001)
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize(("keep", "target"), [("0.3", 17), ("1/3", 15), ("2/3", 8)])
def test_the_epochs_of_a_round_are_rounded(keep: str, target: int) -> None:
    runs = [run(rate, train_epochs=5) for rate in (1, 2, 3)]
    assert stepped(runs, Fraction(keep)).target == target


def test_the_epochs_reached_are_those_that_steps_allowed() -> None:
    """Runs of up to 17 epochs that 10 steps end in their first: a round of three epochs is longer."""
    keys: dict[str, Any] = {"train_epochs": 17, "train_max_steps": 10}
    runs = [replace(run(rate, **keys), last=record(1, test_accuracy=rate / 10)) for rate in range(1, 4)]
    found = stepped(runs)
    assert (found.reached, todo(found)) == (1, ["3-0 to 3"])
