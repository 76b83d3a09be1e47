"""The run directory: begun, continued, finished, and never overwritten."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_bp.config import Config, DataConfig, TrainConfig, dump
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.claim import LOCK
from mnist_bp.run.directory import Run
from mnist_bp.train.records import HEADER, Record
from tests.conftest import contents

FINISHED = '{"epochs": 1, "steps": 1, "seconds": 1, "test_accuracy": 1, "test_loss": %s}'
ROWS = [Record(epoch, 5 * epoch, 0.1, 1 / epoch, 0.5, None, None, 0.7, 0.6, 0.25) for epoch in (1, 2, 3)]


@pytest.fixture
def run() -> Run:
    run = Run(Path("runs/mine"))
    run.begin(Config(), {"numpy": "2"})
    run.keep_records(lambda record: True)
    return run


def test_a_run_keeps_its_config_environment_and_metrics(run: Run) -> None:
    for row in ROWS:
        run.append(row)
    assert run.exists
    assert run.config() == Config()
    assert run.config(["data.name=kmnist"]).data.name == "kmnist"
    assert (run.path / "env.json").read_text() == '{\n  "numpy": "2"\n}\n'
    assert (run.path / "metrics.csv").read_text() == HEADER + "".join(row.line() for row in ROWS)
    assert run.records() == ROWS


WRITES: dict[str, Callable[[Run], object]] = {
    "begin": lambda run: run.begin(Config(seed=1), {}),
    "keep_records": lambda run: run.keep_records(lambda record: False),
    "append": lambda run: run.append(ROWS[1]),
    "finish": lambda run: run.finish(parameters=8),
    "fail": lambda run: run.fail("no", 3),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("finished", [False, True])
def test_what_must_not_be_written_is_as_it_was(run: Run, finished: bool, write: Callable[[Run], object]) -> None:
    run.append(ROWS[0])
    run.fail("a failure", 3)
    (run.path / ".config.yaml.1234-0123abcd.part").touch()
    if finished:
        run.finish(parameters=7)
    before = contents(run.path)

    def refuse() -> None:
        raise BpError("not yours")

    with nullcontext() if finished and write is WRITES["fail"] else pytest.raises(BpError, match="not yours"):
        write(Run(run.path, refuse))
    assert contents(run.path) == before


def test_a_row_is_on_the_disk_when_append_returns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    run.append(ROWS[0])
    assert synced == [len(HEADER + ROWS[0].line())]


@pytest.mark.parametrize("torn", [b"4,20,0.1,0.2", b"4,20,\xff\xfe\x00", b"\x00" * 100], ids=str)
def test_a_torn_row_may_be_anything(run: Run, torn: bytes) -> None:
    run.append(ROWS[0])
    with (run.path / "metrics.csv").open("ab") as file:
        file.write(torn)
    assert run.records() == ROWS[:1]


def test_metrics_are_cut_back_to_a_checkpoint_torn_line_and_all(run: Run) -> None:
    for row in ROWS:
        run.append(row)
    with (run.path / "metrics.csv").open("a") as file:
        file.write("4,20,0.1,0.2")
    run.keep_records(lambda record: record.step <= 10)
    assert run.records() == ROWS[:2]
    assert (run.path / "metrics.csv").read_text().endswith(ROWS[1].line())


def test_a_run_is_finished_when_it_has_a_summary_until_it_begins_again(run: Run) -> None:
    assert run.summary() is None
    for row in ROWS:
        run.append(row)
    summary = run.finish(parameters=7)
    assert run.summary() == summary
    assert (summary["epochs"], summary["steps"], summary["seconds"], summary["parameters"]) == (3, 15, 0.75, 7)
    assert (summary["test_loss"], summary["test_accuracy"], summary["validation_loss"]) == (0.7, 0.6, None)
    run.begin(Config(), {})
    assert run.summary() is None


def test_a_run_that_is_to_go_on_is_never_finished_already_whenever_its_process_ends(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A summary of three epochs beside a config of more would say that all are done."""
    run.append(ROWS[0])
    run.finish(parameters=7)

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mnist_bp.run.directory.replacing", killed)
    with pytest.raises(KeyboardInterrupt):
        run.begin(Config(train=TrainConfig(epochs=99)), {})
    assert run.summary() is None
    assert run.config() == Config()


def test_the_checkpoint_of_another_run_is_refused_with_what_differs(run: Run) -> None:
    run.require_own(dump(replace(Config(), train=TrainConfig(epochs=99))), "delete it")
    with pytest.raises(BpError, match=r"in which train\.batch_size is 7 instead of 100; seed is 1 instead") as caught:
        run.require_own(dump(replace(Config(), train=TrainConfig(batch_size=7), seed=1)), "delete it")
    assert caught.value.code == Exit.USAGE
    with pytest.raises(BpError, match=r"checkpoint\.npz:1: sed: unknown key"):
        run.require_own("sed: 3", "delete it")


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_is_continued_with_the_config_that_it_began_with_and_no_other(run: Run, resume: bool) -> None:
    run.require_place_for(Config(), resume=resume)
    run.require_place_for(Config(data=DataConfig(dir="moved"), train=TrainConfig(shadow_check=7)), resume=resume)
    with pytest.raises(BpError, match=r"train.batch_size was 100, is 7; seed was 0, is 1") as caught:
        run.require_place_for(replace(Config(), train=TrainConfig(batch_size=7), seed=1), resume=resume)
    assert caught.value.code == Exit.USAGE


def test_a_run_is_continued_to_another_length_only_if_that_is_asked_for(run: Run) -> None:
    other = Config(data=DataConfig(dir="moved"), train=TrainConfig(epochs=99, max_steps=7))
    run.require_place_for(other, resume=True)
    with pytest.raises(BpError, match=r"began with; train.epochs was 17, is 99; train.max_steps was null, is 7$") as no:
        run.require_place_for(other, resume=False)
    assert no.value.code == Exit.USAGE


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
def test_that_a_run_can_be_continued_is_said_where_it_is_sure(
    before: tuple[int, int | None], after: tuple[int, int | None], longer: bool
) -> None:
    run = Run("r")
    run.begin(Config(train=TrainConfig(epochs=before[0], max_steps=before[1])), {})
    with pytest.raises(BpError) as no:
        run.require_place_for(Config(train=TrainConfig(epochs=after[0], max_steps=after[1])), resume=False)
    continued = "--resume continues it to another length; " * longer
    assert no.value.hint == continued + "another --out begins a new run"


def test_a_run_is_done_for_a_config_of_its_own_length(run: Run) -> None:
    run.checkpoint.touch()
    assert run.summary_of(Config()) is None
    run.append(ROWS[0])
    summary = run.finish(parameters=7)
    assert run.summary_of(Config()) == summary
    assert run.summary_of(Config(train=TrainConfig(epochs=99))) is None
    run.checkpoint.unlink()
    assert run.summary_of(Config()) is None
    assert Run("nothing").summary_of(Config()) is None


@pytest.mark.parametrize("key", ["epochs", "steps", "train_loss", "validation_accuracy", "test_loss", "test_accuracy"])
def test_a_summary_that_its_metrics_deny_is_not_believed(run: Run, key: str) -> None:
    run.checkpoint.touch()
    run.append(ROWS[0])
    summary = run.finish(parameters=7)
    right = json.dumps(summary[key])
    (run.path / "summary.json").write_text(json.dumps(summary | {key: 3}))
    with pytest.raises(BpError) as caught:
        run.summary_of(Config())
    assert str(caught.value) == f"runs/mine/summary.json: expected {key} {right}, as in metrics.csv; got 3"
    assert caught.value.code == Exit.FAILURE
    assert caught.value.hint == "once it is deleted, bp train writes it again"


def test_a_summary_without_metrics_is_not_believed(run: Run) -> None:
    run.checkpoint.touch()
    run.append(ROWS[0])
    run.finish(parameters=7)
    run.keep_records(lambda record: False)
    with pytest.raises(BpError, match=r"metrics\.csv: expected a row, as the run is finished"):
        run.summary_of(Config())


def test_a_failure_is_told_of_a_run_that_has_begun_and_not_finished(run: Run) -> None:
    run.append(ROWS[0])
    run.finish(parameters=7)
    run.fail("no", 3)
    assert run.failure() is None
    (new := Run("new")).path.mkdir()
    new.fail("no", 3)
    assert [*new.path.iterdir()] == []


def test_a_run_that_has_failed_tells_why_until_it_begins_again(run: Run) -> None:
    assert run.failure() is None
    run.fail("the loss – is not finite", 15)
    assert run.failure() == {"message": "the loss – is not finite", "step": 15}
    assert run.failure() == json.loads((run.path / "failure.json").read_text())
    run.begin(Config(), {})
    assert run.failure() is None


@pytest.mark.parametrize("content", ["{}", "[]", '{"message": "m"}', '{"message": "m", "step": true}', '{"step": 1}'])
def test_a_failure_that_is_none_is_refused(run: Run, content: str) -> None:
    (run.path / "failure.json").write_text(content)
    with pytest.raises(BpError, match=r"failure\.json: expected"):
        run.failure()


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
@pytest.mark.parametrize("change", [{"epochs": 20}, {"max_steps": 7}], ids=str)
def test_the_length_of_a_run_may_not_change_when_its_schedule_depends_on_it(schedule: str, change: dict) -> None:
    before = TrainConfig(epochs=10, schedule=schedule)
    run = Run("r")
    run.begin(Config(train=before), {})
    run.require_place_for(Config(train=before), resume=True)
    with pytest.raises(BpError, match=f"train.{next(iter(change))} was ") as caught:
        run.require_place_for(Config(train=replace(before, **change)), resume=True)
    assert caught.value.code == Exit.USAGE
    assert "train.schedule_epochs" in str(caught.value.hint)


@pytest.mark.parametrize("train", [TrainConfig(schedule="cosine", schedule_epochs=10), TrainConfig(schedule="step")])
def test_the_length_of_a_run_may_change_when_its_schedule_does_not_depend_on_it(train: TrainConfig) -> None:
    run = Run("r")
    run.begin(Config(train=train), {})
    run.require_place_for(Config(train=replace(train, epochs=99, max_steps=7)), resume=True)


def test_a_directory_in_which_another_process_is_beginning_is_no_foreign_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins while we look."""
    run = Run("r")
    (run.path / LOCK).mkdir(parents=True)
    run.require_place_for(Config(), resume=False)
    is_dir = Path.is_dir

    def begun(path: Path) -> bool:
        (run.path / "config.yaml").write_text(dump(Config()))
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", begun)
    run.require_place_for(Config(), resume=False)
    assert run.exists


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_goes_into_a_new_or_empty_directory_and_nowhere_else(resume: bool) -> None:
    Run(Path("new")).require_place_for(Config(), resume=resume)
    Path("empty").mkdir()
    Run(Path("empty")).require_place_for(Config(), resume=resume)
    Path("full").mkdir()
    Path("full/thesis.tex").touch()
    for path in ("full", "full/thesis.tex"):
        with pytest.raises(BpError, match="expected a new or empty directory") as caught:
            Run(Path(path)).require_place_for(Config(), resume=resume)
        assert caught.value.code == Exit.USAGE


def test_a_directory_without_a_run_has_no_config() -> None:
    with pytest.raises(BpError, match="expected a run directory") as caught:
        Run(Path("nothing")).config()
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize(
    ("file", "read"), [("summary.json", Run.summary), ("failure.json", Run.failure), ("metrics.csv", Run.records)]
)
def test_a_damaged_file_is_named(run: Run, file: str, read: object) -> None:
    (run.path / file).write_text("{damaged\n")
    with pytest.raises(BpError, match=f"runs/mine/{file}"):
        read(run)  # type: ignore[operator]  # one of the methods above


def test_new_runs_are_numbered_and_the_last_one_is_resumed() -> None:
    assert Run.last("configs/book.yaml").path == Path("runs/book")
    for name in ("book", "book-2", "book-3"):
        assert Run.new("configs/book.yaml").path == Run.last("configs/book.yaml").path == Path("runs", name)


def test_the_last_run_is_the_one_with_the_highest_number_whatever_is_missing_before_it() -> None:
    for name in ("book", "book-2", "book-10", "book-9", "book-relu", "book-2-old"):
        Path("runs", name).mkdir(parents=True)
    assert Run.last("configs/book.yaml").path == Path("runs/book-10")


def test_a_place_for_runs_that_leads_nowhere_is_said() -> None:
    Path("runs").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        Run.new("configs/book.yaml")


def test_a_new_run_takes_no_directory_that_another_process_has_just_made() -> None:
    """Eight threads ask at once: each gets a directory of its own."""
    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(lambda _: Run.new("book.yaml").path, range(8)))
    assert len(set(paths)) == 8


def test_a_run_repeated_from_its_own_config_is_named_after_its_directory() -> None:
    assert Run.last("runs/small/config.yaml").path == Path("runs/small")


def test_rows_that_a_checkpoint_presupposes_must_be_there(run: Run) -> None:
    for row in ROWS:
        run.append(row)
    run.require_records(range(5, 16, 5))
    with pytest.raises(BpError, match=r"metrics\.csv: expected a row for step 20"):
        run.require_records(range(5, 21, 5))


def test_what_a_killed_process_left_does_not_count_and_goes() -> None:
    """But for the folder of a claim, of which another claim knows whether its process lives."""
    torn, candidate = Path("torn/.config.yaml.1234-0123abcd.part"), Path("torn/.lock.1234-0123abcd.part")
    candidate.mkdir(parents=True)
    torn.touch()
    run = Run("torn")
    run.require_place_for(Config(), resume=True)
    run.begin(Config(), {})
    assert not torn.exists()
    assert candidate.exists()
    assert run.environment() == {}


@pytest.mark.parametrize(
    "content",
    [
        FINISHED % "NaN",
        FINISHED % "-Infinity",
        FINISHED % "1e999",
        FINISHED % ("9" * 400),
        "{}",
        "[]",
        "3",
        '"a"',
        '{"epochs": null}',
        "[" * 100_000,
    ],
)
def test_a_summary_that_is_none_is_refused(run: Run, content: str) -> None:
    (run.path / "summary.json").write_text(content)
    with pytest.raises(BpError, match=r"summary\.json: expected"):
        run.summary()
