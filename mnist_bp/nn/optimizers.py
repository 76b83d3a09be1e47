"""Update rules: each turns the flat gradient vector into a change of the flat parameter vector, in place."""

import numpy as np

from mnist_bp.nn.buffers import Array


class SGD:
    """Stochastic gradient descent, θ ← θ − η ∂L/∂θ.

    Source: Robbins & Monro, Annals of Mathematical Statistics 22 (1951).
    """

    def __init__(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self._parameters = parameters
        self._gradients = gradients
        self._change = np.empty_like(parameters)

    def step(self) -> None:
        """Update the parameters once, with the gradients as they stand."""
        np.multiply(self._gradients, self.learning_rate, out=self._change)
        self._parameters -= self._change
