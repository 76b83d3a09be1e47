"""Steps on several threads: each batch is cut into shards, always the same ones, however many threads there are."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.buffers import Array, Buffers
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import Loss
from mnist_bp.nn.network import Network, Score
from mnist_bp.nn.nonzero import Examples, NonzeroColumns
from mnist_bp.nn.optimizers import Optimizer
from mnist_bp.train.team import Team, cut

BLOCK = 32_768  # parameters to update at a time: with gradients, velocity and average they fill half of a second cache

T = TypeVar("T")


class ShardedNetwork(Network):
    """A network that goes forward and backward with the shards of a batch side by side, and adds their gradients.

    Of n examples in N shards, shard i has those from ⌊i n / N⌋ on. With n_i examples, the loss L_i and the gradient g_i
    of its mean loss, what is computed of the batch is

        L = Σ_i n_i / n · L_i      g = Σ_i n_i / n · g_i

    summed in this order. So the last bits depend on N, and not on the number of threads. Each shard has buffers and
    gradients of its own, over the same parameters; to add the gradients, each thread has a slice of the vector.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: Loss,
        dtype: npt.DTypeLike = np.float32,
        *,
        weight_decay: float = 0.0,
        shards: int,
        team: Team,
    ) -> None:
        super().__init__(layers, loss, dtype, weight_decay=weight_decay)
        vectors = self.parameters, self.gradients
        first = Network(self.layers, loss, dtype, weight_decay=weight_decay, vectors=vectors)
        self._shards = [first, *self.twins(shards - 1)]
        self._scratch = [Buffers() for _ in self._shards]
        self._used = shards  # of the shards, in the last pass
        self._team = team

    def predict(self, x: Examples) -> Array:
        """Return the outputs (N, K) as `Network.predict` does, in a new array."""
        return np.concatenate(self._each(x, lambda shard, part, x: shard.predict(x)))

    def backprop(self, x: Examples, t: Array) -> Score:
        """Overwrite `gradients` as `Network.backprop` does."""

        def of_shard(shard: Network, part: slice, x: Examples) -> Score:
            share = len(x) / len(t)
            score = shard.backprop_loss(x, t[part], share)
            return Score(share * score.loss, score.correct)

        scores = self._each(x, of_shard)
        self._team.run([partial(self._add, part) for part in cut(len(self.gradients), len(self._shards))])
        return Score(sum(score.loss for score in scores), sum(score.correct for score in scores))

    def kink_sides(self) -> list[Array]:
        """Return what `Network.kink_sides` does, of the whole last batch."""
        return [
            np.concatenate(sides) for sides in zip(*(s.kink_sides() for s in self._shards[: self._used]), strict=True)
        ]

    def _each(self, x: Examples, work: Callable[[Network, slice, Any], T]) -> list[T]:
        """Return what `work` returns for each shard's network, part of the batch and examples."""
        parts = cut(len(x), len(self._shards))
        self._used = len(parts)
        return self._team.run([partial(self._one, number, part, x, work) for number, part in enumerate(parts)])

    def _one(self, number: int, part: slice, x: Examples, work: Callable[[Network, slice, Any], T]) -> T:
        shard = self._shards[number]
        own = x.part(part, self._scratch[number]) if isinstance(x, NonzeroColumns) else x[part]
        with shard.training_with(self, part.start), quiet():
            return work(shard, part, own)

    def _add(self, part: slice) -> None:
        """Add the gradients of the other shards, and of the penalty, to those of the first, in a part of the vector."""
        with quiet():
            for shard in self._shards[1 : self._used]:
                self.gradients[part] += shard.gradients[part]
            self.add_penalty_gradient(part)


class SlicedOptimizer(Optimizer):
    """An update rule that a team applies to so many slices of the vectors side by side, and to a slice block by block.

    A block's vectors stay in a processor's cache from one operation of the rule to the next. The result is the same to
    the last bit.
    """

    def __init__(self, rule: Optimizer, slices: int, team: Team) -> None:
        self.parameters, self.gradients, self.state = rule.parameters, rule.gradients, rule.state
        parts = [rule.part(part) for part in cut(len(rule.parameters), slices)]
        self._blocks = [[part.part(block) for block in _blocks(len(part.parameters))] for part in parts]
        self._team = team

    def update(self, learning_rate: float, step: int) -> None:
        """Change the parameters once."""

        def update(blocks: list[Optimizer]) -> None:
            with quiet():
                for block in blocks:
                    block.update(learning_rate, step)

        self._team.run([partial(update, blocks) for blocks in self._blocks])


def _blocks(length: int) -> list[slice]:
    return cut(length, -(-length // BLOCK))


def quiet() -> np.errstate:
    """Return a context without NumPy's warnings of overflows, which are a thread's own to switch off."""
    return np.errstate(over="ignore", invalid="ignore")
