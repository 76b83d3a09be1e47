"""What the commands that read a folder of runs have in common."""

import pytest

from mnist_bp.cli.sweep.gathering import SHOWN, metric_to_choose_by, shortened
from tests.conftest import run
from tests.helpers.making import FOLDER, config, finished

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
def test_a_folder_that_is_none_is_refused(command: str, folder: str, message: str) -> None:
    result = run("sweep", command, folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_metric_that_is_none_is_refused(command: str) -> None:
    result = run("sweep", command, FOLDER, "--metric", "accuracy")
    assert result.exit_code == 2
    assert "'test_accuracy'" in result.stderr


def test_what_is_skipped_is_warned_of_up_to_a_limit(caplog: pytest.LogCaptureFixture) -> None:
    finished(config())
    for number in range(SHOWN + 5):
        (FOLDER / f"{number:03}\x1b/x").mkdir(parents=True)
    assert run("sweep", "table", FOLDER).exit_code == 0
    assert len(caplog.messages) == SHOWN + 1
    assert caplog.messages[0] == "skipped sweeps/mine/000\\x1b: expected a run directory, with its config.yaml"
    assert caplog.messages[-1] == "... and 5 more"


def test_few_lines_are_not_shortened() -> None:
    assert shortened(["a"] * SHOWN) == ["a"] * SHOWN
    assert shortened(["a"] * (SHOWN + 1)) == [*["a"] * SHOWN, "... and 1 more"]


@pytest.mark.parametrize(
    ("asked", "metric", "warned"),
    [(None, "test_accuracy", True), ("test_loss", "test_loss", True), ("train_loss", "train_loss", False)],
)
def test_a_choice_by_the_test_set_is_warned_of(
    asked: str | None, metric: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert metric_to_choose_by([], asked) == metric
    assert ("the test set then no longer tells" in caplog.text) == warned
