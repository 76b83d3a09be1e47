"""What the commands that read a folder of runs share."""

from pathlib import Path

import pytest

from mnist_bp.cli.sweep.gathering import metric_to_choose_by
from mnist_bp.sweep.settings import SHOWN
from tests.helpers.commands import run
from tests.helpers.making import FOLDER, config, finished, planned

COMMANDS = ["table", "best", "prune"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_runs_is_refused(command: str, caplog: pytest.LogCaptureFixture) -> None:
    (FOLDER / "thesis").mkdir(parents=True)
    (FOLDER / "thesis/chapter.tex").touch()
    result = run("sweep", command, FOLDER)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: sweeps/mine: expected run directories in it; got none\n")
    assert caplog.messages == ["skipped sweeps/mine/thesis: expected a run directory, with its config.yaml"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("folder", "message"), [("nowhere", "nowhere: expected a folder of runs: No such"), ("", "")])
def test_a_path_that_is_no_folder_is_refused(command: str, folder: str, message: str) -> None:
    result = run("sweep", command, folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize("folder", ["mine", "mine.yaml", "sweeps/mind", "sweeps"])
def test_the_folder_that_was_meant_is_named(folder: str) -> None:
    finished(config())
    planned(config())
    Path("mine.yaml").touch()
    result = run("sweep", "table", folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("hint: did you mean sweeps/mine?\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_metric_is_refused(command: str) -> None:
    result = run("sweep", command, FOLDER, "--metric", "accuracy")
    assert result.exit_code == 2
    assert "expected one of train_loss" in result.stderr


def test_skipped_directories_are_warned_of_up_to_a_limit(caplog: pytest.LogCaptureFixture) -> None:
    finished(config())
    for number in range(SHOWN + 5):
        (FOLDER / f"{number:03}/x").mkdir(parents=True)
    assert run("sweep", "table", FOLDER).exit_code == 0
    assert len(caplog.messages) == SHOWN + 1
    assert caplog.messages[0] == "skipped sweeps/mine/000: expected a run directory, with its config.yaml"
    assert caplog.messages[-1] == "... and 5 more"


@pytest.mark.parametrize(
    ("asked", "metric", "warned"),
    [(None, "test_accuracy", True), ("test_loss", "test_loss", True), ("train_loss", "train_loss", False)],
)
def test_a_choice_by_the_test_set_is_warned_of(
    asked: str | None, metric: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert metric_to_choose_by([], asked) == metric
    assert ("the test set then no longer tells" in caplog.text) == warned
