"""The training loop: mini-batches in, one record per epoch out."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mnist_bp.data.dataset import Split
from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network, Score
from mnist_bp.nn.nonzero import Examples
from mnist_bp.nn.optimizers import Optimizer, clip_norm
from mnist_bp.nn.schedules import Schedule
from mnist_bp.streams import DROPOUT
from mnist_bp.train import shadow
from mnist_bp.train.batches import Batches
from mnist_bp.train.evaluation import Evaluation, evaluate
from mnist_bp.train.records import SPLITS, Record, StepLoss
from mnist_bp.train.team import Team

DIVERGING = np.errstate(over="ignore", invalid="ignore")  # divergence is found in the numbers, not by NumPy's warnings

Gradient = Callable[[Any, Array], Score]
"""Overwrites the network's gradients for a mini-batch, by whatever method, and returns the batch's score.

It takes the examples as `batches` yields them."""


class DivergenceError(BpError):
    """Training has produced a number that is not finite."""

    def __init__(self, step: int, where: str) -> None:
        super().__init__(f"training diverged at step {step}: {where} is not finite")


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


@dataclass(frozen=True)
class EpochEnd:
    """An epoch, or the whole run, has come to its end, with this record."""

    record: Record


@dataclass(frozen=True)
class Pause:
    """A rest within an epoch, which the caller has asked for."""


@dataclass
class Trainer:
    """A network on its way: `run` continues from `position` and can be stopped after any step."""

    network: Network
    optimizer: Optimizer
    schedule: Schedule
    gradient: Gradient
    batches: Batches
    measured: Mapping[str, Split]  # after each epoch, in full: "train", "validation", "test", or some of them
    steps: int
    seed: int  # of the noise in each step
    clip_norm: float | None = None  # the longest gradient vector that the optimizer is given; None: any
    shadow_check: int = 0  # every that many steps, backprop is compared with the numerical gradient; 0: never
    log_every: int | None = None  # every that many steps, the loss is added to `logged`; None: never
    average: Array | None = None  # of the parameters, by the optimizer: what is measured and used in their place
    kept: Array | None = None  # where the parameters of the best epoch go, which are then used; None: the last ones are
    patience: int | None = None  # epochs after which the run ends if none of them was better; None: any number
    best: Record | None = None  # of the epochs so far
    team: Team = field(default_factory=Team)  # to evaluate with
    position: Position = field(default_factory=Position)
    logged: list[StepLoss] = field(default_factory=list)  # until the caller takes them out

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or patience is at its end."""
        return self.position.step >= self.steps or self.out_of_patience

    @property
    def out_of_patience(self) -> bool:
        """Whether there have been as many epochs as `patience` since the best one."""
        if self.best is None or self.patience is None:
            return False
        return self.position.step - self.best.step >= self.patience * self.batches.steps

    @property
    def due(self) -> bool:
        """Whether a record is due: at the end of an epoch, and at the last step."""
        return self.position.step % self.batches.steps == 0 or self.finished

    def run(self, pause: Callable[[], bool]) -> Iterator[EpochEnd | Pause]:
        """Train to the end, yielding at the end of each epoch, and after other steps for which `pause` is True.

        `pause` is called after each step. Whenever something is yielded, a checkpoint can be saved and the run left.
        Raises DivergenceError if a number is no longer finite: whatever is yielded, and so every checkpoint, is finite.
        """
        while not self.finished:
            started = time.perf_counter()
            epochs, steps = divmod(self.position.step, self.batches.steps)
            if steps == 0:
                self.position.start_epoch()
            with closing(self.batches.epoch(epochs + 1, start=steps)) as batches:
                while not self._train(batches, pause):
                    yield Pause()
                record = self.record(started)
                self._judge(record)
                yield EpochEnd(record)

    @DIVERGING
    def _train(self, batches: Iterator[tuple[Any, Array]], pause: Callable[[], bool]) -> bool:
        """Take steps until a record is due, or until `pause` is True; return whether it is due."""
        for x, t in batches:
            score = self._step(x, t)
            self.position.advance(score, len(t))
            if self.log_every and self.position.step % self.log_every == 0:
                self.logged.append(StepLoss(self.position.step, score.loss))
            if pause() or self.due:
                self._require_finite(x, t)
                break
        return self.due

    def record(self, started: float) -> Record:
        """Measure the network as it is used; `started` is the `time.perf_counter()` from which the seconds count."""
        measured: dict[str, Evaluation] = {"train": self.position.mean()}
        with self._in_use():
            measured |= {name: evaluate(self.network, split, self.team) for name, split in self.measured.items()}
        values: dict[str, Any] = {}
        for name in SPLITS:
            loss, accuracy = measured.get(name, (None, None))
            values |= {f"{name}_loss": loss, f"{name}_accuracy": accuracy}
            if not math.isfinite(loss or 0.0):
                raise DivergenceError(self.position.step, f"the {name} loss")
        epoch = -(-self.position.step // self.batches.steps)
        rate = self.schedule(self.position.step - 1)
        seconds = round(time.perf_counter() - started, 6)
        return Record(epoch, self.position.step, rate, seconds=seconds, **values)

    @property
    def measured_parameters(self) -> Array:
        """The vector of parameters that an epoch is measured with."""
        return self.network.parameters if self.average is None else self.average

    @property
    def used_parameters(self) -> Array:
        """The vector of parameters that whoever uses the network is given."""
        return self.measured_parameters if self.kept is None or self.best is None else self.kept

    def _judge(self, record: Record) -> None:
        """Note the record, and keep the parameters, if this is the best whole epoch so far."""
        whole = record.step % self.batches.steps == 0
        if whole and (self.best is None or record.rank > self.best.rank):
            self.best = record
            if self.kept is not None:
                self.kept[...] = self.measured_parameters

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Let the network have the parameters that it is measured with within the context."""
        trained = self.network.parameters.copy()
        self.network.parameters[...] = self.measured_parameters
        try:
            yield
        finally:
            self.network.parameters[...] = trained

    def _step(self, x: Examples, t: Array) -> Score:
        """Update the parameters once, for a batch: gradient, clipping, update.

        Whatever is random in it follows from the seed and the number of the step.
        """
        step = self.position.step + 1
        with self.network.training(self.seed, *DROPOUT, step):
            score = self.gradient(x, t)
            self._guard(score, x, t, step)
        if self.clip_norm is not None:
            clip_norm(self.network.gradients, self.clip_norm)
        self.optimizer.update(self.schedule(step - 1), step)
        return score

    def _guard(self, score: Score, x: Examples, t: Array, step: int) -> None:
        """Raise before an update would spoil the parameters: for a loss that is not finite, or a wrong gradient."""
        if not math.isfinite(self.position.loss_sum + score.loss * len(t)):
            raise DivergenceError(step, self.network.first_nonfinite(x, t) or "the loss")
        if self.shadow_check and step % self.shadow_check == 0:
            shadow.check(self.network, x, t, step)

    def _require_finite(self, x: Examples, t: Array) -> None:
        """Raise DivergenceError unless all that changes, and the network's outputs for a batch, are finite."""
        where = self.network.first_nonfinite(x, t)
        for name, vector in self.optimizer.state.items():
            if where is None and not np.isfinite(vector).all():
                where = f"the optimizer's {name}"
        if where is None and not np.isfinite(self.measured_parameters).all():
            where = "the average of the parameters"
        if where is not None:
            raise DivergenceError(self.position.step, where)
