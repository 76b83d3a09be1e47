"""Every NumPy call of a training step and its microseconds, and what Python does between them.

    python scripts/peers/calls.py --config configs/book-relu.yaml --set train.sampling=shuffle

The trainer takes the steps of one chunk of batches on arrays that note each call with its operands and the line of the
package that makes it. Then the same calls are made again, in order and in place, and each is timed; whole steps are
timed in turns with that. All is on one processor, times are medians, and those of the rows are for a step. What is left
of the whole step is Python's, and that of memory which the repeated calls find in the cache.
"""

import json
import linecache
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import common

from mnist_bp import config

TASK = common.task(__doc__, dict.fromkeys(config.keys(), common.ANY))
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

import numpy as np  # noqa: E402  # a confined process is confined before

import mnist_bp  # noqa: E402
from mnist_bp import build  # noqa: E402
from mnist_bp.data.dataset import Dataset, Split  # noqa: E402
from mnist_bp.nn.buffers import Buffers  # noqa: E402
from mnist_bp.train.batches import CHUNK  # noqa: E402
from mnist_bp.train.trainer import Trainer  # noqa: E402

TURNS, REPEATS = 15, 20  # so many chunks each
PACKAGE = Path(mnist_bp.__file__).parent
METHODS = ("all", "argmax", "astype", "cumsum", "dot", "max", "min", "nonzero", "sum", "take")


@dataclass
class Call:
    """A call of NumPy's on plain arrays, and the line of the package that makes it."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    line: tuple[str, int]
    seconds: list[float] = field(default_factory=list)


class Noting(np.ndarray):
    """An array that notes in `calls` what NumPy does with it; so do the arrays that come of it."""

    calls: ClassVar[list[Call]] = []

    def __array_ufunc__(self, ufunc: Any, method: str, *arguments: Any, **options: Any) -> Any:
        """Note a ufunc or its reduction."""
        result = noted(getattr(ufunc, method), arguments, options)
        return options["out"][0] if "out" in options else result

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        """Note a function such as np.dot."""
        return noted(function, arguments, options)

    def __setitem__(self, part: Any, values: Any) -> None:
        noted(np.ndarray.__setitem__, (self, part, values), {})


def noting_method(name: str) -> Callable[..., Any]:
    """Return a method that notes the one of that name."""
    return lambda array, *arguments, **options: noted(getattr(np.ndarray, name), (array, *arguments), options)


for name in METHODS:
    setattr(Noting, name, noting_method(name))


def noted(function: Callable[..., Any], arguments: Any, options: Any) -> Any:
    """Make a call and note it with the innermost line of the package."""
    frame: Any = sys._getframe()
    while not frame.f_code.co_filename.startswith(str(PACKAGE)):
        frame = frame.f_back
    arguments, options = viewed(tuple(arguments), np.ndarray), viewed(options, np.ndarray)
    Noting.calls.append(Call(function, arguments, options, (frame.f_code.co_filename, frame.f_lineno)))
    return viewed(function(*arguments, **options), Noting)


def viewed(value: Any, kind: type[np.ndarray]) -> Any:
    """Return the arrays in `value` as arrays of that kind, on the same memory."""
    if isinstance(value, tuple | list):
        return type(value)(viewed(each, kind) for each in value)
    if isinstance(value, dict):
        return {key: viewed(each, kind) for key, each in value.items()}
    return value.view(kind) if isinstance(value, np.ndarray) else value


def trainer_of(dataset: Dataset) -> Trainer:
    """Return a trainer that only trains, for ever."""
    return replace(build.trainer(TASK.config, dataset), measured={}, steps=10**12)


def take(trainer: Trainer, steps: int) -> None:
    """Let the trainer take so many steps."""
    last = trainer.position.step + steps
    for _ in trainer.run(lambda: trainer.position.step == last):
        if trainer.position.step == last:
            break


def calls_of(dataset: Dataset, steps: int) -> list[Call]:
    """Return the calls that the first steps of an epoch are made of, after a chunk that makes all memory."""
    noting = replace(dataset, train=Split(*(viewed(each, Noting) for each in (dataset.train.x, dataset.train.t))))
    zeros, buffer = np.zeros, Buffers.buffer
    with (
        mock.patch.object(np, "zeros", lambda *given, **more: viewed(zeros(*given, **more), Noting)),
        mock.patch.object(Buffers, "buffer", lambda *given, **more: viewed(buffer(*given, **more), Noting)),
    ):
        trainer = trainer_of(noting)
        take(trainer, steps)
        trainer.position.step = 0
        Noting.calls.clear()
        chunk = trainer.batches.epoch(1)
        for _ in range(steps):
            trainer._step(*next(chunk))
    return Noting.calls


def is_product(call: Call) -> bool:
    """Return whether a call is a product of matrices."""
    return call.function in (np.dot, np.ndarray.dot, np.matmul.__call__) and all(
        each.ndim == 2 for each in call.arguments[:2]
    )


def time_calls(calls: list[Call]) -> None:
    """Make the calls again, and note the seconds of each."""
    clock = time.perf_counter
    for call in calls:
        function, arguments, options = call.function, call.arguments, call.options
        started = clock()
        function(*arguments, **options)
        call.seconds.append(clock() - started)


dataset = build.dataset(TASK.config.data).for_training(TASK.config.data.validation)
trainer = trainer_of(dataset)
steps = min(trainer.batches.steps, max(1, CHUNK // TASK.config.train.batch_size))
empty = Call(lambda: None, (), {}, ("", 0))  # what the clock itself takes
calls = [*calls_of(dataset, steps), empty]
take(trainer, steps)
whole = []
for _ in range(TURNS):
    for _ in range(REPEATS):
        time_calls(calls)
    started = time.perf_counter()
    take(trainer, steps * REPEATS)
    whole.append((time.perf_counter() - started) / (steps * REPEATS))

clock = statistics.median(empty.seconds)
rows: dict[tuple[str, int], dict[str, Any]] = {}
for call in calls[:-1]:
    path, number = call.line
    row = rows.setdefault(call.line, {"module": Path(path).relative_to(PACKAGE).as_posix(),
                                      "line": linecache.getline(path, number).strip(),
                                      "product": is_product(call), "calls": 0, "us": 0})  # fmt: skip
    row["calls"] += 1 / steps
    row["us"] += 1e6 * (statistics.median(call.seconds) - clock) / steps
in_calls, step = sum(row["us"] for row in rows.values()), 1e6 * statistics.median(whole)
result = {
    "step_us": step,
    "calls_us": in_calls,
    "products_us": sum(row["us"] for row in rows.values() if row["product"]),
    "rest_us": step - in_calls,
    "calls": list(rows.values()),
}
print(json.dumps(result))
