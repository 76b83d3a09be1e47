"""Run directories for tests, made as training makes them but for the training."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from unittest.mock import patch

from mnist_bp import build
from mnist_bp.config import Config, dump, replaced, rule_of
from mnist_bp.data.dataset import Dataset
from mnist_bp.run import checkpoint
from mnist_bp.run.directory import Run
from mnist_bp.sweep import plan
from mnist_bp.sweep.plan import Planned, run_name
from mnist_bp.train.records import Record

FOLDER = Path("sweeps/mine")
P = ParamSpec("P")
T = TypeVar("T")


def unsynced(make: Callable[P, T]) -> Callable[P, T]:
    """Let a function write without waiting for the disk: a test outlives no power cut."""
    return patch("os.fsync", lambda file: None)(make)


def config(seed: int = 0, **values: Any) -> Config:
    """Return a config of one epoch; `train_epochs` is the key train.epochs."""
    keys = {"train.epochs": 1, "seed": seed, **{name.replace("_", ".", 1): value for name, value in values.items()}}
    return replaced(Config(), {key: rule_of(key).accept(value) for key, value in keys.items()})


def record(epoch: int = 1, **metrics: float | None) -> Record:
    """Return a record of an epoch of ten steps, in which all is one half unless said otherwise."""
    halves = {f"{split}_{what}": 0.5 for split in ("train", "test") for what in ("loss", "accuracy")}
    values: dict[str, Any] = {**halves, "validation_loss": None, "validation_accuracy": None, **metrics}
    return Record(epoch=epoch, step=10 * epoch, learning_rate=0.1, seconds=0.25, **values)


@unsynced
def begun(config: Config, folder: Path = FOLDER) -> Run:
    """Make the directory of a run that has no record yet."""
    run = Run(folder / run_name(config))
    run.begin(config, {})
    run.metrics.write([])
    return run


@unsynced
def finished(config: Config, folder: Path = FOLDER, **metrics: float | None) -> Path:
    """Make the directory of a finished run, with the metrics of its last epoch."""
    run = begun(config, folder)
    for epoch in range(1, config.train.epochs):
        run.metrics.append(record(epoch))
    run.metrics.append(record(config.train.epochs, **metrics))
    run.finish(1)
    return run.path


@unsynced
def failed(config: Config, folder: Path = FOLDER, message: str = "training diverged at step 7") -> Path:
    """Make the directory of a run that failed."""
    run = begun(config, folder)
    run.fail(message, 6)
    return run.path


@unsynced
def untrained(config: Config, dataset: Dataset | None = None, path: Path = Path("r"), *, train: bool = False) -> Path:
    """Make the directory of a run with a checkpoint of its initial weights, for the config's data set or another.

    With `train`, its weights are trained to the end; there are no metrics either way.
    """
    dataset = (dataset or build.dataset(config.data)).for_training(config.data.validation)
    run = Run(path)
    run.begin(config, {})
    run.metrics.write([])
    trainer = build.trainer(config, dataset)
    deque(trainer.run(lambda: False) if train else [], maxlen=0)
    checkpoint.save(run.checkpoint, trainer, config=dump(config), dataset=dataset, check=run.check)
    return path


@unsynced
def planned(*configs: Config, folder: Path = FOLDER) -> None:
    """Write the plan of a sweep."""
    plan.save((Planned(config, folder / run_name(config)) for config in configs), folder)
