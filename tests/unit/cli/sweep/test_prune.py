"""`bp sweep prune`; which settings go on is the subject of tests/unit/sweep/test_halving.py."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from mnist_bp.sweep import halving
from mnist_bp.sweep.plan import parse
from tests.helpers.commands import run
from tests.helpers.making import FOLDER, begun, config, failed, finished, planned


@pytest.fixture
def sweep() -> None:
    """Six learning rates with two seeds each, the larger the better."""
    for rate in range(1, 7):
        for seed in range(2):
            finished(config(seed, train_learning_rate=float(rate)), validation_accuracy=rate / 10)


def pruned(*options: str) -> list[str]:
    result = run("sweep", "prune", FOLDER, *options)
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


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
def test_the_commands_that_continue_the_best_settings_are_printed(
    options: list[str], rates: list[int], epochs: int
) -> None:
    lines = pruned(*options)
    runs = [parse(line) for line in lines]
    assert [(each.config.train.learning_rate, each.config.seed) for each in runs] == [
        (rate, seed) for rate in rates for seed in range(2)
    ]
    assert {each.config.train.epochs for each in runs} == {epochs}
    assert all((each.out / "summary.json").exists() for each in runs)
    assert all(" --resume " in line for line in lines)


@pytest.mark.usefixtures("sweep")
def test_the_round_is_written_down() -> None:
    lines = pruned("--keep", "1/6")
    (chosen,) = halving.read(FOLDER)
    assert (chosen.metric, chosen.keep, chosen.epochs) == ("validation_accuracy", "1/6", 6)
    assert [*chosen.runs] == [parse(line).out.name for line in lines]


@pytest.mark.usefixtures("sweep")
def test_json_has_the_numbers_too() -> None:
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


def test_a_printed_command_continues_its_run(small_config: Path) -> None:
    options = ["--config", small_config, "--set", "train.epochs=1", "--set", "data.validation=20"]
    for rate in (0.1, 0.5, 1):
        assert run("train", *options, "--set", f"train.learning_rate={rate}", "--out", f"s/{rate}").exit_code == 0
    (line,) = run("sweep", "prune", "s").stdout.splitlines()
    result = run(*shlex.split(line)[1:])
    assert (result.exit_code, "at epoch 3, step 30" in result.stdout) == (0, True)
    about = json.loads(run("sweep", "table", "s", "--json").stdout)
    assert sorted(setting["config"]["train.epochs"] for setting in about["settings"]) == [1, 1, 3]


@pytest.mark.usefixtures("sweep")
def test_failed_runs_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    path = failed(config(2, train_learning_rate=6.0))
    assert len(pruned()) == 4
    assert caplog.messages == [f"{path}: failed: training diverged at step 7"]


def train(line: str, **metrics: float) -> None:
    """Do what a printed command would do."""
    planned = parse(line)
    shutil.rmtree(planned.out, ignore_errors=True)
    finished(planned.config, FOLDER / "new", **metrics).rename(planned.out)
    (FOLDER / "new").rmdir()


@pytest.mark.usefixtures("sweep")
def test_repeating_the_command_completes_an_interrupted_round(caplog: pytest.LogCaptureFixture) -> None:
    """One run is finished, one under way, and two have not begun."""
    first, second, *others = pruned()
    assert not caplog.messages
    train(first, validation_accuracy=0.9)
    path = parse(second).out
    shutil.rmtree(path)
    begun(parse(second).config).path.rename(path)
    assert sorted(pruned()) == sorted([second, *others])
    assert caplog.messages == ["runs not finished yet: 3; these commands finish them; then prune again"]
    about = json.loads(run("sweep", "prune", FOLDER, "--json").stdout)
    assert (about["unfinished"], len(about["runs"])) == (True, 3)
    assert about["epochs"] == {"reached": 3, "target": 3}
    for line in (second, *others):
        train(line, validation_accuracy=0.8)
    assert [(parse(line).out, parse(line).config.train.epochs) for line in pruned()] == [
        (parse(line).out, 9) for line in (first, second)
    ]


def test_missing_runs_come_first() -> None:
    planned(*(config(seed) for seed in range(2)))
    finished(config(0))
    (line,) = pruned()
    assert parse(line).config == config(1)


@pytest.mark.parametrize(("options", "by"), [([], ""), (["--metric", "train_loss"], " --metric train_loss")])
def test_one_setting_that_is_left_does_not_go_on(options: list[str], by: str, caplog: pytest.LogCaptureFixture) -> None:
    for seed in range(2):
        finished(config(seed), validation_accuracy=0.5)
    failed(config(train_learning_rate=9))
    assert pruned(*options) == []
    assert caplog.messages[-1] == f"one setting is left: bp sweep best {FOLDER}{by}"
    about = json.loads(run("sweep", "prune", FOLDER, "--json").stdout)
    assert (about["kept"], about["runs"], about["unfinished"]) == (1, [], False)


@pytest.mark.usefixtures("sweep")
def test_of_many_damaged_runs_the_first_are_named_and_the_others_counted() -> None:
    for seed in range(2, 30):
        (finished(config(seed, train_learning_rate=6)) / "summary.json").write_text("\x1b")
    result = run("sweep", "prune", FOLDER)
    assert (result.exit_code, result.stdout) == (1, "")
    *errors, more, hint = result.stderr.splitlines()
    assert len(errors) == 20
    assert all(": damaged: summary.json: " in error for error in errors)
    assert more == "error: ... and 8 more"
    assert hint.startswith("hint: ")


@pytest.mark.usefixtures("sweep")
def test_a_refused_round_is_not_written_down() -> None:
    pruned()
    before = rounds()
    result = run("sweep", "prune", FOLDER, "--epochs", "1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "expected more epochs than were reached, 1; got 1" in result.stderr
    assert rounds() == before


def rounds() -> bytes:
    return (FOLDER / halving.ROUNDS).read_bytes()


@pytest.mark.parametrize(
    "share", ["0", "1/0", "0/3", "4/3", "1.5", "-1", "nan", "inf", "1e-9", "", "1/", "a", "1/-3", "1/٠", "٣"]
)
def test_a_share_is_above_0_and_up_to_1(share: str) -> None:
    result = run("sweep", "prune", FOLDER, f"--keep={share}")
    assert result.exit_code == 2
    assert f"expected a share above 0 and up to 1, such as 1/3 or 0.33; got {share}" in result.stderr
