"""A network's loss and accuracy over a whole split."""

from typing import NamedTuple

import numpy as np

from mnist_bp.batches import Batches
from mnist_bp.data import Split
from mnist_bp.nn.network import Network

BATCH_SIZE = 200  # large enough for the matrix products, small enough for the cache, also in a convolution


class Evaluation(NamedTuple):
    """Mean loss per example, and the fraction of the examples that are classified correctly."""

    loss: float
    accuracy: float


def evaluate(network: Network, split: Split) -> Evaluation:
    """Measure the network on every example of the split; an overflow shows in the loss."""
    loss, correct = 0.0, 0
    with np.errstate(over="ignore", invalid="ignore"):
        for x, t in Batches(split, BATCH_SIZE, network.parameters.dtype).in_order():
            score = network.score(x, t)
            loss += score.loss * len(t)
            correct += score.correct
    return Evaluation(loss / len(split), correct / len(split))
