"""What is shown of the runs of a sweep."""

from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from mnist_bp.cli.sweep.progress import SweepProgress
from mnist_bp.errors import Exit
from mnist_bp.sweep.forking import Ended
from mnist_bp.sweep.running import Job, Names
from tests.helpers.making import config

CONFIGS = [config(seed, train_optimizer=name) for name in ("sgd", "adam") for seed in (0, 2)]
DONE = "warning: something\ntest accuracy 0.9543  loss 0.1  at epoch 1\nrun directory a"


def test_a_line_tells_settings_and_accuracy_or_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    progress = SweepProgress(None, 12, 3, Names(CONFIGS))
    jobs = [Job("bp train", each) for each in CONFIGS]
    with progress.shown(2, quiet=False):
        progress.note(jobs[0], Ended(0, DONE), None)
        progress.note(jobs[1], Ended(-SIGKILL, ""), None)
        progress.note(jobs[2], Ended(4, "warning: w\nerror: no \x1bdata\nhint: h"), Exit.INTERRUPTED)
        progress.note(jobs[3], Ended(143, "stopping\nerror: interrupted at step 5"), Exit.INTERRUPTED)
        progress.note(jobs[3], Ended(-SIGTERM, ""), Exit.INTERRUPTED)
    assert capsys.readouterr().err.splitlines() == [
        "runs: 12, 2 at a time; 3 finished before",
        "each by its train.optimizer",
        " 1 of 12  sgd seed 0  0.9543",
        " 2 of 12  sgd seed 2  ended by SIGKILL",
        r" 3 of 12  adam seed 0  no \x1bdata",
        "          adam seed 2  interrupted at step 5",
        "          adam seed 2  ended by SIGTERM",
    ]
    result = progress.result(Exit.INTERRUPTED)
    assert result.code == Exit.INTERRUPTED
    assert [*result.text][1:4] == ["exit 137: sgd seed 2", "    bp train", "    ended by SIGKILL"]
    assert [*result.text][-1] == "1 done, 2 failed, 9 left, 3 finished before"
    assert result.advice == ["the same command goes on with what is left"]


def test_a_run_that_somebody_else_ends_has_failed(capsys: pytest.CaptureFixture[str]) -> None:
    progress = SweepProgress(None, 2, 0, Names(CONFIGS))
    with progress.shown(1, quiet=False):
        progress.note(Job("bp train", CONFIGS[0]), Ended(143, "epoch 1\nTraceback\nthe reason"), None)
        progress.note(Job("bp train", CONFIGS[0]), Ended(-SIGTERM, "epoch 1"), None)
    assert [*progress.result(None).text][-1] == "0 done, 2 failed, 0 left, 0 finished before"
    told = capsys.readouterr().err
    assert told.endswith("1 of 2  sgd seed 0  the reason\n2 of 2  sgd seed 0  ended by SIGTERM\n")


def test_rounds_under_way_are_told_of() -> None:
    Path("s").mkdir()
    Path("s/rounds.json").touch()
    result = SweepProgress(Path("s"), 0, 1, Names(CONFIGS)).result(None)
    assert (result.code, result.following) == (Exit.DONE, "bp sweep table s")
    assert "`bp sweep prune s` goes on with its rounds" in result.advice
