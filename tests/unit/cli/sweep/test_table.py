"""`bp sweep table`."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from mnist_bp.sweep.plan import run_name
from mnist_bp.sweep.settings import SHOWN
from tests.helpers.commands import run
from tests.helpers.making import FOLDER, begun, config, failed, finished, planned


def table(*options: str) -> str:
    result = run("sweep", "table", FOLDER, *options)
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.fixture
def sweep() -> None:
    """Two learning rates with two and three seeds, and a third that came to nothing."""
    for seed, accuracy in enumerate((0.5, 0.7)):
        finished(config(seed, train_learning_rate=0.1), test_accuracy=accuracy, test_loss=0.25)
    for seed, accuracy in enumerate((0.8, 0.9, 1.0)):
        finished(config(seed, train_learning_rate=0.01), test_accuracy=accuracy, test_loss=100.0 * seed)
    failed(config(3, train_learning_rate=0.1))
    failed(config(4, train_learning_rate=0.1))
    begun(config(0, train_learning_rate=1.0))
    planned(config(0, train_learning_rate=1.0), config(1, train_learning_rate=1.0))


@pytest.mark.usefixtures("sweep")
def test_the_table_has_a_row_for_each_setting_and_names_runs_that_do_not_count() -> None:
    def name(seed: int, rate: float) -> str:
        return run_name(config(seed, train_learning_rate=rate))

    assert table() == (
        "train.learning_rate  test_accuracy    train_accuracy   n  seeds not counted\n"
        "0.01                 0.9000 ± 0.1000  0.5000 ± 0.0000  3\n"
        "0.1                  0.6000 ± 0.1414  0.5000 ± 0.0000  2  failed: 3, 4\n"
        "1.0                                                    0  unfinished: 0; missing: 1\n"
        "\n"
        "mean ± standard deviation over n seeds; the best test_accuracy comes first\n"
        f"failed      sweeps/mine/{name(3, 0.1)}  seed 3: training diverged at step 7\n"
        f"failed      sweeps/mine/{name(4, 0.1)}  seed 4: training diverged at step 7\n"
        f"unfinished  sweeps/mine/{name(0, 1.0)}  seed 0\n"
        f"missing     sweeps/mine/{name(1, 1.0)}  seed 1\n"
    )


@pytest.mark.usefixtures("sweep")
def test_the_table_is_sorted_by_the_metric_which_is_shown_first() -> None:
    header, first, second, *_ = table("--metric", "test_loss").splitlines()
    assert header.split()[:3] == ["train.learning_rate", "test_loss", "train_accuracy"]
    assert first.split()[:4] == ["0.1", "0.2500", "±", "0.0000"]
    assert second.split()[:4] == ["0.01", "100.0", "±", "100.0"]


@pytest.mark.usefixtures("sweep")
def test_markdown_has_the_same_rows() -> None:
    lines = table("--format", "markdown").splitlines()
    assert len(lines) == 5
    assert lines[0] == "| train.learning_rate | test_accuracy | train_accuracy | n | seeds not counted |"
    assert lines[3] == "| 0.1 | 0.6000 ± 0.1414 | 0.5000 ± 0.0000 | 2 | failed: 3, 4 |"


@pytest.mark.usefixtures("sweep")
def test_csv_has_every_metric_in_all_digits() -> None:
    rows = list(csv.DictReader(table("--format", "csv").splitlines()))
    assert [row["train.learning_rate"] for row in rows] == ["0.01", "0.1", "1.0"]
    assert [row["n"] for row in rows] == ["3", "2", "0"]
    assert float(rows[1]["test_accuracy_sd"]) == pytest.approx(0.02**0.5, rel=1e-15)
    assert float(rows[0]["test_loss_mean"]) == 100
    assert rows[2]["test_loss_mean"] == rows[0]["validation_loss_mean"] == ""
    assert [(row["failed"], row["unfinished"], row["missing"]) for row in rows] == [
        ("", "", ""), ("3 4", "", ""), ("", "0", "1")
    ]  # fmt: skip


@pytest.mark.usefixtures("sweep")
@pytest.mark.parametrize("options", [["--json"], ["--format", "json"], ["--json", "--format", "csv"]])
def test_json_has_every_run_and_what_was_skipped(options: list[str], caplog: pytest.LogCaptureFixture) -> None:
    (FOLDER / "other/x").mkdir(parents=True)
    about = json.loads(table(*options))
    assert about["metric"] == "test_accuracy"
    assert about["skipped"] == ["sweeps/mine/other: expected a run directory, with its config.yaml"]
    assert caplog.messages == [f"skipped {about['skipped'][0]}"]
    second = about["settings"][1]
    assert second["config"] == {"train.learning_rate": 0.1}
    assert second["n"] == 2
    assert second["test_loss_mean"] == 0.25
    assert second["test_loss_sd"] == 0
    assert second["validation_loss_mean"] is None
    assert (second["failed"], second["unfinished"], second["missing"]) == ([3, 4], [], [])
    assert [each["state"] for each in second["runs"]] == ["finished", "finished", "failed", "failed"]
    assert second["runs"][2] == {
        "run": str(FOLDER / run_name(config(3, train_learning_rate=0.1))),
        "seed": 3,
        "state": "failed",
        "step": 6,
        "message": "training diverged at step 7",
    }


def test_damaged_runs_are_named_in_every_format(caplog: pytest.LogCaptureFixture) -> None:
    finished(config(0))
    path = finished(config(3))
    (path / "metrics.csv").unlink()
    why = "metrics.csv: expected a row, as the run is finished"
    lines = table().splitlines()
    assert lines[1].endswith("1  damaged: 3")
    assert lines[-1] == f"damaged     {path}  seed 3: {why}"
    (row,) = csv.DictReader(table("--format", "csv").splitlines())
    assert (row["damaged"], row["n"]) == ("3", "1")
    (setting,) = json.loads(table("--json"))["settings"]
    assert setting["damaged"] == [3]
    assert setting["runs"][1] == {"run": str(path), "seed": 3, "state": "damaged", "message": why}
    assert not caplog.messages


def test_a_single_setting_has_no_column_of_its_own() -> None:
    for seed in range(2):
        finished(config(seed), validation_accuracy=0.5)
    assert table().splitlines()[:2] == [
        "validation_accuracy  train_accuracy   test_accuracy    n",
        "0.5000 ± 0.0000      0.5000 ± 0.0000  0.5000 ± 0.0000  2",
    ]
    assert table("--format", "csv").startswith("n,train_loss_mean,")
    assert json.loads(table("--json"))["settings"][0]["config"] == {}


def test_all_runs_of_a_sweep_that_has_not_begun_are_missing() -> None:
    planned(*(config(seed) for seed in range(SHOWN + 7)))
    lines = table().splitlines()
    assert lines[1] == f"0  missing: {', '.join(map(str, range(SHOWN)))}, ... and 7 more"
    assert len(lines) == 2 + 2 + SHOWN + 1
    assert lines[-1] == "... and 7 more"


@pytest.mark.usefixtures("sweep")
def test_the_same_sweep_gives_the_same_table_in_whatever_order_it_was_run() -> None:
    """Here all runs are made anew, in another order, with other times, and some after a failure."""
    forms = ("text", "csv", "markdown", "json")
    before = [table("--format", form) for form in forms]
    plan = (FOLDER / "plan.txt").read_bytes()
    shutil.rmtree(FOLDER)
    for seed, accuracy in reversed([*enumerate((0.8, 0.9, 1.0))]):
        failed(config(seed, train_learning_rate=0.01))
        path = finished(config(seed, train_learning_rate=0.01), test_accuracy=accuracy, test_loss=100.0 * seed)
        metrics = (path / "metrics.csv").read_text()
        (path / "metrics.csv").write_text(re.sub(r"[0-9.]+\n$", "9.75\n", metrics))
    begun(config(0, train_learning_rate=1.0))
    failed(config(4, train_learning_rate=0.1))
    for seed, accuracy in ((1, 0.7), (0, 0.5)):
        finished(config(seed, train_learning_rate=0.1), test_accuracy=accuracy, test_loss=0.25)
    failed(config(3, train_learning_rate=0.1))
    (FOLDER / "plan.txt").write_bytes(plan)
    assert [table("--format", form) for form in forms] == before


def test_a_failure_is_one_line_without_control_characters() -> None:
    finished(config())
    failed(config(1), message="\x1b[2Jgone\nfailed  nothing")
    last = table().splitlines()[-1]
    assert last.endswith("seed 1: \\x1b[2Jgone\\nfailed  nothing")


def test_a_run_that_went_on_to_more_epochs_is_a_setting_of_its_own() -> None:
    for seed in range(2):
        finished(config(seed))
    longer = finished(config(0, train_epochs=3), test_accuracy=0.75)
    shutil.rmtree(FOLDER / run_name(config(0)))
    longer.rename(FOLDER / run_name(config(0)))
    planned(*(config(seed) for seed in range(2)))
    assert [line.split()[:2] for line in table().splitlines()[:3]] == [
        ["train.epochs", "test_accuracy"], ["3", "0.7500"], ["1", "0.5000"]
    ]  # fmt: skip
    assert Path(FOLDER, "plan.txt").exists()


@pytest.fixture
def grid() -> None:
    """Two optimizers with two learning rates each."""
    accuracies = {("sgd", 0.1): 0.9, ("sgd", 0.01): 0.8, ("adam", 0.1): 0.7, ("adam", 0.01): 0.95}
    for (optimizer, rate), accuracy in accuracies.items():
        finished(config(train_optimizer=optimizer, train_learning_rate=rate), test_accuracy=accuracy)


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize("key", ["optimizer", "train.optimizer"])
def test_the_best_setting_of_each_value_of_a_key_can_be_shown_alone(key: str, caplog: pytest.LogCaptureFixture) -> None:
    failed(config(train_optimizer="sgd", train_learning_rate=1.0))
    lines = table("--best-per", key).splitlines()
    assert lines[0].split()[:3] == ["train.optimizer", "train.learning_rate", "test_accuracy"]
    assert [line.split()[:3] for line in lines[1:3]] == [["adam", "0.01", "0.9500"], ["sgd", "0.1", "0.9000"]]
    assert lines[5] == "of each train.optimizer, only the best setting is shown"
    assert lines[6].startswith("failed ")
    assert len(lines) == 7
    assert "the test set then no longer tells" in caplog.text


@pytest.mark.usefixtures("grid")
def test_the_key_comes_first_and_other_formats_have_the_same_rows() -> None:
    rows = list(csv.reader(table("--best-per", "learning_rate", "--format", "csv").splitlines()))
    assert [row[:2] for row in rows] == [["train.learning_rate", "train.optimizer"], ["0.01", "adam"], ["0.1", "sgd"]]
    assert len(table("--best-per", "learning_rate", "--format", "latex").splitlines()) == 9
    about = json.loads(table("--best-per", "learning_rate", "--json"))
    assert about["best_per"] == "train.learning_rate"
    assert [setting["config"]["train.optimizer"] for setting in about["settings"]] == ["adam", "sgd"]


@pytest.mark.usefixtures("grid")
def test_a_key_that_does_not_vary_is_refused_with_those_that_do() -> None:
    result = run("sweep", "table", FOLDER, "--best-per", "optimiser")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: --best-per optimiser: expected a key that varies: train.optimizer, train.learning_rate\n"
        "hint: did you mean train.optimizer?\n"
    )
    assert "did you mean train.learning_rate?" in run("sweep", "table", FOLDER, "--best-per", "lr").stderr


@pytest.mark.usefixtures("grid")
def test_of_two_keys_none_wins_silently() -> None:
    result = run("sweep", "table", FOLDER, "--best-per", "optimizer", "--best-per", "learning_rate")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--best-per" in result.stderr
    assert "expected one key; got optimizer, learning_rate" in result.stderr


def test_of_many_keys_that_differ_the_name_of_a_run_stands() -> None:
    """As of runs of unlike configs, whose table would be wider than any terminal."""
    keys: dict[str, Any] = {
        "data_validation": 5, "model_hidden": 7, "model_activation": "relu", "model_init": "he", "train_epochs": 2,
        "train_batch_size": 9, "train_optimizer": "adam", "train_learning_rate": 0.5,
    }  # fmt: skip
    finished(config())
    finished(config(**keys))
    assert table().startswith("data.validation  model.hidden ")
    finished(config(**keys, train_weight_decay=0.5), test_accuracy=0.9).rename(FOLDER / "mine")
    lines = table().splitlines()
    assert lines[0].split() == ["run", "test_accuracy", "train_accuracy", "n"]
    assert lines[1].split() == ["mine", "0.9000", "0.5000", "1"]
    assert lines[-1] == "the settings differ in 9 keys: bp diff compares two runs, --format csv has all"
    assert table("--best-per", "optimizer").split()[:2] == ["train.optimizer", "run"]
    assert table("--format", "csv").startswith("data.validation,model.hidden,")


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize("form", ["csv", "markdown", "latex"])
def test_what_is_copied_from_a_terminal_into_a_document_is_not_folded(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = table("--format", form)
    monkeypatch.setattr("mnist_bp.cli.terminal.columns", lambda stream: 30)
    assert table("--format", form) == text


def test_on_a_narrow_terminal_all_that_was_swept_and_the_metric_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: dict[str, Any] = {"train_batch_size": 50, "train_optimizer": "momentum", "train_learning_rate": 0.001}
    for seed in range(2):
        finished(config(seed), validation_accuracy=0.8)
        finished(config(seed, **keys), validation_accuracy=0.9)
    monkeypatch.setattr("mnist_bp.cli.terminal.columns", lambda stream: 60)
    lines = table().splitlines()
    assert lines[3].split() == ["50", "momentum", "0.001", "0.9000", "±", "0.0000", "2"]
    assert "no room for train_accuracy, test_accuracy: a wider terminal" in " ".join(lines)
    monkeypatch.setattr("mnist_bp.cli.terminal.columns", lambda stream: 34)
    shown = [line.split() for line in table().splitlines()]
    row = shown.index(["50", "momentum", "0.001"])
    assert shown[row + 1] == ["0.9000", "±", "0.0000", "2"]
