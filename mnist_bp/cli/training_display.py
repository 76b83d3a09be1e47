"""What a training run shows on stderr: one line per epoch; on a terminal, these make a table, with a bar below."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import terminal
from mnist_bp.cli.folding import line
from mnist_bp.cli.output import bar_style, forget
from mnist_bp.train.records import SPLITS, Record

if TYPE_CHECKING:
    from tqdm import tqdm

    from mnist_bp.train.trainer import Trainer

INTERVAL = 0.1  # seconds between two looks of the bar


class TrainingDisplay:
    """Context manager; call `step` after each step and `epoch` with each record."""

    def __init__(self, run: Path, trainer: "Trainer", *, quiet: bool) -> None:
        self._run = run
        self._trainer = trainer
        self._quiet = quiet
        self._epochs = -(-trainer.steps // trainer.batches.steps)
        self._shown = 0.0
        self._bar: tqdm[Any] | None = None  # only on a terminal
        self._widths: list[int] = []  # of the table's columns, once it has begun

    def __enter__(self) -> "TrainingDisplay":
        if (done := self._trainer.position.step) and not self._quiet:
            click.echo(f"{self._run}: continuing from step {done} of {self._trainer.steps}", err=True)
        if sys.stderr.isatty() and not self._quiet:
            from tqdm import tqdm  # 25 ms

            position = self._trainer.position.step
            self._bar = tqdm(total=self._trainer.steps, initial=position, unit="step", leave=False, **bar_style())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self) -> None:
        """Move the bar, with the epoch's mean loss and accuracy so far."""
        if self._bar is None or (now := time.perf_counter()) - self._shown < INTERVAL:
            return
        self._shown = now
        loss, accuracy = self._trainer.position.mean()
        with self._showing():
            self._bar.set_postfix_str(f"loss {loss:.4f}, acc {accuracy:.4f}", refresh=False)
            self._bar.update(self._trainer.position.step - self._bar.n)

    def epoch(self, record: Record) -> None:
        """Print a line."""
        if self._quiet:
            return
        found = {name: (getattr(record, f"{name}_loss"), getattr(record, f"{name}_accuracy")) for name in SPLITS}
        measured = {name: (f"{loss:.4f}", f"{acc:.4f}") for name, (loss, acc) in found.items() if loss is not None}
        epoch = f"{record.epoch:>{len(str(self._epochs))}}/{self._epochs}"
        seconds = f"{record.seconds:.2f}"
        if columns := terminal.columns(sys.stderr):
            lines = self._row([epoch, *chain(*measured.values()), seconds], [*measured], columns)
        else:
            parts = [f"{name} loss {loss} acc {accuracy}" for name, (loss, accuracy) in measured.items()]
            lines = ["   ".join([f"epoch {epoch}", *parts, f"{seconds} s"])]
        with self._showing():
            if self._bar is not None:
                self._bar.clear()
            for each in lines:
                click.echo(each, err=True)
            if self._bar is not None:
                self._bar.refresh()

    def _row(self, cells: list[str], splits: list[str], columns: int) -> list[str]:
        """Return a row of the table, below its header if it is the first."""
        lines = []
        if not self._widths:
            measured = chain(*((f"{name} loss", "accuracy") for name in splits))
            whole = [f"{'epoch':>{len(cells[0])}}", *measured, "seconds"]
            short = [head.replace("validation", "val").replace("accuracy", "   acc") for head in whole]
            heads = whole if len("  ".join(whole)) <= columns else short
            self._widths = [*map(len, heads)]
            lines.append(line(heads, self._widths))
        right = [cell.rjust(wide) for cell, wide in zip(cells, self._widths, strict=True)]
        return [*lines, line(right, self._widths)]

    @contextmanager
    def _showing(self) -> Iterator[None]:
        """Show no more once stderr cannot be written to, as after its terminal has gone: the training goes on."""
        try:
            yield
        except OSError:
            if self._bar is not None:
                self._bar.disable = True
            self._quiet, self._bar = True, None
            forget(sys.stderr)
