"""Tests for what the report of several runs says."""

from pathlib import Path
from typing import Any

from mnist_bp.report.gathering import gather
from mnist_bp.report.several import contents
from tests.helpers.making import FOLDER, config, failed, finished, planned


def of(*paths: Path) -> dict[str, Any]:
    return contents(gather([str(path) for path in paths]))


def test_settings_have_rows_with_mean_and_deviation_of_the_finished_seeds_the_best_first() -> None:
    for rate, accuracies in {0.1: (0.5, 0.6), 0.2: (0.7,)}.items():
        for seed, accuracy in enumerate(accuracies):
            finished(config(seed, train_learning_rate=rate), test_accuracy=accuracy, test_loss=0.0123456)
    failed(config(7, train_learning_rate=0.2), message="diverged <b>")
    found = of(FOLDER)
    assert (found["keys"], found["named"]) == (["train.learning_rate"], False)
    assert found["metrics"] == ["test_accuracy", "train_accuracy", "test_loss", "train_loss"]
    rows = [(row["values"], row["results"][0], row["results"][2], row["n"], row["others"]) for row in found["rows"]]
    assert rows == [
        (["0.2"], "0.7000", "0.01235", 1, "seed 7 failed"),
        (["0.1"], "0.5500 ± 0.0707", "0.01235 ± 0.00000", 2, ""),
    ]
    assert [("seed 7" in each, "diverged <b>" in each) for each in found["not_counted"]] == [(True, True)]
    assert [each.title for each in found["charts"]] == ["Test accuracy", "Train accuracy", "Test loss", "Train loss"]
    assert (len(found["runs"]), len(found["finished"])) == (4, 3)


def test_runs_that_differ_in_much_are_named_after_their_directories() -> None:
    one = finished(config(), Path("a"))
    other = finished(
        config(1, train_learning_rate=0.3, model_hidden=[3], train_batch_size=7, train_epochs=2), Path("b")
    )
    found = of(one, other)
    assert (found["title"], found["named"], [row["label"] for row in found["rows"]]) == (
        "2 runs", True, [one.name, other.name],
    )  # fmt: skip


def test_seeds_of_one_setting_share_charts_of_all_splits() -> None:
    runs = [finished(config(seed)) for seed in (0, 1)]
    found = of(*runs)
    assert [(each.title, [line.name for line in each.lines]) for each in found["charts"]] == [
        ("Accuracy", ["train", "test"]), ("Loss", ["train", "test"]),
    ]  # fmt: skip


def test_what_is_missing_from_a_sweep_is_named() -> None:
    planned(config(0), config(1))
    finished(config(0))
    assert ["missing" in each for each in of(FOLDER)["not_counted"]] == [True]
