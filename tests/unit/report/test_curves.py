"""Tests for the curves of settings over the epochs."""

import math
from pathlib import Path

import pytest

from mnist_bp.report.curves import curves
from mnist_bp.report.gathering import gather
from mnist_bp.train.records import Record
from tests.helpers.making import FOLDER, begun, config, failed, finished, record, unsynced

SWEEP = str(FOLDER)


@unsynced
def so_far(seed: int, *records: Record) -> Path:
    """Make an unfinished run of up to nine epochs with some records."""
    run = begun(config(seed, train_epochs=9))
    run.metrics.append(*records)
    return run.path


def test_a_curve_is_the_mean_and_the_sample_deviation_of_the_finished_runs() -> None:
    for seed, accuracy in enumerate((0.2, 0.4, 0.9)):
        finished(config(seed, train_epochs=2), test_accuracy=accuracy)
    failed(config(3, train_epochs=2))
    (curve,) = curves(gather([SWEEP]), "test_accuracy")
    assert (curve.label, curve.epochs, curve.n, curve.unfinished) == ("mine", (1, 2), 3, False)
    assert curve.values == pytest.approx((0.5, 0.5))
    assert curve.deviations == pytest.approx((0, 0.36055512754639896))  # sqrt((0.09 + 0.01 + 0.16) / 2)


def test_a_single_run_has_no_deviations() -> None:
    (curve,) = curves(gather([str(finished(config()))]), "train_loss")
    assert (curve.values, curve.deviations, curve.n) == ((0.5,), None, 1)


def test_without_a_finished_run_the_one_that_has_come_furthest_is_drawn_so_far() -> None:
    so_far(0, record(1))
    so_far(1, record(1, train_loss=0.25), record(2, train_loss=0.125))
    (curve,) = curves(gather([SWEEP]), "train_loss")
    assert (curve.values, curve.deviations, curve.n, curve.unfinished) == ((0.25, 0.125), None, 1, True)


def test_what_was_not_measured_gives_no_curve() -> None:
    begun(config(0))
    finished(config(1, train_learning_rate=0.2), validation_loss=0.3)
    finished(config(1, train_learning_rate=0.3))
    (curve,) = curves(gather([SWEEP]), "validation_loss")
    assert (curve.label, curve.values) == ("learning_rate=0.2", (0.3,))


def test_losses_that_are_not_finite_or_very_large_leave_gaps_and_break_nothing() -> None:
    so_far(0, record(1, train_loss=1e308), record(2, train_loss=math.inf), record(3, train_loss=math.nan))
    (curve,) = curves(gather([SWEEP]), "train_loss")
    assert curve.values[0] == 1e308
    assert all(map(math.isnan, curve.values[1:]))
    for seed, loss in enumerate((1.7e308, 1.7e308, -1.7e308, -1.7e308)):
        finished(config(seed), Path("large"), train_loss=loss)
    (large,) = curves(gather(["large"]), "train_loss")
    assert large.values == (0,)
    assert large.deviations is not None
    assert math.isnan(large.deviations[0])
