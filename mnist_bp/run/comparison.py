"""What two runs recorded, compared: the metrics row by row, the checkpoints number by number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.nn.buffers import Array
from mnist_bp.run.checkpoint import Checkpoint
from mnist_bp.train.records import Record, StepLoss


@dataclass(frozen=True)
class Difference:
    """Where what a run recorded is not what it should be: both values, and where the other one is from.

    Without values, `at` alone says what is wrong.
    """

    at: str
    recorded: object = None
    expected: object = None
    source: str = "again"

    def __str__(self) -> str:
        if self.recorded is None and self.expected is None:
            return self.at
        return f"{self.at}: {self.recorded} recorded, {self.expected} {self.source}"


def in_metrics(rows: Sequence[Record], again: Sequence[Record]) -> Iterator[Difference]:
    """Yield where rows of metrics.csv differ, but for the seconds that they took."""
    for one, other in zip(rows, again, strict=False):
        for column in (each.name for each in fields(Record) if each.name != "seconds"):
            yield from of(f"metrics.csv, epoch {one.epoch}, {column}", getattr(one, column), getattr(other, column))
    yield from of("metrics.csv, rows", len(rows), len(again))


def in_steps(rows: Sequence[StepLoss], again: Sequence[StepLoss]) -> Iterator[Difference]:
    """Yield where the recorded losses of steps differ; `again` may have more of them."""
    losses = {row.step: row.loss for row in again}
    for row in rows:
        yield from of(f"steps.csv, step {row.step}, loss", row.loss, losses.get(row.step))


def in_checkpoints(one: Checkpoint, other: Checkpoint) -> Iterator[Difference]:
    """Yield where parameters, the optimizer's state and the position differ: of each array, the first number."""
    for name in ("shape", "scale", "outputs"):
        yield from of(f"checkpoint.npz, {name}", getattr(one, name), getattr(other, name))
    yield from of("checkpoint.npz, arrays", ", ".join(sorted(one.arrays)), ", ".join(sorted(other.arrays)))
    for name, array in other.arrays.items():
        if name in one.arrays:
            yield from _in_arrays(f"checkpoint.npz, {name}", one.arrays[name], array)


def in_configs(recorded: Config, trained: Config) -> Iterator[Difference]:
    """Yield where the config of a run is not the one in its checkpoint, but for what may change at any time."""
    changes = configs.length_changes(recorded, trained) | configs.forbidden_changes(recorded, trained)
    for key, (own, other) in changes.items():
        yield Difference(f"config.yaml, {key}", own, other, "in checkpoint.npz")


def of(at: str, recorded: object, expected: object) -> Iterator[Difference]:
    """Yield the difference of two values, if there is one."""
    if recorded != expected:
        yield Difference(at, recorded, expected)


def _in_arrays(at: str, one: Array, other: Array) -> Iterator[Difference]:
    yield from of(f"{at}, shape and type", f"{one.shape} {one.dtype}", f"{other.shape} {other.dtype}")
    if (one.shape, one.dtype) != (other.shape, other.dtype) or one.tobytes() == other.tobytes():
        return
    bits = f"u{one.dtype.itemsize}"
    differs = np.ascontiguousarray(one).reshape(-1).view(bits) != np.ascontiguousarray(other).reshape(-1).view(bits)
    first = np.unravel_index(int(differs.argmax()), one.shape)
    where = f"[{', '.join(map(str, first))}]" if one.ndim else ""
    with np.errstate(all="ignore"):
        most = float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())
    source = f"again; {int(differs.sum()):,} of {one.size:,} numbers differ, by up to {most:.1e}"
    yield Difference(at + where, one[first].item(), other[first].item(), source)
