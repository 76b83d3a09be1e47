"""Evaluation of a whole split: the same however it is cut into batches, and with one thread or two."""

import numpy as np
import pytest

from mnist_bp.data.dataset import Split
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network, Score
from mnist_bp.nn.two_layer_net import TwoLayerNet
from mnist_bp.train import evaluation
from mnist_bp.train.team import Team


def test_a_split_scores_as_one_batch_of_all_its_examples(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = TwoLayerNet(6, 5, 3, 1.0)
    split = Split(rng.integers(0, 256, (23, 6), dtype=np.uint8), rng.integers(0, 3, 23))
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 5)  # 5, 5, 5, 5, 3
    loss, accuracy = evaluation.evaluate(net, split)
    assert loss == pytest.approx(net.loss(split.x / 255, split.t), rel=1e-12)
    assert accuracy == net.accuracy(split.x / 255, split.t)


@pytest.mark.parametrize("count", [1, 5, 9, 10, 1003])
def test_the_result_is_the_same_to_the_bit_with_one_processor_or_two(
    count: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = TwoLayerNet(6, 5, 3, 1.0)
    split = Split(rng.integers(0, 256, (count, 6), dtype=np.uint8), rng.integers(0, 3, count))
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 5)
    results = []
    for processors in (1, 2):
        results.append(evaluation.evaluate_with_outputs(net, split, Team(processors)))
    assert results[0][0] == results[1][0] == evaluation.evaluate(net, split)
    np.testing.assert_array_equal(results[0][1], results[1][1])


@pytest.mark.parametrize("processors", [1, 2])
def test_the_outputs_are_those_of_every_example_in_its_place(
    processors: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 5)
    net = TwoLayerNet(6, 5, 3, 1.0)
    split = Split(rng.integers(0, 256, (23, 6), dtype=np.uint8), rng.integers(0, 3, 23))
    _, outputs = evaluation.evaluate_with_outputs(net, split, Team(processors))
    np.testing.assert_allclose(outputs, net.predict(split.x / 255), rtol=1e-12)


@pytest.mark.parametrize("processors", [1, 2])
def test_each_thread_has_a_network_of_its_own(
    processors: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, scores = list[Network](), evaluation._scores

    def noted(net: Network, split: Split) -> list[tuple[Score, Array]]:
        seen.append(net)
        return scores(net, split)

    monkeypatch.setattr(evaluation, "_scores", noted)
    split = Split(rng.integers(0, 256, (400, 6), dtype=np.uint8), rng.integers(0, 3, 400))
    evaluation.evaluate(TwoLayerNet(6, 5, 3, 1.0), split, Team(processors))
    assert len({id(net) for net in seen}) == processors


@pytest.mark.parametrize("processors", [1, 2])
def test_an_overflow_makes_the_loss_infinite_or_nan_and_warns_of_nothing(processors: int) -> None:
    net = TwoLayerNet(6, 5, 3, 1.0, dtype=np.float32)
    net.parameters[...] = 1e38
    split = Split(np.full((400, 6), 255, np.uint8), np.zeros(400, np.uint8))
    assert not np.isfinite(evaluation.evaluate(net, split, Team(processors)).loss)
