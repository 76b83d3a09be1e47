"""A network's loss and accuracy over a whole split."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from mnist_bp.data.dataset import Split
from mnist_bp.machine import processors
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network, Score
from mnist_bp.train.batches import Batches

BATCH_SIZE = 200  # large enough for the matrix products, small enough for the cache, also in a convolution


class Evaluation(NamedTuple):
    """Mean loss per example, and the fraction of the examples that are classified correctly."""

    loss: float
    accuracy: float


def evaluate(network: Network, split: Split) -> Evaluation:
    """Measure the network on every example of the split; an overflow shows in the loss."""
    return evaluate_with_outputs(network, split)[0]


def evaluate_with_outputs(network: Network, split: Split) -> tuple[Evaluation, Array]:
    """Measure the network as `evaluate` does; return its outputs as well, (N, K), as a new array.

    Where there is a second processor, it takes the second half. The sums are the same either way, to the last bit.
    """
    middle = len(split) // 2 // BATCH_SIZE * BATCH_SIZE
    if middle and processors() > 1:
        with ThreadPoolExecutor(max_workers=1) as helper:
            second = helper.submit(_scores, network.copy(network.parameters.dtype), split[middle:])
            scores = [*_scores(network, split[:middle]), *second.result()]
    else:
        scores = _scores(network, split)
    loss = sum(score.loss * len(outputs) for score, outputs in scores)
    correct = sum(score.correct for score, _ in scores)
    return Evaluation(loss / len(split), correct / len(split)), np.concatenate([outputs for _, outputs in scores])


def _scores(network: Network, split: Split) -> list[tuple[Score, Array]]:
    """Return score and outputs of each batch."""
    batches = Batches(split, BATCH_SIZE, network.parameters.dtype).in_order()
    predicted = ((network.predict(x).copy(), t) for x, t in batches)
    with np.errstate(over="ignore", invalid="ignore"):
        return [(network.score_of(outputs, t), outputs) for outputs, t in predicted]
