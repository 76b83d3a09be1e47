"""The floor: a step's bare matrix products, and how far above it a whole step of training is.

    python scripts/peers/floor.py --config configs/book-relu.yaml

With n affine layers, a step needs n products forward, n for the weights' gradients, and n − 1 to go back through the
layers above the first. They are np.dot (at batch 1 several times faster than np.matmul) into arrays that are there
already, in C order, of the config's shapes and dtype. A step is all that the training loop does but for evaluation:
ordering an epoch, gathering and scaling the mini-batch, forward, loss, accuracy, backward, update and bookkeeping. Each
time is a mean over its turn; the two take turns of a few tenths of a second. The products always have one thread.
"""

import json
import statistics
import time
from dataclasses import replace
from itertools import pairwise

import common
import numpy as np

from mnist_bp import build, config

TASK = common.task(__doc__, dict.fromkeys(config.keys(), common.ANY))
TURNS, TURN_SECONDS = 5, 0.3  # long turns, as each enters an epoch anew


def products(sizes: tuple[int, ...], batch: int, dtype: str) -> list[tuple[np.ndarray, ...]]:
    """Return the operands and the result of each product of a step, the two of the first layer first."""
    rng = np.random.default_rng(0)
    outs = [rng.standard_normal((batch, size)).astype(dtype) for size in sizes]
    douts = [rng.standard_normal((batch, size)).astype(dtype) for size in sizes]
    found = []
    for number, shape in enumerate(pairwise(sizes)):
        W, dW = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
        found += [(outs[number], W, np.empty_like(outs[number + 1])), (outs[number].T, douts[number + 1], dW)]
        if number:
            found.append((douts[number + 1], W.T, np.empty_like(douts[number])))
    return found


def floor_seconds(operands: list[tuple[np.ndarray, ...]], repeats: int) -> float:
    """Return the mean of the seconds that the products take, one after the other."""
    started = time.perf_counter()
    for _ in range(repeats):
        for a, b, out in operands:
            np.dot(a, b, out=out)
    return (time.perf_counter() - started) / repeats


def step_seconds(repeats: int) -> float:
    """Return the mean of the seconds that a step takes."""
    last = trainer.position.step + repeats
    started = time.perf_counter()
    for _ in trainer.run(lambda: trainer.position.step == last):
        if trainer.position.step == last:
            break
    return (time.perf_counter() - started) / repeats


train = TASK.config.train
dataset = build.dataset(TASK.config.data).for_training(TASK.config.data.validation)
trainer = replace(build.trainer(TASK.config, dataset), measured={}, steps=10**12)  # it is left, and only trains
sizes = (dataset.train.x.shape[1], *TASK.config.model.hidden, dataset.outputs)
operands = products(sizes, train.batch_size, train.dtype)

step_seconds(5)  # to warm up
repeats = max(5, int(TURN_SECONDS / step_seconds(20)))
turns = [
    (floor_seconds(operands, repeats), floor_seconds(operands[:2], repeats), step_seconds(repeats))
    for _ in range(TURNS)
]
floors, firsts, steps = zip(*turns, strict=True)
result = {
    "floor_us": 1e6 * statistics.median(floors),
    "floor_first_layer_us": 1e6 * statistics.median(firsts),
    "step_us": 1e6 * statistics.median(steps),
    "ratio": statistics.median(step / floor for floor, step in zip(floors, steps, strict=True)),
    "ratios": [step / floor for floor, step in zip(floors, steps, strict=True)],
}
print(json.dumps(result))
