"""What a run directory may be continued as."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mnist_bp.config import Config, DataConfig, TrainConfig, dump
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.continuing import BEGIN_NEW, command_line, require_own, require_place
from mnist_bp.run.directory import LOCK, Run
from tests.helpers.making import unsynced

both = pytest.mark.parametrize("resume", [False, True])


@unsynced
def begun(config: Config) -> Run:
    run = Run("r")
    run.begin(config, {})
    return run


@both
def test_a_run_goes_into_a_new_or_empty_directory(resume: bool) -> None:
    require_place(Run("new"), Config(), resume=resume)
    Path("empty").mkdir()
    require_place(Run("empty"), Config(), resume=resume)


@both
@pytest.mark.parametrize("path", ["full", "full/thesis.tex"])
def test_a_directory_of_something_else_is_refused(path: str, resume: bool) -> None:
    Path("full").mkdir()
    Path("full/thesis.tex").touch()
    with pytest.raises(BpError, match=f"{path}: expected a new or empty directory, or a run to resume") as caught:
        require_place(Run(path), Config(), resume=resume)
    assert caught.value.code == Exit.USAGE
    assert caught.value.hint == f"move it away; {BEGIN_NEW}"


def test_a_lock_and_temporary_files_do_not_make_a_directory_full() -> None:
    for name in (LOCK, ".lock.1234-0123abcd.part"):
        Path("r", name).mkdir(parents=True)
    Path("r/.config.yaml.1234-0123abcd.part").touch()
    require_place(Run("r"), Config(), resume=False)


def test_a_run_that_another_process_begins_meanwhile_is_not_taken_for_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, is_dir = Run("r"), Path.is_dir
    run.path.mkdir()

    def begun(path: Path) -> bool:
        (run.path / "config.yaml").write_text(dump(Config()))
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", begun)
    require_place(run, Config(), resume=False)
    assert run.exists


@both
def test_a_run_is_continued_with_the_config_that_it_began_with(resume: bool) -> None:
    run = begun(Config())
    require_place(run, Config(), resume=resume)
    moved = Config(data=DataConfig(dir="moved"), train=TrainConfig(shadow_check=7))  # which changes no result
    require_place(run, moved, resume=resume)
    with pytest.raises(BpError, match=r"r: expected the config .*; train.batch_size was 100, is 7; seed was 0, is 1$"):
        require_place(run, replace(Config(), train=TrainConfig(batch_size=7), seed=1), resume=resume)


def test_a_run_is_continued_to_another_length_only_with_resume() -> None:
    run, other = begun(Config()), Config(train=TrainConfig(epochs=99, max_steps=7))
    require_place(run, other, resume=True)
    with pytest.raises(BpError, match=r"; train\.epochs was 17, is 99; train\.max_steps was null, is 7$") as caught:
        require_place(run, other, resume=False)
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize(
    ("before", "after", "longer"),
    [
        ((5, None), (6, None), True),
        ((5, None), (4, None), False),
        ((5, 7), (5, 8), True),
        ((5, 7), (5, None), True),
        ((5, 7), (5, 6), False),
        ((5, None), (5, 7), False),
        ((5, None), (6, 7), False),
        ((5, 7), (4, 8), False),
    ],
)
def test_resume_is_suggested_where_the_run_would_surely_become_longer(
    before: tuple[int, int | None], after: tuple[int, int | None], longer: bool
) -> None:
    """Lengths are epochs and at most so many steps."""
    run = begun(Config(train=TrainConfig(epochs=before[0], max_steps=before[1])))
    with pytest.raises(BpError) as caught:
        require_place(run, Config(train=TrainConfig(epochs=after[0], max_steps=after[1])), resume=False)
    suggested = "--resume continues it to another length; " * longer
    assert caught.value.hint == suggested + BEGIN_NEW


def test_beside_a_new_run_the_line_that_continues_the_one_that_is_there_is_named() -> None:
    run = begun(Config())
    with pytest.raises(BpError) as caught:
        require_place(run, Config(seed=1), resume=True)
    assert caught.value.hint == f"{command_line(run.path)} continues that run; {BEGIN_NEW}"


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
@pytest.mark.parametrize("change", [{"epochs": 20}, {"max_steps": 7}], ids=str)
def test_a_run_whose_schedule_depends_on_its_length_keeps_its_length(schedule: str, change: dict[str, Any]) -> None:
    before = TrainConfig(epochs=10, schedule=schedule)
    run = begun(Config(train=before))
    require_place(run, Config(train=before), resume=True)
    with pytest.raises(BpError, match=f"train.{next(iter(change))} was ") as caught:
        require_place(run, Config(train=replace(before, **change)), resume=True)
    assert caught.value.code == Exit.USAGE
    assert "train.schedule_epochs" in str(caught.value.hint)


@pytest.mark.parametrize("train", [TrainConfig(schedule="cosine", schedule_epochs=10), TrainConfig(schedule="step")])
def test_a_run_whose_schedule_does_not_depend_on_its_length_may_change_it(train: TrainConfig) -> None:
    run = begun(Config(train=train))
    require_place(run, Config(train=replace(train, epochs=99, max_steps=7)), resume=True)


def test_the_checkpoint_of_another_run_is_refused_with_what_differs() -> None:
    run = begun(Config())
    require_own(run, dump(Config(train=TrainConfig(epochs=99))))
    with pytest.raises(BpError, match=r"in which train\.batch_size is 7 instead of 100; seed is 1 instead") as caught:
        require_own(run, dump(replace(Config(), train=TrainConfig(batch_size=7), seed=1)))
    assert caught.value.code == Exit.USAGE
    assert "bp train begins the run again" in str(caught.value.hint)
    with pytest.raises(BpError, match=r"checkpoint\.npz:1: sed: unknown key"):
        require_own(run, "sed: 3")
