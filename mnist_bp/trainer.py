"""The training loop: mini-batches in, one record per epoch out."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_bp.batches import Batches
from mnist_bp.data import Split
from mnist_bp.errors import BpError
from mnist_bp.evaluation import Evaluation, evaluate
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network, Score
from mnist_bp.nn.optimizers import SGD
from mnist_bp.records import Record

Gradient = Callable[[Array, Array], Score]
"""Overwrites the network's gradients for a mini-batch, by whatever method, and returns the batch's score."""


@dataclass
class Position:
    """Where a run stands: steps done in all, and sums over the batches of the epoch under way."""

    step: int = 0
    examples: int = 0
    loss_sum: float = 0.0
    correct: int = 0

    def advance(self, score: Score, examples: int) -> None:
        """Count one step."""
        self.step += 1
        self.examples += examples
        self.loss_sum += score.loss * examples
        self.correct += score.correct

    def start_epoch(self) -> None:
        """Forget the sums."""
        self.examples, self.loss_sum, self.correct = 0, 0.0, 0

    def mean(self) -> Evaluation:
        """Return loss and accuracy over the epoch so far, each batch as it was before its step."""
        return Evaluation(self.loss_sum / self.examples, self.correct / self.examples)


@dataclass
class Trainer:
    """A network on its way: `run` continues from `position` and can be stopped after any step."""

    network: Network
    optimizer: SGD
    gradient: Gradient
    batches: Batches
    measured: Mapping[str, Split]  # after each epoch, in full: "train", "validation", "test", or some of them
    steps: int
    position: Position

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.position.step >= self.steps

    @property
    def due(self) -> bool:
        """Whether a record is due: at the end of an epoch, and at the last step."""
        return self.position.step % self.batches.steps == 0 or self.finished

    def run(self, after_step: Callable[[], bool]) -> Iterator[Record]:
        """Train, yielding each record when it is due.

        When `after_step` returns True, the run ends there, in mid-epoch if need be, and `position` says where.
        Raises BpError if the loss is no longer a finite number.
        """
        while not self.finished:
            started = time.perf_counter()
            epochs, steps = divmod(self.position.step, self.batches.steps)
            if steps == 0:
                self.position.start_epoch()
            stop = False
            for x, t in self.batches.epoch(epochs + 1, start=steps):
                score = self._step(x, t)
                self.position.advance(score, len(t))
                stop = after_step()
                if stop or self.due:
                    break
            if self.due:
                yield self.record(started)
            if stop:
                return

    def record(self, started: float) -> Record:
        """Measure the network as it stands; `started` is the `time.perf_counter()` from which the seconds count."""
        measured: dict[str, Evaluation] = {"train": self.position.mean()}
        measured |= {name: evaluate(self.network, split) for name, split in self.measured.items()}
        values: dict[str, Any] = {}
        for name in ("train", "validation", "test"):
            loss, accuracy = measured.get(name, (None, None))
            values |= {f"{name}_loss": loss, f"{name}_accuracy": accuracy}
            self._require_finite(loss or 0.0, self.position.step)
        epoch = -(-self.position.step // self.batches.steps)
        seconds = time.perf_counter() - started
        return Record(epoch, self.position.step, self.optimizer.learning_rate, seconds=seconds, **values)

    def _step(self, x: Array, t: Array) -> Score:
        with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges is told by its loss
            score = self.gradient(x, t)
            self._require_finite(score.loss, self.position.step + 1)
            self.optimizer.step()
        return score

    def _require_finite(self, loss: float, step: int) -> None:
        if not math.isfinite(loss):
            raise BpError(f"training diverged: the loss is {loss} at step {step}", hint="try a smaller learning rate")
