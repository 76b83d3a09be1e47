"""What is said of runs that have not finished."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_bp.config import Config
from mnist_bp.run.directory import LOCK, Run
from mnist_bp.run.standing import interrupted, unfinished
from tests.helpers.executing import ON_XOR, executed
from tests.helpers.making import record, unsynced


@unsynced
def stopped(path: str, config: Config = ON_XOR, epochs: int = 2, name: str = "mine") -> Run:
    """Make the directory of a run that has three epochs and was stopped before its end."""
    run = Run(path)
    run.begin(config, {"named_after": name})
    run.metrics.write([record(epoch) for epoch in range(1, epochs + 1)])
    return run


def test_an_unfinished_run_is_told_with_the_command_that_continues_it() -> None:
    stopped("my runs/one")
    note = unfinished("my runs/one")
    assert note is not None
    said, command, rest = note.split("`")
    assert said == "my runs/one is unfinished, after 2 of 3 epochs; "
    assert shlex.split(command) == ["bp", "train", "--config", "my runs/one/config.yaml", "--out", "my runs/one"]
    assert rest == " continues it"
    Path("my runs/one", LOCK).mkdir()
    assert unfinished("my runs/one/") == unfinished("my runs/one")  # as Tab completes it
    assert unfinished("my runs/one") == note + ", unless a process is still training it"


def test_a_failed_run_is_told_and_a_finished_one_is_not() -> None:
    run = stopped("r")
    run.fail("the loss is nan", 20)
    assert unfinished("r") == "r has failed, after 2 of 3 epochs"
    run.metrics.path.write_text("damaged")
    assert unfinished("r") == "r has failed"
    executed(path=Path("finished"))
    assert unfinished("finished") is None


def test_the_last_run_of_a_name_is_told_if_it_could_be_continued() -> None:
    assert interrupted("mine", ON_XOR) is None
    stopped("runs/mine", epochs=0)
    assert interrupted("mine", ON_XOR) == (
        "runs/mine is unfinished, after 0 of 3 epochs; this is a new run, and "
        "`bp train --config runs/mine/config.yaml --out runs/mine` continues that one"
    )
    assert interrupted("mine", replace(ON_XOR, seed=1)) is None
    assert interrupted("other", ON_XOR) is None
    Run("runs/mine").fail("the loss is nan", 0)
    assert interrupted("mine", ON_XOR) is None
    executed(name="mine")
    assert interrupted("mine", ON_XOR) is None


@pytest.mark.parametrize("damage", ["config.yaml", "metrics.csv"])
def test_a_damaged_run_is_no_obstacle(damage: str) -> None:
    stopped("runs/mine")
    Path("runs/mine", damage).write_text("damaged")
    assert (interrupted("mine", ON_XOR) or "runs/mine is unfinished; this").startswith("runs/mine is unfinished; this")
