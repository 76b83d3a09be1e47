"""Shards of a batch: together they are the batch, and the bytes do not depend on how many threads there are."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array, Buffers
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import he
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import HalfSquaredError, Loss, SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples, NonzeroColumns
from mnist_bp.nn.optimizers import Adam, AdamW
from mnist_bp.nn.pooling import MaxPool
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.train.shards import ShardedNetwork, SlicedOptimizer
from mnist_bp.train.team import Team

EXAMPLES, PIXELS = 11, 36
T = TypeVar("T")


def dense() -> list[Layer]:
    return [Affine(PIXELS, 7), ReLU(), Dropout(0.3), Affine(7, 5), ReLU(), Dropout(0.5), Affine(5, 3)]


def convolutional() -> list[Layer]:
    return [Reshape((1, 6, 6)), Conv2D((1, 6, 6), 2, 3), ReLU(), MaxPool(2), Flatten(), Affine(8, 3)]


NETWORKS: dict[str, tuple[Callable[[], list[Layer]], Callable[[], Loss]]] = {
    "dropout": (dense, SoftmaxCrossEntropy),
    "input dropout": (lambda: [Dropout(0.2), Affine(PIXELS, 7), ReLU(), Affine(7, 3)], SoftmaxCrossEntropy),
    "convolution": (convolutional, SoftmaxCrossEntropy),
    "squares": (convolutional, HalfSquaredError),
}


def pair(name: str, shards: int, team: Team | None = None, dtype: str = "float64") -> tuple[Network, ShardedNetwork]:
    """Return a network whole and in shards, with the same parameters and weight decay."""
    layers, loss = NETWORKS[name]
    whole = Network(layers(), loss(), dtype, weight_decay=0.1)
    whole.initialize(he, np.random.default_rng(0))
    sharded = ShardedNetwork(layers(), loss(), dtype, weight_decay=0.1, shards=shards, team=team or Team(2))
    sharded.parameters[...] = whole.parameters
    return whole, sharded


@pytest.fixture
def batch(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.random((EXAMPLES, PIXELS)), rng.integers(0, 3, EXAMPLES)


@pytest.mark.parametrize("shards", [2, 3, 4, 16])
@pytest.mark.parametrize("name", NETWORKS)
def test_score_gradient_and_kinks_are_those_of_the_whole_batch(
    name: str, shards: int, batch: tuple[np.ndarray, np.ndarray]
) -> None:
    """With the same dropout masks; 16 shards are more than there are examples. Twice, with a smaller batch between."""
    x, t = batch
    whole, sharded = pair(name, shards)
    for examples in (EXAMPLES, 5, EXAMPLES):
        with whole.training(7, examples), sharded.training(7, examples):
            expected, score = (net.backprop(x[:examples], t[:examples]) for net in (whole, sharded))
            np.testing.assert_allclose(sharded.predict(x[:examples]), whole.predict(x[:examples]), rtol=1e-12)
        assert score.loss == pytest.approx(expected.loss, rel=1e-13)
        assert score.correct == expected.correct
        np.testing.assert_allclose(sharded.gradients, whole.gradients, rtol=1e-11, atol=1e-14)
        for sides, right in zip(sharded.kink_sides(), whole.kink_sides(), strict=True):
            np.testing.assert_array_equal(sides, right)
    np.testing.assert_allclose(sharded.predict(x), whole.predict(x), rtol=1e-12)  # without dropout again


def test_examples_without_their_zero_columns_are_cut_as_well(rng: np.random.Generator) -> None:
    """Again and again: the shards multiply side by side, each with memory of its own."""
    whole, sharded = pair("dropout", 2)
    kept = np.arange(0, PIXELS, 2)
    places = np.full(PIXELS, len(kept))
    places[kept] = range(len(kept))
    for _ in range(50):
        x = NonzeroColumns(rng.random((EXAMPLES, len(kept))), kept, places)
        t = rng.integers(0, 3, EXAMPLES)
        whole.backprop(x.dense(), t)
        sharded.backprop(x, t)
        np.testing.assert_allclose(sharded.gradients, whole.gradients, rtol=1e-11, atol=1e-14)


def test_each_shard_multiplies_them_with_memory_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    _, sharded = pair("dropout", 2)
    x = NonzeroColumns(np.ones((4, PIXELS)), np.arange(PIXELS), np.arange(PIXELS))
    seen, forward = list[Buffers](), Affine.forward

    def noted(layer: Affine, x: Examples) -> Array:
        seen.extend([x._scratch] if isinstance(x, NonzeroColumns) else [])
        return forward(layer, x)

    monkeypatch.setattr(Affine, "forward", noted)
    sharded.predict(x)
    assert len({id(scratch) for scratch in [*seen, x._scratch]}) == 3


@pytest.mark.parametrize("shards", [2, 3])
def test_the_bytes_are_the_same_with_any_number_of_threads(shards: int, rng: np.random.Generator) -> None:
    x, t = rng.random((500, PIXELS), "float32"), rng.integers(0, 3, 500)
    results = []
    for threads in (1, 2, 3):
        team = Team(threads)
        _, net = pair("dropout", shards, team, "float32")
        rule = SlicedOptimizer(Adam(net.parameters, net.gradients), shards, team)
        for step in range(1, 21):
            part = slice(step, 400 + step)
            with net.training(1, step):
                net.backprop(x[part], t[part])
            rule.update(0.01, step)
        results.append(net.parameters.copy())
    assert np.isfinite(results[0]).all()
    assert results[0].tobytes() == results[1].tobytes() == results[2].tobytes()


def test_an_update_in_slices_and_blocks_is_that_of_the_whole_to_the_bit(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where weights that decay begin and end within a block; the rule's own vectors are shared."""
    monkeypatch.setattr("mnist_bp.train.shards.BLOCK", 9)
    start, gradients = rng.standard_normal((2, 101), "float32")
    decaying = [slice(3, 40), slice(47, 90)]
    whole, cut = (AdamW(start.copy(), gradients.copy(), decaying, weight_decay=0.5) for _ in range(2))
    sliced = SlicedOptimizer(cut, 4, Team(2))
    for step in (1, 2):
        for rule in (whole, sliced):
            rule.gradients[...] = gradients * step
            rule.update(0.1, step)
    assert sliced.parameters.tobytes() == whole.parameters.tobytes()
    for name, vector in sliced.state.items():
        assert vector.tobytes() == whole.state[name].tobytes()


class Strangers(Team):
    """A team whose every task has a new thread."""

    def run(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        with ThreadPoolExecutor(len(tasks)) as threads:
            return [future.result() for future in [threads.submit(task) for task in tasks]]


def test_numbers_that_overflow_on_any_thread_warn_of_nothing() -> None:
    """In the layers, in the sum of the gradients and in the update."""
    _, net = pair("convolution", 2, Strangers(2), dtype="float32")
    net.parameters[...] = 1e38
    score = net.backprop(np.ones((4, PIXELS), "float32"), np.zeros(4, np.uint8))
    assert not np.isfinite(score.loss)
    for shard in net._shards:
        shard.gradients[...] = 3e38
    net._team.run([partial(net._add, slice(0, 9))])
    assert np.isinf(net.gradients[:9]).all()
    net.gradients[...] = 3e38
    SlicedOptimizer(Adam(net.parameters, net.gradients), 2, Strangers(2)).update(1e30, 1)
