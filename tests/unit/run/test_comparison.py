"""What two runs recorded, compared: the first place in which they differ is named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mnist_bp.run import comparison
from mnist_bp.run.checkpoint import Checkpoint
from mnist_bp.train.records import StepLoss
from tests.helpers.making import config, record


def checkpoint(**arrays: Any) -> Checkpoint:
    found = {name: np.asarray(array) for name, array in arrays.items()}
    return Checkpoint(Path("c"), "", "", shape=(2,), scale=1.0, classes=("0", "1"), outputs=2, arrays=found)


def test_equal_records_are_equal_whatever_their_seconds() -> None:
    rows = [record(1), record(2)]
    assert not [*comparison.in_metrics(rows, [replace(row, seconds=9.0) for row in rows])]


def test_the_first_row_and_column_that_differs_is_named() -> None:
    rows = [record(1), record(2, test_loss=0.25, test_accuracy=0.75), record(3, train_loss=2.0)]
    first, *_ = comparison.in_metrics(rows, [record(1), record(2), record(3)])
    assert str(first) == "metrics.csv, epoch 2, test_loss: 0.25 recorded, 0.5 again"


def test_a_row_that_is_missing_is_told() -> None:
    assert [str(each) for each in comparison.in_metrics([record(1)], [record(1), record(2)])] == [
        "metrics.csv, rows: 1 recorded, 2 again"
    ]


def test_the_first_number_of_an_array_that_differs_is_named_and_how_many_do_by_how_much() -> None:
    one = checkpoint(W1=np.array([[1, 2], [3, 4.5]], np.float32), b1=np.zeros(2))
    other = checkpoint(W1=np.array([[1, 2], [3.25, 4]], np.float32), b1=np.zeros(2))
    (difference,) = comparison.in_checkpoints(one, other)
    assert str(difference) == (
        "checkpoint.npz, W1[1, 0]: 3.0 recorded, 3.25 again; 2 of 4 numbers differ, by up to 5.0e-01"
    )


def test_the_last_bit_of_a_number_and_the_sign_of_zero_count() -> None:
    assert [*comparison.in_checkpoints(checkpoint(b=1.0), checkpoint(b=np.nextafter(1.0, 2)))]
    assert [*comparison.in_checkpoints(checkpoint(b=0.0), checkpoint(b=-0.0))]
    assert not [*comparison.in_checkpoints(checkpoint(b=0.1), checkpoint(b=0.1))]


def test_other_arrays_and_other_shapes_are_told() -> None:
    names, *_ = comparison.in_checkpoints(checkpoint(a=1.0, b=1.0), checkpoint(b=1.0))
    assert str(names) == "checkpoint.npz, arrays: a, b recorded, b again"
    (shape,) = comparison.in_checkpoints(checkpoint(b=np.zeros(2)), checkpoint(b=np.zeros(3)))
    assert shape.at == "checkpoint.npz, b, shape and type"


def test_losses_of_steps_are_compared_where_they_are_recorded() -> None:
    again = [StepLoss(1, 0.5), StepLoss(2, 0.25), StepLoss(3, 0.125)]
    assert not [*comparison.in_steps([StepLoss(2, 0.25)], again)]
    (wrong,) = comparison.in_steps([StepLoss(1, 0.5), StepLoss(3, 0.5)], again)
    assert str(wrong) == "steps.csv, step 3, loss: 0.5 recorded, 0.125 again"


def test_a_config_may_differ_from_the_checkpoints_in_what_a_resumed_run_may_change_but_not_in_its_length() -> None:
    assert not [*comparison.in_configs(config(), config(train_log_every=5))]
    (length,) = comparison.in_configs(config(), config(train_epochs=3))
    assert str(length) == "config.yaml, train.epochs: 1 recorded, 3 in checkpoint.npz"
    (seed,) = comparison.in_configs(config(1), config(0))
    assert str(seed) == "config.yaml, seed: 1 recorded, 0 in checkpoint.npz"
