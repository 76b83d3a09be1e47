"""`bp sweep best`."""

import json

import pytest

from tests.helpers.commands import run
from tests.helpers.making import FOLDER, config, failed, finished


def test_the_best_run_of_the_setting_with_the_best_mean_is_printed(caplog: pytest.LogCaptureFixture) -> None:
    """The best run of all, 0.99, is of a setting whose mean is 0.74."""
    for seed, accuracy in enumerate((0.99, 0.49)):
        finished(config(seed, train_learning_rate=0.1), validation_accuracy=accuracy)
    runs = [
        finished(config(seed, train_learning_rate=0.2), validation_accuracy=accuracy, train_loss=0.1 * seed)
        for seed, accuracy in enumerate((0.75, 1.0, 0.5))
    ]
    result = run("sweep", "best", FOLDER)
    assert (result.exit_code, result.stdout) == (0, f"{runs[1]}\n")
    assert run("sweep", "best", FOLDER, "--metric", "train_loss").stdout == f"{runs[0]}\n"
    assert not caplog.messages
    assert json.loads(run("sweep", "best", FOLDER, "--json").stdout) == {
        "run": str(runs[1]),
        "config": {"train.learning_rate": 0.2},
        "seed": 1,
        "metric": "validation_accuracy",
        "value": 1.0,
        "mean": 0.75,
        "sd": 0.25,
        "n": 3,
    }


def test_the_lowest_seed_is_the_best_of_equal_runs(caplog: pytest.LogCaptureFixture) -> None:
    runs = [finished(config(seed)) for seed in (5, 3, 4)]
    assert run("sweep", "best", FOLDER).stdout == f"{runs[1]}\n"
    assert "chosen by test_accuracy" in caplog.text


@pytest.mark.parametrize("metric", ["test_loss", "validation_loss"])
def test_without_a_finished_run_that_measured_the_metric_there_is_no_best(metric: str) -> None:
    failed(config())
    if metric == "validation_loss":
        finished(config(1))
    result = run("sweep", "best", FOLDER, "--metric", metric)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"sweeps/mine: expected a finished run that measured {metric}; got none" in result.stderr


def test_seeds_that_are_not_counted_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    def warnings() -> list[str]:
        caplog.clear()
        assert run("sweep", "best", FOLDER).exit_code == 0
        return caplog.messages

    finished(config(train_learning_rate=1), validation_accuracy=0.9)
    finished(config(train_learning_rate=2), validation_accuracy=0.8)
    assert warnings() == []
    for seed in (1, 2):
        finished(config(seed, train_learning_rate=2), validation_accuracy=0.8)
    fewer = "finished seeds of the best setting: 1; of another one: 3"
    assert warnings() == [fewer]
    failed(config(1, train_learning_rate=1))
    (finished(config(2, train_learning_rate=1)) / "summary.json").write_text("")
    assert warnings() == ["seeds of the best setting that are not counted: failed: 1; damaged: 2", fewer]
