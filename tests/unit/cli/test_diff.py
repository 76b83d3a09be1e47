"""`bp diff`."""

import json
from pathlib import Path

from tests.helpers.commands import run
from tests.helpers.making import begun, config, failed, finished, record


def made() -> tuple[Path, Path]:
    first = finished(config(train_optimizer="sgd"), test_accuracy=0.9)
    second = finished(config(1, train_optimizer="adam", train_epochs=2), test_accuracy=0.75, validation_loss=0.123456)
    return first.rename("a"), second.rename("b")


def test_the_keys_that_differ_and_both_outcomes_are_shown() -> None:
    result = run("diff", *made())
    assert result.exit_code == 0
    assert result.stdout == (
        "                 a         b\n"
        "train.epochs     1         2\n"
        "train.optimizer  sgd       adam\n"
        "seed             0         1\n"
        "\n"
        "state            finished  finished\n"
        "epochs           1         2\n"
        "steps            10        20\n"
        "seconds          0.2       0.5\n"
        "train_loss       0.5000    0.5000\n"
        "train_accuracy   0.5000    0.5000\n"
        "validation_loss            0.1235\n"
        "test_loss        0.5000    0.5000\n"
        "test_accuracy    0.9000    0.7500\n"
    )


def test_json_has_values_and_not_words() -> None:
    about = json.loads(run("diff", *made(), "--json").stdout)
    assert about["runs"] == ["a", "b"]
    assert about["differences"] == {"train.epochs": [1, 2], "train.optimizer": ["sgd", "adam"], "seed": [0, 1]}
    assert about["outcomes"][1] == {
        "state": "finished", "epochs": 2, "steps": 20, "seconds": 0.5,
        "train_loss": 0.5, "train_accuracy": 0.5, "validation_loss": 0.123456, "validation_accuracy": None,
        "test_loss": 0.5, "test_accuracy": 0.75,
    }  # fmt: skip


def test_equal_configs_are_reported_as_equal() -> None:
    first, _ = made()
    assert run("diff", first, first).stdout.startswith("the configs are equal\n                a         a\nstate  ")


def test_unfinished_and_failed_runs_are_shown_as_far_as_they_got() -> None:
    unfinished = begun(config(train_epochs=3))
    unfinished.metrics.append(record(2, test_accuracy=0.25))
    broken = failed(config(1), message="training diverged\x1b[31m at step 7")
    result = run("diff", unfinished.path, broken)
    assert result.exit_code == 0
    words = [line.split() for line in result.stdout.splitlines()]
    assert ["state", "unfinished", "failed"] in words
    assert ["epochs", "2", "0"] in words
    assert ["test_accuracy", "0.2500"] in words
    assert result.stdout.endswith(f"\n\n{broken} failed: training diverged\\x1b[31m at step 7\n")


def test_a_run_that_cannot_be_read_is_named() -> None:
    first, second = made()
    (second / "metrics.csv").unlink()
    for other, code, message in (
        ("nowhere", 2, "error: nowhere: expected a run directory, with its config.yaml"),
        (second, 1, "error: b/metrics.csv: expected a row, as the run is finished"),
    ):
        result = run("diff", first, other)
        assert (result.exit_code, result.stdout, result.stderr.splitlines()[0]) == (code, "", message)
