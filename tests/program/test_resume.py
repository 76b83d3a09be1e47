"""A resumed run: the same bytes as one that was never interrupted; what it refuses, and what it says."""

import json
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from mnist_bp import build, machine
from mnist_bp.cli.training_display import TrainingDisplay
from mnist_bp.errors import BpError, Exit
from mnist_bp.run import checkpoint
from mnist_bp.run.continuing import BEGIN_NEW
from mnist_bp.run.directory import LOCK, Run
from mnist_bp.run.process import Process
from mnist_bp.run.table import Table
from mnist_bp.train.records import Record
from mnist_bp.train.trainer import Trainer
from tests.helpers.commands import contents, outcome, rows, run
from tests.helpers.data import blobs, idx
from tests.helpers.disks import bound_by_permissions


def interrupt_at(step: int) -> Callable[[TrainingDisplay], None]:
    """Return a display that brings SIGINT in a step, as Ctrl-C would."""

    def interrupt(display: TrainingDisplay) -> None:
        if display._trainer.position.step == step:
            os.kill(os.getpid(), signal.SIGINT)

    return interrupt


def test_resuming_nothing_begins_a_new_run(small_config: Path) -> None:
    assert run("train", "--config", small_config, "--resume", "--out", "r").exit_code == 0
    run("train", "--config", small_config, "--out", "expected")
    assert outcome("r") == outcome("expected")


@pytest.mark.parametrize("change", ["train.epochs=3", "train.checkpoint_seconds=5"])
@pytest.mark.parametrize("resume", [[], ["--resume"]], ids=str)
def test_a_finished_run_is_left_alone(small_config: Path, change: str, resume: list[str]) -> None:
    """It need not even be possible to write it."""
    first = run("train", "--config", small_config, "--out", "r")
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in Path("r").iterdir()}
    Path("r").chmod(0o555)
    with bound_by_permissions():
        result = run("train", "--config", small_config, "--out", "r", "--set", change, *resume)
    assert result.exit_code == 0
    assert result.stderr == "r: already finished; left as it is\n"
    assert result.stdout == first.stdout
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in Path("r").iterdir()} == before


@pytest.mark.parametrize("resume", [[], ["--resume"]], ids=str)
@pytest.mark.parametrize("stop", [1, 10, 11, 17, 21])
def test_an_interrupted_run_ends_as_if_it_had_not_been(
    small_config: Path, stop: int, resume: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """210 examples in batches of 20: 11 steps an epoch."""
    with monkeypatch.context() as patch:
        patch.setattr(TrainingDisplay, "step", interrupt_at(stop))
        result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == 130
    assert f"interrupted at step {stop} of 33; checkpoint saved" in result.stderr
    assert result.stderr.endswith("hint: `bp train --config r/config.yaml --out r` continues from there\n")
    assert {path.name for path in Path("r").iterdir()} == {"config.yaml", "env.json", "metrics.csv", "checkpoint.npz"}
    assert run("eval", "r").exit_code == 0

    assert run("train", "--config", small_config, "--out", "r", *resume).exit_code == 0
    run("train", "--config", small_config, "--out", "expected")
    assert outcome("r") == outcome("expected")


@pytest.mark.parametrize(("seconds", "steps"), [(1e-9, range(1, 14)), (4, [4, 8, 11, 13]), (1e9, [11, 13])])
def test_checkpoints_come_after_so_many_seconds_and_after_each_epoch(
    small_config: Path, seconds: float, steps: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on by a second whenever it is looked at: after each step, and after each checkpoint."""
    clock, saved = count(), []
    monkeypatch.setattr("mnist_bp.run.training.time.monotonic", lambda: next(clock))
    save = checkpoint.save

    def note(path: Path, trainer: Trainer, **about: Any) -> None:
        saved.append(trainer.position.step)
        save(path, trainer, **about)

    monkeypatch.setattr(checkpoint, "save", note)
    settings = ["--set", f"train.checkpoint_seconds={seconds}", "--set", "train.max_steps=13"]
    run("train", "--config", small_config, "--out", "r", *settings)
    assert saved == [*steps]


def test_a_run_whose_schedule_has_its_own_length_may_be_continued(small_config: Path) -> None:
    settings = ["--set", "train.schedule=one_cycle", "--set", "train.schedule_epochs=3", "--set", "train.epochs=4"]
    run("train", "--config", small_config, "--out", "r", *settings, "--set", "train.epochs=2")
    assert run("train", "--config", small_config, "--out", "r", *settings, "--resume").exit_code == 0
    run("train", "--config", small_config, "--out", "expected", *settings)
    assert outcome("r") == outcome("expected")


def test_a_run_whose_schedule_spans_it_keeps_its_length(small_config: Path) -> None:
    settings = ["--set", "train.schedule=cosine"]
    run("train", "--config", small_config, "--out", "r", *settings)
    before = outcome("r")
    result = run("train", "--config", small_config, "--out", "r", *settings, "--set", "train.epochs=4", "--resume")
    assert result.exit_code == 2
    assert "train.epochs was 3, is 4" in result.stderr
    assert "train.schedule_epochs" in result.stderr
    assert outcome("r") == before


def test_more_epochs_continue_a_finished_run(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r", "--set", "train.max_steps=17")
    result = run("train", "--config", small_config, "--out", "r", "--set", "train.epochs=4", "--resume")
    assert result.exit_code == 0, result.stderr
    run("train", "--config", small_config, "--out", "expected", "--set", "train.epochs=4")
    assert outcome("r") == outcome("expected")


def test_a_run_that_patience_has_ended_stays_so_and_is_what_its_best_epoch_was(small_config: Path) -> None:
    """Also if it may take longer, as one that might from its start would have ended there, too."""
    keys = [
        "data.validation=40",
        "train.learning_rate=30",
        "train.ema_decay=0.5",
        "train.patience=2",
        "train.keep=best",
    ]
    arguments = ["train", "--config", small_config, *(word for key in keys for word in ("--set", key)), "--out", "r"]
    first = run(*arguments, "--set", "train.epochs=40", "--json")
    assert first.exit_code == 0, first.output
    about = json.loads(first.stdout)
    best, last = about["best_epoch"], about["epochs"]
    assert best + 2 == last < 40
    assert (
        about["test_accuracy"] == float(rows("r")[best - 1]["test_accuracy"]) != float(rows("r")[-1]["test_accuracy"])
    )
    assert json.loads(run("eval", "r", "--json").stdout)["accuracy"] == about["test_accuracy"]
    assert json.loads(run("ls", "r", "--json").stdout)["runs"][0]["test_accuracy"] == about["test_accuracy"]
    again = run(*arguments, "--set", "train.epochs=60", "--resume")
    assert f"at epoch {best}, the best of {last}, " in again.stdout
    assert f"ended after epoch {last} by train.patience=2\n" in again.stdout
    assert run("verify", "r").exit_code == 0


def test_without_resume_the_length_of_a_run_does_not_change(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    before = contents(Path("r"))
    for epochs, hint in ((2, ""), (4, "--resume continues it to another length; ")):
        result = run("train", "--config", small_config, "--out", "r", "--set", f"train.epochs={epochs}")
        assert result.exit_code == 2
        assert f"r: expected the config that the run began with; train.epochs was 3, is {epochs}" in result.stderr
        assert result.stderr.endswith(f"hint: {hint}{BEGIN_NEW}\n")
        assert contents(Path("r")) == before


def test_fewer_epochs_than_were_done_are_refused(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    before = outcome("r")
    result = run("train", "--config", small_config, "--out", "r", "--set", "train.epochs=2", "--resume")
    assert result.exit_code == 2
    assert "already at step 33; expected to end at 22" in result.stderr
    assert outcome("r") == before


def test_another_config_is_refused(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    result = run("train", "--config", small_config, "--out", "r", "--resume", "--set", "model.hidden=7")
    assert result.exit_code == 2
    assert "model.hidden was [6], is [7]" in result.stderr


def test_a_run_killed_before_its_first_checkpoint_begins_again(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    expected = outcome("r")
    for name in ("checkpoint.npz", "summary.json"):
        Path("r", name).unlink()
    assert run("train", "--config", small_config, "--out", "r", "--resume").exit_code == 0
    assert outcome("r") == expected


def test_a_summary_without_a_checkpoint_does_not_count(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    expected = outcome("r")
    Path("r/checkpoint.npz").unlink()
    assert run("train", "--config", small_config, "--out", "r", "--resume").exit_code == 0
    assert outcome("r") == expected


def test_data_moved_to_another_folder_are_the_same_data(small_config: Path, archive_folder: Path) -> None:
    run("train", "--config", small_config, "--out", "r", "--set", "train.epochs=2")
    moved = archive_folder.rename(archive_folder.with_name("moved"))
    result = run("train", "--config", small_config, "--out", "r", "--set", f"data.dir={moved}", "--resume")
    assert result.exit_code == 0, result.stderr
    run("train", "--config", small_config, "--out", "expected", "--set", f"data.dir={moved}")
    assert outcome("r") == outcome("expected")


def test_a_run_killed_before_its_summary_was_written_gets_one(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r", "--set", "train.max_steps=17")
    expected, summary = outcome("r"), json.loads(Path("r/summary.json").read_text())
    Path("r/summary.json").unlink()
    result = run("train", "--config", small_config, "--out", "r", "--set", "train.max_steps=17", "--resume", "--json")
    assert result.exit_code == 0
    assert outcome("r") == expected
    assert {**json.loads(result.stdout), "seconds": 0} == {"run": "r", **summary, "seconds": 0}


def test_a_finished_run_takes_the_config_of_another_length_that_ends_at_the_same_step(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    assert (
        run("train", "--config", small_config, "--out", "r", "--set", "train.max_steps=33", "--resume").exit_code == 0
    )
    run("train", "--config", small_config, "--out", "expected", "--set", "train.max_steps=33")
    assert outcome("r") == outcome("expected")


def test_a_signal_in_the_last_step_interrupts_nothing(small_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingDisplay, "step", interrupt_at(33))
    result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == 0
    assert result.stdout.startswith("test accuracy ")


@pytest.mark.parametrize("stop", [5, 17])
def test_a_run_interrupted_in_mid_epoch_may_be_shortened_to_end_there(
    small_config: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(TrainingDisplay, "step", interrupt_at(stop))
        run("train", "--config", small_config, "--out", "r")
    assert (
        run("train", "--config", small_config, "--out", "r", "--set", f"train.max_steps={stop}", "--resume").exit_code
        == 0
    )
    run("train", "--config", small_config, "--out", "expected", "--set", f"train.max_steps={stop}")
    assert outcome("r") == outcome("expected")


def test_where_a_row_cannot_be_written_no_checkpoint_is_written_either(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Table.append

    def full(table: Table[Record], *rows: Record) -> None:
        if any(row.step == 22 for row in rows):
            raise OSError(28, "No space left on device", "metrics.csv")
        append(table, *rows)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "append", full)
        result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-2:] == [
        "error: metrics.csv: cannot write it: No space left on device; "
        "the last good checkpoint, r/checkpoint.npz, is of step 11",
        "hint: once it can be written, `bp train --config r/config.yaml --out r` continues the run",
    ]
    assert run("train", "--config", small_config, "--out", "r", "--resume").exit_code == 0
    run("train", "--config", small_config, "--out", "expected")
    assert outcome("r") == outcome("expected")


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return what the files of a folder and of those in it hold, and the numbers of these very files."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part"]
    return {str(path): (path.stat().st_ino, path.read_bytes()) for path in paths}


WRITES = ["config.yaml", "env.json", "metrics.csv", *["row", "checkpoint.npz"] * 3, "summary.json"]


@pytest.mark.parametrize("number", range(len(WRITES)), ids=[f"{i} {name}" for i, name in enumerate(WRITES)])
def test_a_process_that_has_lost_its_claim_writes_nothing_more(
    small_config: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is suspended in one of its writes, at the last moment, and another machine goes on in its place."""
    fsync, append, written, before = os.fsync, Table.append, [], {}

    def suspended(name: str) -> None:
        written.append(name)
        if len(written) == number + 1:
            (mark,) = Path("r", LOCK).iterdir()
            mark.rename(mark.with_name("0" * 32)).write_text(replace(Process.this(), host="node7").line)
            before.update(files(Path("r")))

    def before_a_rename(file: int) -> None:
        fsync(file)
        for path in Path("r").glob(".*.part"):
            suspended(path.name.rsplit(".", 2)[0][1:])

    class Slow(Record):
        def line(self) -> str:
            suspended("row")
            return super().line()

    monkeypatch.setattr(os, "fsync", before_a_rename)
    monkeypatch.setattr(Table, "append", lambda table, *rows: append(table, *(Slow(*astuple(row)) for row in rows)))
    result = run("train", "--config", small_config, "--out", "r")
    assert written[: number + 1] == WRITES[: number + 1]
    assert result.exit_code == 1
    said = f"error: r: this process has lost the right to write here: process {os.getpid()} on node7 is writing now"
    assert result.stderr.splitlines()[-2] == said
    assert files(Path("r")) == before


def test_a_second_process_is_refused_while_another_one_trains(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []

    def meanwhile(display: TrainingDisplay) -> None:
        if display._trainer.position.step == 15:
            before = files(Path("r"))
            results.append(run("train", "--config", small_config, "--out", "r"))
            assert files(Path("r")) == before

    monkeypatch.setattr(TrainingDisplay, "step", meanwhile)
    assert run("train", "--config", small_config, "--out", "r").exit_code == 0
    assert [result.exit_code for result in results] == [1]
    assert f"error: r: is being written by process {os.getpid()} on " in results[0].stderr
    run("train", "--config", small_config, "--out", "expected")
    assert outcome("r") == outcome("expected")


@pytest.mark.parametrize("by_another", [False, True], ids=["as the same", "as another"])
def test_a_run_that_another_process_has_finished_meanwhile_is_left_alone(
    small_config: Path, by_another: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins and ends while this process reads its data."""
    settings, build_trainer = ["--set", "seed=1"] if by_another else [], build.trainer
    done = {}

    def meanwhile(*arguments: Any) -> Trainer:
        monkeypatch.setattr(build, "trainer", build_trainer)
        assert run("train", "--config", small_config, "--out", "r", *settings).exit_code == 0
        done.update(files(Path("r")))
        return build_trainer(*arguments)

    monkeypatch.setattr(build, "trainer", meanwhile)
    result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == (2 if by_another else 0)
    assert ("r: expected the config that the run began with; seed was 1, is 0" in result.stderr) == by_another
    assert result.stdout.startswith("test accuracy ") != by_another
    assert files(Path("r")) == done


def test_a_run_that_fails_says_so_and_again_when_it_is_tried_again(
    small_config: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def disagree(network: object, x: object, t: object, step: int) -> None:
        if step == 15:
            raise BpError("step 15: backprop and differences disagree", hint="look into it")

    settings = ["train", "--config", small_config, "--out", "r", "--set", "train.shadow_check=5"]
    with monkeypatch.context() as patch:
        patch.setattr("mnist_bp.train.trainer.shadow.check", disagree)
        result = run(*settings)
        assert (result.exit_code, caplog.text) == (1, "")
        assert result.stderr.endswith("error: step 15: backprop and differences disagree\nhint: look into it\n")
        assert Run("r").failure() == {"message": "step 15: backprop and differences disagree", "step": 14}
        assert run(*settings).exit_code == 1
    said = "r: failed after step 14: step 15: backprop and differences disagree; trying again"
    assert caplog.messages == [said]
    assert Run("r").failure() is not None

    assert run(*settings).exit_code == 0
    assert caplog.messages == [said] * 2
    assert not Path("r/failure.json").exists()
    run("train", "--config", small_config, "--out", "expected", "--set", "train.shadow_check=5")
    assert outcome("r") == outcome("expected")


@pytest.mark.parametrize("name", ["metrics.csv", "checkpoint.npz", "summary.json"])
def test_a_file_that_cannot_be_written_is_a_failure(
    small_config: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is in its place."""
    write = Table.write

    def block(table: Table[Record], rows: Iterable[Record]) -> None:
        write(table, rows)
        path = table.path.with_name(name)
        path.unlink(missing_ok=True)
        path.mkdir()

    with monkeypatch.context() as patch:
        patch.setattr(Table, "write", block)
        result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == 1
    message = result.stderr.splitlines()[-2].removeprefix("error: ")
    assert message.startswith(f"r/{name}: cannot write it: Is a directory; ")
    assert Run("r").failure() == {"message": message, "step": 11}  # noticed at the first save


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError("7 TiB"), "not enough memory: 7 TiB"),
        (OSError(5, "Input/output error"), "[Errno 5] Input/output error"),
    ],
    ids=str,
)
def test_an_error_of_the_machine_is_recorded_as_a_failure(
    small_config: Path, error: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(network: object, x: object, t: object, step: int) -> None:
        raise error

    monkeypatch.setattr("mnist_bp.train.trainer.shadow.check", fail)
    assert run("train", "--config", small_config, "--out", "r", "--set", "train.shadow_check=15").exit_code == 1
    assert Run("r").failure() == {"message": message, "step": 14}


@pytest.mark.parametrize("name", ["checkpoint.npz", "metrics.csv"])
def test_a_damaged_file_is_a_failure_until_it_is_deleted(
    small_config: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(TrainingDisplay, "step", interrupt_at(17))
        run("train", "--config", small_config, "--out", "r")
    Path("r", name).write_bytes(b"damaged")
    before = contents(Path("r"))
    for _ in range(2):
        result = run("train", "--config", small_config, "--out", "r")
        assert result.exit_code == 1
        failure = Run("r").failure()
        assert failure is not None
        assert f"error: {failure['message']}\n" in result.stderr
        assert failure["message"].startswith(f"r/{name}: ")
        assert {path: raw for path, raw in contents(Path("r")).items() if path != "failure.json"} == before
    for damaged in {"checkpoint.npz", name}:
        Path("r", damaged).unlink()
    assert run("train", "--config", small_config, "--out", "r").exit_code == 0
    run("train", "--config", small_config, "--out", "expected")
    assert outcome("r") == outcome("expected")
    assert not Path("r/failure.json").exists()


def logging(every: int | None, epochs: int = 3) -> list[str]:
    """Return options that log a loss every so many steps, for so many epochs of 11 steps."""
    return ["--set", f"train.log_every={'null' if every is None else every}", "--set", f"train.epochs={epochs}"]


def test_losses_are_logged_only_if_that_is_asked_for(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "without")
    run("train", "--config", small_config, "--out", "with", *logging(4))
    assert not Path("without/steps.csv").exists()
    header, *lines = Path("with/steps.csv").read_text().splitlines()
    assert header == "step,loss"
    assert [int(line.partition(",")[0]) for line in lines] == [4, 8, 12, 16, 20, 24, 28, 32]
    assert outcome("with")[0] == outcome("without")[0]


def test_the_mean_of_an_epochs_losses_is_its_training_loss(small_config: Path) -> None:
    """Each weighs as many examples as its batch: 10 of 20, and one of 10."""
    run("train", "--config", small_config, "--out", "r", *logging(1, epochs=1))
    losses = [row.loss for row in Run("r").steps.rows()]
    weighted = sum(loss * size for loss, size in zip(losses, [20] * 10 + [10], strict=True)) / 210
    assert weighted == pytest.approx(float(rows("r")[0]["train_loss"]), rel=1e-12)


def logged_after(small_config: Path, first: int | None, then: int | None, *, checkpoint: bool = True) -> list[int]:
    """Train an epoch, then go on for a second one, logged otherwise; return the steps in the table."""
    run("train", "--config", small_config, "--out", "r", *logging(first, epochs=1))
    if not checkpoint:
        Path("r/checkpoint.npz").unlink()
    assert run("train", "--config", small_config, "--out", "r", "--resume", *logging(then, epochs=2)).exit_code == 0
    return [row.step for row in Run("r").steps.rows()]


def test_another_log_every_holds_from_the_checkpoint_on(small_config: Path) -> None:
    assert logged_after(small_config, 4, 5) == [4, 8, 15, 20]


def test_logging_may_begin_in_mid_run(small_config: Path) -> None:
    assert logged_after(small_config, None, 5) == [15, 20]


def test_what_was_logged_stays_when_logging_ends(small_config: Path) -> None:
    assert logged_after(small_config, 4, None) == [4, 8]


def test_a_run_that_begins_again_logs_anew(small_config: Path) -> None:
    assert logged_after(small_config, 4, 5, checkpoint=False) == [5, 10, 15, 20]


def test_a_run_that_begins_again_without_logging_has_no_table(small_config: Path) -> None:
    assert logged_after(small_config, 4, None, checkpoint=False) == []
    assert not Path("r/steps.csv").exists()


@pytest.mark.parametrize("then", [1, None], ids=["logging", "not logging any more"])
@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"damaged"), os.mkfifo, Path.mkdir],
                         ids=["garbage", "a FIFO", "a folder"])  # fmt: skip
def test_damaged_losses_stop_a_run_before_anything_is_changed_until_they_are_deleted(
    small_config: Path, damage: Callable[[Path], object], then: int | None
) -> None:
    run("train", "--config", small_config, "--out", "r", *logging(1, epochs=1))
    table = Path("r/steps.csv")
    table.unlink()
    damage(table)
    before = {path.name: path.read_bytes() for path in Path("r").iterdir() if path != table}
    result = run("train", "--config", small_config, "--out", "r", "--resume", *logging(then, epochs=2))
    assert result.exit_code == 1
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: r/steps.csv: ")
    assert hint == "hint: once it is deleted, bp train goes on with a new one from the last checkpoint"
    assert {path.name: path.read_bytes() for path in Path("r").iterdir() if path != table} == before

    table.rmdir() if table.is_dir() else table.unlink()
    assert run("train", "--config", small_config, "--out", "r", "--resume", *logging(then, epochs=2)).exit_code == 0
    assert [row.step for row in Run("r").steps.rows()] == ([*range(12, 23)] if then else [])
    run("train", "--config", small_config, "--out", "expected", *logging(then, epochs=2))
    assert outcome("r")[2] == outcome("expected")[2]


def test_a_finished_run_that_cannot_be_continued_stays_as_it_is(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    Path("r/checkpoint.npz").write_bytes(b"damaged")
    before = contents(Path("r"))
    result = run("train", "--config", small_config, "--out", "r", "--set", "train.epochs=4", "--resume")
    assert result.exit_code == 1
    assert contents(Path("r")) == before


def test_a_summary_that_contradicts_the_metrics_is_refused_until_it_is_deleted(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    expected, summary = contents(Path("r")), Path("r/summary.json")
    summary.write_text(summary.read_text().replace('"steps": 33', '"steps": 3'))
    before = contents(Path("r"))
    result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == 1
    assert "error: r/summary.json: expected steps 33, as in metrics.csv; got 3\nhint: once it is de" in result.stderr
    assert contents(Path("r")) == before
    summary.unlink()
    assert run("train", "--config", small_config, "--out", "r").exit_code == 0
    assert contents(Path("r"))["summary.json"] == expected["summary.json"]


def test_where_failure_json_cannot_be_written_the_error_is_still_reported(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(checkpoint, "save", lambda path, *arguments, **named: full(path))
    monkeypatch.setattr(Run, "fail", lambda failed, *arguments: full(failed.path))
    result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == 1
    assert "error: r/checkpoint.npz: cannot write it: No space left on device" in result.stderr
    assert not Path("r/failure.json").exists()


def test_an_interruption_is_not_recorded_as_a_failure(small_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingDisplay, "step", interrupt_at(17))
    assert run("train", "--config", small_config, "--out", "r").exit_code == 130
    assert Run("r").failure() is None


@pytest.fixture
def half(small_config: Path) -> Path:
    """Return the directory of a run that has done two epochs of three."""
    run("train", "--config", small_config, "--out", "r", "--set", "train.epochs=2")
    return Path("r")


def resumed(small_config: Path) -> tuple[int, str]:
    result = run("train", "--config", small_config, "--out", "r", "--resume")
    return result.exit_code, result.stderr


def test_a_resumed_run_says_at_which_step_it_continues(half: Path, small_config: Path) -> None:
    code, said = resumed(small_config)
    assert (code, said.splitlines()[0]) == (0, "r: continuing from step 22 of 33")


def test_other_data_are_refused_and_nothing_is_changed(
    half: Path, small_config: Path, archive_folder: Path, rng: object
) -> None:
    before = {path: path.read_bytes() for path in half.iterdir()}
    images, _ = blobs(210, rng)  # type: ignore[arg-type]  # the Generator of the fixture
    (archive_folder / "train-images-idx3-ubyte.gz").write_bytes(idx(images))
    code, said = resumed(small_config)
    assert code == Exit.USAGE
    assert "expected the data that it was trained on" in said
    assert {path: path.read_bytes() for path in half.iterdir()} == before


def test_another_environment_is_reported(half: Path, small_config: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = json.loads((half / "env.json").read_text())
    before["numpy"], before["blas"]["kernel"] = "1.0", "Abacus"
    (half / "env.json").write_text(json.dumps(before))
    assert resumed(small_config)[0] == 0
    assert "r: numpy was 1.0, is " in caplog.text
    assert "r: blas.kernel was Abacus, is " in caplog.text
    now = json.loads((half / "env.json").read_text())
    assert now["numpy"] != "1.0"
    assert now["changes"] == [{"step": 22, "before": {"numpy": "1.0", "blas.kernel": "Abacus"}}]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernels that OpenBLAS has are others here")
@pytest.mark.skipif(machine.describe()["blas"]["kernel"] is None, reason="NumPy's BLAS is not a bundled OpenBLAS")
def test_a_run_continued_with_another_blas_kernel_says_so(half: Path, small_config: Path) -> None:
    """OPENBLAS_CORETYPE makes OpenBLAS compute as on an older processor."""
    command = [sys.executable, "-m", "mnist_bp", "train", "--config", str(small_config), "--out", "r", "--resume"]
    older = os.environ | {"OPENBLAS_CORETYPE": "Prescott"}
    result = subprocess.run(command, env=older, capture_output=True, text=True, check=True)
    change = r"^warning: r: blas\.kernel was (\w+), is (?!\1)\w+; the last bits may differ$"
    assert re.search(change, result.stderr, re.MULTILINE)


def test_a_run_without_its_checkpoint_starts_again_and_says_so(
    half: Path, small_config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (half / "checkpoint.npz").unlink()
    assert resumed(small_config)[0] == 0
    assert "there is no checkpoint; starting again from step 0" in caplog.text
    assert len(Run(half).metrics.rows()) == 3


@pytest.mark.parametrize("kept", [None, 0, 1, 2], ids=["missing", "empty", "header", "all but the last"])
def test_metrics_that_lack_rows_are_named(half: Path, small_config: Path, kept: int | None) -> None:
    lines = (half / "metrics.csv").read_text().splitlines(keepends=True)
    if kept is None:
        (half / "metrics.csv").unlink()
    else:
        (half / "metrics.csv").write_text("".join(lines[:kept]))
    code, said = resumed(small_config)
    assert code == Exit.FAILURE
    assert "metrics.csv: expected " in said


def test_a_damaged_environment_file_is_named(half: Path, small_config: Path) -> None:
    (half / "env.json").write_text("{")
    code, said = resumed(small_config)
    assert code == Exit.FAILURE
    assert "env.json: expected a JSON object" in said


@pytest.mark.parametrize("change", ["seed: 1\n", "model: {hidden: 5}\n"])
def test_the_way_out_of_anothers_run_is_the_one_that_the_hint_names(change: str, small_config: Path) -> None:
    """Configs of one name in two folders share the numbers of their runs."""
    assert run("train", "--config", small_config).exit_code == 0
    name, other = small_config.stem, Path("elsewhere", small_config.name)
    other.parent.mkdir()
    own = yaml.safe_load(small_config.read_text())
    other.write_text(yaml.safe_dump(own | yaml.safe_load(change)))
    result = run("train", "--config", other, "--resume")
    assert result.exit_code == 2
    assert f"runs/{name}: expected the config that the run began with" in result.stderr
    assert result.stderr.endswith(f"hint: {BEGIN_NEW}\n")
    for options, path in (([], f"runs/{name}-2"), (["--resume", "--out", "new"], "new")):
        result = run("train", "--config", other, *options)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, f"run directory {path}")
    assert run("train", "--config", other, "--resume").stderr == f"runs/{name}-2: already finished; left as it is\n"


def test_the_way_out_of_a_foreign_folder_is_the_one_that_the_hint_names(small_config: Path) -> None:
    Path("full").mkdir()
    Path("full/thesis.tex").touch()
    result = run("train", "--config", small_config, "--resume", "--out", "full")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"hint: move it away; {BEGIN_NEW}")
    Path("full").rename("away")
    assert run("train", "--config", small_config, "--resume", "--out", "full").exit_code == 0


def test_a_config_whose_name_is_all_dots_makes_a_run_in_the_folder_of_runs(small_config: Path) -> None:
    for file, path in ((".yaml", "runs/run"), ("..yaml", "runs/run-2"), ("...yaml", "runs/run-3")):
        small_config.rename(file)
        small_config = Path(file)
        result = run("train", "--config", file, "--set", "train.max_steps=1")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, f"run directory {path}")
    assert {path.name for path in Path("runs").iterdir()} == {"run", "run-2", "run-3"}


def test_a_config_may_come_through_a_pipe(small_config: Path) -> None:
    read, write = os.pipe()
    os.write(write, small_config.read_bytes())
    os.close(write)
    try:
        assert run("train", "--config", f"/dev/fd/{read}", "--out", "r").exit_code == 0
    finally:
        os.close(read)
