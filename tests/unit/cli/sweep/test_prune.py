"""`bp sweep prune`."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from mnist_bp.sweep.plan import parse, run_name
from tests.conftest import run
from tests.helpers.making import FOLDER, begun, config, failed, finished, planned


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
    runs = [parse(line) for line in result.stdout.splitlines()]
    assert [(each.config.train.learning_rate, each.config.seed) for each in runs] == [
        (rate, seed) for rate in rates for seed in range(2)
    ]
    assert {each.config.train.epochs for each in runs} == {epochs}
    assert all((each.out / "summary.json").exists() for each in runs)
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
        "unfinished": False,
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


def continue_(line: str, **metrics: float) -> Path:
    """Let a command have done its work."""
    planned = parse(line)
    shutil.rmtree(planned.out, ignore_errors=True)
    return finished(planned.config, FOLDER / "new", **metrics).rename(planned.out)


@pytest.mark.usefixtures("sweep")
def test_to_repeat_the_command_is_always_right(caplog: pytest.LogCaptureFixture) -> None:
    """Interrupted with a run finished, one under way and two that had not begun, it goes on with these."""
    first, second, *others = run("sweep", "prune", FOLDER).stdout.splitlines()
    assert not caplog.messages
    continue_(first, validation_accuracy=0.9)
    path = parse(second).out
    shutil.rmtree(path)
    begun(parse(second).config).path.rename(path)
    result = run("sweep", "prune", FOLDER)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [second, *others]
    assert caplog.messages == ["runs not finished yet: 3; these commands finish them; then prune again"]
    about = json.loads(run("sweep", "prune", FOLDER, "--json").stdout)
    assert (about["unfinished"], [each["command"] for each in about["runs"]]) == (True, [second, *others])
    assert about["epochs"] == {"reached": 3, "target": 3}
    for line in (second, *others):
        continue_(line, validation_accuracy=0.8)
    last = run("sweep", "prune", FOLDER).stdout.splitlines()
    assert [(parse(line).out, parse(line).config.train.epochs) for line in last] == [
        (parse(line).out, 9) for line in (first, second)
    ]


def test_missing_runs_come_first() -> None:
    planned(*(config(seed) for seed in range(2)))
    finished(config(0))
    (line,) = run("sweep", "prune", FOLDER).stdout.splitlines()
    assert parse(line).config == config(1)


@pytest.mark.parametrize(("options", "by"), [([], ""), (["--metric", "train_loss"], " --metric train_loss")])
def test_of_one_setting_nothing_goes_on(options: list[str], by: str, caplog: pytest.LogCaptureFixture) -> None:
    for seed in range(2):
        finished(config(seed), validation_accuracy=0.5)
    failed(config(train_learning_rate=9))
    result = run("sweep", "prune", FOLDER, *options)
    assert (result.exit_code, result.stdout) == (0, "")
    assert caplog.messages[-1] == f"one setting is left: bp sweep best {FOLDER}{by}"
    about = json.loads(run("sweep", "prune", FOLDER, "--json").stdout)
    assert (about["kept"], about["runs"], about["unfinished"]) == (1, [], False)


@pytest.mark.usefixtures("sweep")
def test_damaged_runs_are_named_and_nothing_goes_on() -> None:
    for seed in range(2, 30):
        (finished(config(seed, train_learning_rate=6)) / "summary.json").write_text("\x1b")
    result = run("sweep", "prune", FOLDER)
    assert (result.exit_code, result.stdout) == (1, "")
    error, *_, more, hint = result.stderr.splitlines()
    assert error.startswith(f"error: {FOLDER}/{run_name(config(2, train_learning_rate=6))}: damaged: summary.json: ")
    assert more == "error: ... and 8 more"
    assert hint.startswith("hint: ")


def test_the_target_is_rounded() -> None:
    for rate in (1, 2):
        finished(config(train_learning_rate=rate, train_epochs=5))
    (line,) = run("sweep", "prune", FOLDER, "--keep", "0.3").stdout.splitlines()
    assert parse(line).config.train.epochs == 17


@pytest.mark.parametrize(
    "share", ["0", "1/0", "0/3", "4/3", "1.5", "-1", "nan", "inf", "1e-9", "", "1/", "a", "1/-3", "1/٠", "٣"]
)
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


@pytest.mark.usefixtures("sweep")
def test_no_command_is_printed_that_would_be_refused() -> None:
    result = run("sweep", "prune", FOLDER, "--epochs", "1000001")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "train.epochs: expected an integer from 1 to 1000000; got 1000001" in result.stderr
