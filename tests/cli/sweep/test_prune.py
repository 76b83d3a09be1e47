"""`bp sweep prune`."""

import json
import shlex

import pytest

from mnist_bp.sweep.plan import parse
from tests.conftest import run
from tests.sweep.making import FOLDER, config, failed, finished


@pytest.fixture
def sweep() -> None:
    for rate in range(1, 7):
        for seed in range(2):
            finished(config(seed, train_learning_rate=float(rate)), validation_accuracy=rate / 10)


@pytest.mark.usefixtures("sweep")
@pytest.mark.parametrize(
    ("options", "rates", "epochs"),
    [
        ([], [6, 5], 3),
        (["--keep", "0.5"], [6, 5, 4], 2),
        (["--keep", "1/6", "--epochs", "20"], [6], 20),
        (["--metric", "train_loss"], [1, 2], 3),
        (["--keep", ".9", "--epochs", "2"], [6, 5, 4, 3, 2, 1], 2),
    ],
)
def test_it_prints_the_commands_that_continue_the_best(options: list[str], rates: list[int], epochs: int) -> None:
    result = run("sweep", "prune", FOLDER, *options)
    assert result.exit_code == 0
    planned = [parse(line) for line in result.stdout.splitlines()]
    assert [(each.config.train.learning_rate, each.config.seed) for each in planned] == [
        (rate, seed) for rate in rates for seed in range(2)
    ]
    assert {each.config.train.epochs for each in planned} == {epochs}
    assert all((each.out / "summary.json").exists() for each in planned)
    assert all(" --resume " in line for line in result.stdout.splitlines())


@pytest.mark.usefixtures("sweep")
def test_a_program_gets_the_numbers_too() -> None:
    about = json.loads(run("sweep", "prune", FOLDER, "--keep", "1/6", "--json").stdout)
    command = about["runs"][1].pop("command")
    assert about["runs"].pop(1) == {"run": shlex.split(command)[-3], "seed": 1, "mean": 0.6}
    assert len(about.pop("runs")) == 1
    assert about == {
        "metric": "validation_accuracy",
        "settings": 6,
        "kept": 1,
        "epochs": {"reached": 1, "target": 6},
    }


def test_the_commands_continue_the_runs(small_config: object) -> None:
    options = ["--config", small_config, "--set", "train.epochs=1", "--set", "data.validation=20"]
    for rate in (0.1, 0.5, 1):
        assert run("train", *options, "--set", f"train.learning_rate={rate}", "--out", f"s/{rate}").exit_code == 0
    (line,) = run("sweep", "prune", "s").stdout.splitlines()
    result = run(*shlex.split(line)[1:])
    assert (result.exit_code, "at epoch 3, step 30" in result.stdout) == (0, True)
    about = json.loads(run("sweep", "table", "s", "--json").stdout)
    assert sorted(setting["config"]["train.epochs"] for setting in about["settings"]) == [1, 1, 3]


@pytest.mark.usefixtures("sweep")
def test_failed_runs_are_named(caplog: pytest.LogCaptureFixture) -> None:
    path = failed(config(2, train_learning_rate=6.0), message="training diverged\x1b[2J")
    assert len(run("sweep", "prune", FOLDER).stdout.splitlines()) == 4
    assert caplog.messages == [f"{path}: failed: training diverged\\x1b[2J"]


@pytest.mark.usefixtures("sweep")
def test_a_rung_that_others_have_still_to_reach_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    finished(config(train_epochs=3, train_learning_rate=7.0), validation_accuracy=0.9)
    finished(config(train_epochs=3, train_learning_rate=8.0), validation_accuracy=0.8)
    assert len(run("sweep", "prune", FOLDER).stdout.splitlines()) == 1
    assert "only 2 of 8 settings have been trained for 3 epochs, and 1/3 of them are 3" in caplog.text


@pytest.mark.parametrize("share", ["0", "1/0", "0/3", "4/3", "1.5", "-1", "nan", "inf", "1e-9", "", "1/", "a", "1/-3"])
def test_a_share_is_above_0_and_up_to_1(share: str) -> None:
    result = run("sweep", "prune", FOLDER, f"--keep={share}")
    assert result.exit_code == 2
    assert f"expected a share above 0 and up to 1, such as 1/3 or 0.33; got {share}" in result.stderr


@pytest.mark.usefixtures("sweep")
@pytest.mark.parametrize("options", [["--keep", "1"], ["--epochs", "1"], ["--keep", "0.9"]])
def test_the_epochs_must_be_more_than_were_reached(options: list[str]) -> None:
    result = run("sweep", "prune", FOLDER, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "expected more epochs than were reached, 1; got 1" in result.stderr
