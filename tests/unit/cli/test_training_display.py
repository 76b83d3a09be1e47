"""What a run shows while it trains."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mnist_bp.cli.training_display import TrainingDisplay
from mnist_bp.train.evaluation import Evaluation
from mnist_bp.train.records import Record

RECORD = Record(1, 5, 0.1, 0.25, 0.5, None, None, 0.75, 1.0, 2.0)


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch, *, quiet: bool = False, start: int = 0) -> str:
    """Return what a run of one epoch of five steps shows."""
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("COLUMNS", "80")
    position = SimpleNamespace(step=start, mean=lambda: Evaluation(0.125, 0.875))
    trainer: Any = SimpleNamespace(steps=5, batches=SimpleNamespace(steps=5), position=position)
    with TrainingDisplay(Path("r"), trainer, quiet=quiet) as display:
        position.step += 1
        display.step()
        display.epoch(RECORD)
    return stderr.getvalue()


LINE = "epoch 1/1   train loss 0.2500 acc 0.5000   test loss 0.7500 acc 1.0000   2.00 s\n"


def test_without_a_terminal_there_is_one_plain_line_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), monkeypatch) == LINE


def test_a_continued_run_says_where_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), monkeypatch, start=3) == f"r: continuing from step 3 of 5\n{LINE}"


def test_a_terminal_gets_a_table_with_a_bar_below_that_shows_loss_and_accuracy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = shown(Terminal(), monkeypatch)
    assert "epoch  train loss  accuracy  test loss  accuracy  seconds\n" in text
    assert "  1/1      0.2500    0.5000     0.7500    1.0000     2.00\n" in text
    assert "1/5" in text
    assert "loss 0.1250, acc 0.8750" in text


@pytest.mark.parametrize(("columns", "heads"), [("80", "val loss     acc"), ("120", "validation loss  accuracy")])
def test_the_table_has_room_for_validation_in_80_columns_and_its_header_once(
    columns: str, heads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr := Terminal())
    monkeypatch.setenv("COLUMNS", columns)
    position = SimpleNamespace(step=0, mean=lambda: Evaluation(0.125, 0.875))
    trainer: Any = SimpleNamespace(steps=5000, batches=SimpleNamespace(steps=5), position=position)
    with TrainingDisplay(Path("r"), trainer, quiet=False) as display:
        for epoch in (999, 1000):
            display.epoch(Record(epoch, 5, 0.1, 0.25, 0.5, 0.5, 0.5, 0.75, 1.0, 1002.0))
    text = stderr.getvalue()
    assert text.count(heads) == 1
    rows = [line.split("\r")[-1] for line in text.split("\n") if "1002.00" in line]
    assert [row.split()[0] for row in rows] == ["999/1000", "1000/1000"]
    assert all(len(row) <= int(columns) for row in rows)


def test_quiet_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), monkeypatch, quiet=True, start=3) == ""


def test_once_stderr_cannot_be_written_to_the_training_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("mnist_bp.cli.training_display.forget", lambda stream: None)
    assert shown(Gone(), monkeypatch) == ""
