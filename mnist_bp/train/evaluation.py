"""A network's loss and accuracy over a whole split."""

from functools import partial
from typing import NamedTuple

import numpy as np

from mnist_bp.data.dataset import Split
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network, Score
from mnist_bp.train.batches import Batches
from mnist_bp.train.team import Team, cut

BATCH_SIZE = 200  # large enough for the matrix products, small enough for the cache, also in a convolution


class Evaluation(NamedTuple):
    """Mean loss per example, and the fraction of the examples that are classified correctly."""

    loss: float
    accuracy: float


def evaluate(network: Network, split: Split, team: Team | None = None) -> Evaluation:
    """Measure the network on every example of the split; an overflow shows in the loss."""
    return evaluate_with_outputs(network, split, team)[0]


def evaluate_with_outputs(network: Network, split: Split, team: Team | None = None) -> tuple[Evaluation, Array]:
    """Measure the network as `evaluate` does; return its outputs as well, (N, K), as a new array.

    Each thread of the team, by default one for each processor, takes some of the batches. The result is the same
    however many there are, to the last bit.
    """
    team = team or Team()
    in_batches = cut(-(-len(split) // BATCH_SIZE), team.size)
    parts = [split[part.start * BATCH_SIZE : part.stop * BATCH_SIZE] for part in in_batches]
    tasks = [partial(_scores, *each) for each in zip(network.twins(len(parts)), parts, strict=True)]
    scores = [score for of_part in team.run(tasks) for score in of_part]
    loss = sum(score.loss * len(outputs) for score, outputs in scores)
    correct = sum(score.correct for score, _ in scores)
    return Evaluation(loss / len(split), correct / len(split)), np.concatenate([outputs for _, outputs in scores])


def _scores(network: Network, split: Split) -> list[tuple[Score, Array]]:
    """Return score and outputs of each batch."""
    batches = Batches(split, BATCH_SIZE, network.parameters.dtype).in_order()
    predicted = ((network.predict(x).copy(), t) for x, t in batches)
    with np.errstate(over="ignore", invalid="ignore"):
        return [(network.score_of(outputs, t), outputs) for outputs, t in predicted]
