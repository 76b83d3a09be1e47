"""Update rules: each turns the flat gradient vector into a change of the flat parameter vector, in place.

The contract, kept by every optimizer here:

- `Optimizer(parameters, gradients, ...)` keeps the network's own vectors, θ and g = ∂L/∂θ below.
- `update(learning_rate, step)` changes the parameters once, with the gradients as they stand, and uses those up: they
  are its scratch memory. η is the learning rate of this step; step counts from 1.
- `state` names the optimizer's own vectors, which start at zero. They are all that it remembers: a checkpoint saves
  them and puts them back in place, and Adam's t is the number of the step.
- Everything has the dtype of the parameters, and an update allocates nothing.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.views import overlaps


class Optimizer(ABC):
    """The contract above; `state` are the names of the optimizer's own vectors."""

    decaying: Sequence[slice] = ()
    """Where in the vectors those parameters lie that decay by the rule itself."""

    def __init__(self, parameters: Array, gradients: Array, *state: str) -> None:
        self.parameters = parameters
        self.gradients = gradients
        self.state = {name: np.zeros_like(parameters) for name in state}

    def part(self, of: slice) -> "Optimizer":
        """Return this rule for a part of its vectors, all of which it shares: parts can be updated side by side."""
        part = copy(self)
        part.__dict__ |= {name: vector[of] for name, vector in vars(self).items() if isinstance(vector, np.ndarray)}
        part.state = {name: vector[of] for name, vector in self.state.items()}
        part.decaying = overlaps(self.decaying, of)
        return part

    @abstractmethod
    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""


class SGD(Optimizer):
    """Stochastic gradient descent, θ ← θ − η g.

    Source: Robbins & Monro, Annals of Mathematical Statistics 22 (1951).
    """

    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""
        self.gradients *= learning_rate
        self.parameters -= self.gradients


class Momentum(Optimizer):
    """Gradient descent with a velocity: v ← μ v − η g, then θ ← θ + v.

    Source: Polyak, USSR Computational Mathematics and Mathematical Physics 4 (1964), as written by Sutskever, Martens,
    Dahl & Hinton, ICML (2013), equations 1 and 2.
    """

    def __init__(self, parameters: Array, gradients: Array, *, momentum: float = 0.9) -> None:
        super().__init__(parameters, gradients, "velocity")
        self.momentum = momentum

    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""
        velocity = self.state["velocity"]
        velocity *= self.momentum
        self.gradients *= learning_rate
        velocity -= self.gradients
        self.parameters += velocity


class Nesterov(Momentum):
    """Momentum with the gradient taken where the velocity leads: v ← μ v − η g, then θ ← θ + μ v − η g.

    The parameters θ, at which the network computes g, are that point ahead, θ = φ + μ v. In φ the rule is that of
    Sutskever et al., equations 3 and 4: v ← μ v − η ∂L/∂θ (φ + μ v), then φ ← φ + v.
    Source: Nesterov, Soviet Mathematics Doklady 27 (1983), in the form of Bengio, Boulanger-Lewandowski & Pascanu,
    ICASSP (2013), section 3.5.
    """

    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""
        velocity = self.state["velocity"]
        velocity *= self.momentum
        self.gradients *= learning_rate
        velocity -= self.gradients
        self.parameters -= self.gradients
        self.parameters += np.multiply(velocity, self.momentum, out=self.gradients)


class AdaGrad(Optimizer):
    """Steps that shrink with all gradients so far: s ← s + g², then θ ← θ − η g / (√s + ε).

    Source: Duchi, Hazan & Singer, Journal of Machine Learning Research 12 (2011), with diagonal matrices.
    """

    def __init__(self, parameters: Array, gradients: Array, *, epsilon: float = 1e-8) -> None:
        super().__init__(parameters, gradients, "squares")
        self.epsilon = epsilon
        self._scratch = np.empty_like(parameters)

    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""
        squares = self.state["squares"]
        squares += np.multiply(self.gradients, self.gradients, out=self._scratch)
        self.gradients *= learning_rate
        self.parameters -= _divided(self.gradients, squares, self.epsilon, out=self._scratch)


class RMSprop(Optimizer):
    """Steps scaled by the recent gradients: s ← ρ s + (1 − ρ) g², then θ ← θ − η g / (√s + ε).

    Source: Tieleman & Hinton, Neural Networks for Machine Learning (2012), lecture 6e; the ε is later practice.
    """

    def __init__(self, parameters: Array, gradients: Array, *, rho: float = 0.9, epsilon: float = 1e-8) -> None:
        super().__init__(parameters, gradients, "squares")
        self.rho = rho
        self.epsilon = epsilon
        self._scratch = np.empty_like(parameters)

    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""
        squares = self.state["squares"]
        squares *= self.rho
        scratch = np.multiply(self.gradients, self.gradients, out=self._scratch)
        scratch *= 1 - self.rho
        squares += scratch
        self.gradients *= learning_rate
        self.parameters -= _divided(self.gradients, squares, self.epsilon, out=scratch)


class Adam(Optimizer):
    """Running means of g and g², corrected for their start at zero.

        m ← β₁ m + (1 − β₁) g      s ← β₂ s + (1 − β₂) g²
        θ ← θ − η m̂ / (√ŝ + ε)     with m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ), t = step

    Both corrections are scalars, and are applied to η and ε instead of the vectors.
    Source: Kingma & Ba, ICLR (2015), algorithm 1 and the remark on its efficiency in section 2.
    """

    def __init__(
        self, parameters: Array, gradients: Array, *, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(parameters, gradients, "mean", "squares")
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""
        mean, squares, g = self.state["mean"], self.state["squares"], self.gradients
        mean -= g  # β₁ (m − g) + g needs no memory of its own
        mean *= self.beta1
        mean += g
        g *= g
        g *= 1 - self.beta2
        squares *= self.beta2
        squares += g
        root = math.sqrt(1 - self.beta2**step)
        descent = _divided(mean, squares, self.epsilon * root, out=g)
        descent *= learning_rate * root / (1 - self.beta1**step)
        self.parameters -= descent


class AdamW(Adam):
    """Adam with decoupled weight decay: W ← (1 − η λ) W, then Adam's update.

    `decaying` says where in the vector of parameters those lie that decay: weights, not biases.
    Source: Loshchilov & Hutter, ICLR (2019), algorithm 2, with λ multiplied by the learning rate, as most libraries do.
    """

    def __init__(
        self,
        parameters: Array,
        gradients: Array,
        decaying: Sequence[slice],
        *,
        weight_decay: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, gradients, beta1=beta1, beta2=beta2, epsilon=epsilon)
        self.decaying = decaying
        self.weight_decay = weight_decay

    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""
        for weights in self.decaying:
            self.parameters[weights] *= 1 - learning_rate * self.weight_decay
        super().update(learning_rate, step)


def _divided(direction: Array, squares: Array, epsilon: float, out: Array) -> Array:
    """Write direction / (√squares + ε) into `out` and return it."""
    np.sqrt(squares, out=out)
    out += epsilon
    return np.divide(direction, out, out=out)


def clip_norm(gradients: Array, limit: float) -> None:
    """Shorten the gradient vector to the norm `limit` if it is longer: g ← g · min(1, limit / ‖g‖), in place.

    The squares are summed in float64, as those of float32 gradients beyond 1e19 are too large for float32. A norm that
    is not finite even so belongs to a run that has diverged; such gradients are left as they are, to be found.
    Source: Pascanu, Mikolov & Bengio, ICML (2013), algorithm 1.
    """
    norm = math.sqrt(np.einsum("i,i->", gradients, gradients, dtype=np.float64))
    if limit < norm < math.inf:
        np.multiply(gradients, limit / norm, out=gradients, dtype=np.float64, casting="same_kind")
