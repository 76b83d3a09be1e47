"""Tests for what a plot shows."""

import numpy as np
import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.report.gathering import gather
from mnist_bp.report.plot import FUNCTIONS, MOST, measured, of_functions, of_runs
from tests.helpers.making import FOLDER, begun, config, failed, finished, record, unsynced

SWEEP = str(FOLDER)


def test_the_plot_of_a_run_is_the_books_accuracies_from_0_to_1() -> None:
    plot = of_runs(gather([str(finished(config(train_epochs=2), train_accuracy=0.9, test_accuracy=0.8))]))
    assert [(line.kind, line.x, line.y, line.last) for line in plot.lines] == [
        ("train acc", (1, 2), (0.5, 0.9), "0.9000"),
        ("test acc", (1, 2), (0.5, 0.8), "0.8000"),
    ]
    assert (plot.x_label, plot.y_label, plot.y.low, plot.y.high, plot.notes) == ("epochs", "accuracy", 0, 1, [])


def test_a_metric_is_drawn_alone_on_an_axis_of_its_own_range() -> None:
    gathered = gather([str(finished(config(train_epochs=2), test_accuracy=0.6, test_loss=0.0004))])
    accuracy, loss = of_runs(gathered, "test_accuracy"), of_runs(gathered, "test_loss")
    assert [line.kind for line in accuracy.lines] == ["test acc"]
    assert (accuracy.y.low, accuracy.y.high) == (0.5, 0.6)
    assert (loss.y_label, loss.y.log, loss.lines[0].last) == ("test loss", True, "0.0004000")


@unsynced
def test_seeds_that_failed_are_named_and_in_no_mean() -> None:
    for seed, accuracy in enumerate((0.2, 0.4)):
        finished(config(seed, train_learning_rate=0.1), test_accuracy=accuracy)
    failed(config(2, train_learning_rate=0.1))
    begun(config(0, train_learning_rate=0.2)).metrics.append(record(test_accuracy=0.3))
    for seed in (0, 1):
        failed(config(seed, train_learning_rate=0.3))
    plot = of_runs(gather([SWEEP]), "test_accuracy")
    assert [(line.label, line.last) for line in plot.lines] == [
        ("learning_rate=0.1 (n = 2 of 3)", "0.3000 ± 0.1414"),
        ("learning_rate=0.2", "0.3000"),
    ]
    assert set(plot.notes) == {
        "mean ± standard deviation over n seeds",
        "learning_rate=0.2: unfinished, drawn so far",
        "not counted: learning_rate=0.1 (seed 2 failed), learning_rate=0.3 (seeds 0, 1 failed)",
    }


def test_of_one_setting_the_notes_count_the_seeds_and_those_that_failed_if_there_are_many() -> None:
    for seed in range(3):
        finished(config(seed))
    for seed in range(3, 10):
        failed(config(seed))
    assert of_runs(gather([SWEEP])).notes == [
        "mean ± standard deviation over 3 seeds",
        "not counted: mine (7 seeds failed)",
    ]


def test_more_settings_than_can_be_told_apart_are_left_out_in_words() -> None:
    for number in range(1, MOST + 2):
        finished(config(train_learning_rate=number / 100))
    plot = of_runs(gather([SWEEP]))
    assert (len(plot.labels), plot.notes) == (MOST, [f"the first {MOST} of {MOST + 1} settings"])


def test_runs_without_an_epoch_or_the_metric_are_refused() -> None:
    path = str(begun(config()).path)
    for metric, what in ((None, "with an epoch at its end"), ("test_loss", "that measured test_loss")):
        with pytest.raises(BpError, match=f"expected a run {what}; got none") as refused:
            of_runs(gather([path]), metric)
        assert refused.value.code is Exit.USAGE
    assert measured(gather([path])) == []


def test_control_characters_of_a_name_are_made_visible() -> None:
    run = finished(config())
    assert of_runs(gather([str(run.rename("a\x1b[31m\n"))])).labels == [r"a\x1b[31m\n"]


@pytest.mark.parametrize("name", [*FUNCTIONS])
def test_slopes_are_those_of_the_functions(name: str) -> None:
    """By central differences of what is drawn, but beside a kink."""
    plot = of_functions([name, name])
    if name == "step":
        assert ([line.kind for line in plot.lines], len(plot.notes)) == (["function"], 1)
        assert "step: no slope is drawn" in plot.notes[0]
        return
    function, slope = plot.lines
    away = np.abs(function.x[1:-1]) > 0.015
    differences = (np.array(function.y[2:]) - function.y[:-2]) / 0.02
    np.testing.assert_allclose(
        differences[away], np.array(slope.y[1:-1])[away], atol=4e-5
    )  # the step squared, times a sixth of the third derivative of tanh
    assert plot.y.low < min(function.y) < max(function.y) < plot.y.high


def test_losses_and_accuracies_are_drawn_together_on_an_axis_of_their_range() -> None:
    gathered = gather([str(finished(config(), train_accuracy=0.97, test_accuracy=0.95, test_loss=0.4))])
    loss, accuracy = of_runs(gathered, "loss"), of_runs(gathered, "accuracy")
    assert [(each.kind, *each.y) for each in loss.lines] == [("train loss", 0.5), ("test loss", 0.4)]
    assert (loss.y_label, [each.kind for each in accuracy.lines]) == ("loss", ["train acc", "test acc"])
    assert accuracy.y.low > 0.9
    assert of_runs(gathered).y.low == 0
