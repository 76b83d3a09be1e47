"""An exponential moving average of the parameters, better than they are themselves where steps go to and fro."""

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.optimizers import Optimizer


class AveragingOptimizer(Optimizer):
    """An update rule after each of whose updates the parameters θ enter their moving average, ā ← ā + (1 − d) (θ − ā).

        d = min(decay, (1 + step) / (10 + step))

    The average starts as the initial parameters, and soon forgets them: until d comes to `decay`, it is about one of
    the last ninth of all steps.
    Source: Polyak & Juditsky, SIAM Journal on Control and Optimization 30 (1992), for averages of parameters; this one,
    with its d, is `tf.train.ExponentialMovingAverage` of TensorFlow, with `num_updates`.
    """

    def __init__(self, rule: Optimizer, decay: float, average: Array | None = None) -> None:
        self.parameters, self.gradients, self.state = rule.parameters, rule.gradients, rule.state
        self.decaying = rule.decaying
        self.average = self.parameters.copy() if average is None else average
        self._rule, self._decay = rule, decay

    def part(self, of: slice) -> "AveragingOptimizer":
        """Return this rule for a part of its vectors, the average among them."""
        return AveragingOptimizer(self._rule.part(of), self._decay, self.average[of])

    def update(self, learning_rate: float, step: int) -> None:
        """Change parameters and average once."""
        self._rule.update(learning_rate, step)
        change = np.subtract(self.parameters, self.average, out=self.gradients)
        change *= 1 - min(self._decay, (1 + step) / (10 + step))
        self.average += change
