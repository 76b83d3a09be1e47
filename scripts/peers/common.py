"""What all peers do alike: read a config, refuse what they cannot do, train epoch by epoch, print one JSON object."""

import argparse
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import threadpoolctl

from mnist_bp import build
from mnist_bp import config as configs
from mnist_bp.config import Config, keys
from mnist_bp.config.access import defaults, value_of
from mnist_bp.errors import BpError
from mnist_bp.nn.schedules import Schedule

ANY = None  # for `understood`: whatever the value
OURS_ALONE = ("data.augment", "data.extra")
EVERY_PEER = ("seed", "train.epochs", "train.batch_size", "train.learning_rate", "train.metrics", "train.shards")


@dataclass(frozen=True)
class Task:
    """What a command line asks for."""

    config: Config
    steady: int  # train so many epochs after a first one, evaluating at the end only; 0: train as configured
    threads: int  # for matrix products
    flags: argparse.Namespace


def task(doc: str, understood: Mapping[str, Collection[Any] | None], *flags: str) -> Task:
    """Read the command line and limit the threads of NumPy's matrix products.

    `understood` has the config's keys that the peer follows, each with the values that it knows. Any other key, but for
    those that name the data, has to have its default, or the peer exits with a message. Instead of shards, it has its
    threads.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", metavar="FILE", help="the config to follow  [default: all defaults]")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a key of the config")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="for matrix products  [default: 1]")
    parser.add_argument("--steady", type=int, default=0, metavar="N",
                        help="time N epochs after a first one, without evaluation")  # fmt: skip
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    given = parser.parse_args()
    steady = [f"train.epochs={1 + given.steady}", "train.max_steps=null"] if given.steady else []
    try:
        config = configs.load(given.config, [*given.set, *steady])
    except BpError as error:
        parser.error(str(error))
    for key in keys():
        value = value_of(config, key)
        follows = ANY if key in EVERY_PEER or _names_data(key) else [defaults()[key]]
        known = understood.get(key, follows)
        if known is not ANY and value not in known:
            parser.error(f"{key}: this peer knows {' or '.join(map(str, known))}; got {value}")
    threadpoolctl.threadpool_limits(given.threads, user_api="blas")
    return Task(config, given.steady, given.threads, given)


def _names_data(key: str) -> bool:
    return key.startswith("data.") and not key.startswith(OURS_ALONE)


def images(task: Task) -> dict[str, tuple[Any, Any]]:
    """Return (x, t) of "train" and "test": x (N, D) in the config's dtype, pixels 0 … 1; t (N,), int64 classes."""
    dataset = build.dataset(task.config.data).for_training(task.config.data.validation)
    return {
        name: (np.multiply(split.x, split.scale, dtype=task.config.train.dtype), split.t.astype("int64"))
        for name, split in (("train", dataset.train), ("test", dataset.test))
    }


def order(task: Task, rng: Any, count: int, steps: int) -> Any:
    """Return which of `count` examples make up the batches of so many steps, as one vector, drawn by a Generator."""
    train = task.config.train
    if train.sampling == "replacement":
        return rng.integers(count, size=steps * train.batch_size)
    return rng.permutation(count)[: steps * train.batch_size]


def learning_rate(task: Task, examples: int) -> Schedule:
    """Return the config's learning rate after so many steps, for epochs of so many examples."""
    train = task.config.train
    epoch_steps = -(-examples // train.batch_size)
    steps = min(train.epochs * epoch_steps, train.max_steps or train.epochs * epoch_steps)
    return build._schedule(train, epoch_steps, steps)


def run(
    task: Task, name: str, version: str, examples: int, train: Callable[[int], object], accuracy: Callable[[str], float]
) -> None:
    """Train as the task says and print what came of it.

    `train(steps)` trains for so many steps of a new epoch of `examples`, `accuracy("train" or "test")` evaluates.
    """
    config = task.config.train
    epoch_steps = -(-examples // config.batch_size)
    steps = min(config.epochs * epoch_steps, config.max_steps or config.epochs * epoch_steps)
    seconds, tested, trained_at = [], [], []
    for done in range(0, steps, epoch_steps):
        started = time.perf_counter()
        train(min(epoch_steps, steps - done))
        seconds.append(time.perf_counter() - started)
        trained_at.append(time.time())
        if not task.steady:
            if config.metrics == "full":
                accuracy("train")
            tested.append(accuracy("test"))
    result = {
        "peer": name,
        "version": version,
        "threads": task.threads,
        "steps": steps,
        "epoch_steps": epoch_steps,
        "first_epoch_seconds": seconds[0],  # with what is done once, such as compiling
        "epoch_seconds": seconds[1:],
        "first_epoch_at": trained_at[0],  # by time.time(); with train.max_steps=1, the end of the first step
        "test_accuracy": tested[-1] if tested else accuracy("test"),
    }
    print(json.dumps(result))
