"""What a training run shows on stderr: one line per epoch, and on a terminal a bar below them."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from mnist_bp.cli.output import bar_style, forget
from mnist_bp.train.records import SPLITS, Record

if TYPE_CHECKING:
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

    def __enter__(self) -> "TrainingDisplay":
        if (done := self._trainer.position.step) and not self._quiet:
            click.echo(f"{self._run}: continuing from step {done} of {self._trainer.steps}", err=True)
        from tqdm import tqdm

        self._bar = tqdm(
            total=self._trainer.steps,
            initial=self._trainer.position.step,
            unit="step",
            leave=False,
            **bar_style() | ({"disable": True} if self._quiet else {}),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def step(self) -> None:
        """Move the bar, with the epoch's mean loss and accuracy so far."""
        if self._bar.disable or (now := time.perf_counter()) - self._shown < INTERVAL:
            return
        self._shown = now
        loss, accuracy = self._trainer.position.mean()
        with self._showing():
            self._bar.set_postfix_str(f"loss {loss:.4f}, accuracy {accuracy:.4f}", refresh=False)
            self._bar.update(self._trainer.position.step - self._bar.n)

    def epoch(self, record: Record) -> None:
        """Print a line."""
        if self._quiet:
            return
        parts = [f"epoch {record.epoch:>{len(str(self._epochs))}}/{self._epochs}"]
        for name in SPLITS:
            loss, accuracy = getattr(record, f"{name}_loss"), getattr(record, f"{name}_accuracy")
            if loss is not None:
                parts.append(f"{name} loss {loss:.4f} acc {accuracy:.4f}")
        with self._showing():
            self._bar.clear()
            click.echo("   ".join([*parts, f"{record.seconds:.2f} s"]), err=True)
            self._bar.refresh()

    @contextmanager
    def _showing(self) -> Iterator[None]:
        """Show no more once stderr cannot be written to, as after its terminal has gone: the training goes on."""
        try:
            yield
        except OSError:
            self._quiet = self._bar.disable = True
            forget(sys.stderr)
