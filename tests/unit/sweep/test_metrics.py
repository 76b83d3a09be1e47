"""The metrics that runs are compared by."""

from dataclasses import fields

from mnist_bp.sweep.metrics import METRICS, order
from mnist_bp.train.records import Record


def test_they_are_columns_of_the_metrics_file() -> None:
    assert set(METRICS) < {field.name for field in fields(Record)}
    assert len(METRICS) == 6


def test_high_accuracies_low_losses_and_what_was_measured_at_all_come_first() -> None:
    assert sorted([0.1, None, 0.9], key=lambda value: order(value, "test_accuracy")) == [0.9, 0.1, None]
    assert sorted([0.9, None, 0.1], key=lambda value: order(value, "train_loss")) == [0.1, 0.9, None]
