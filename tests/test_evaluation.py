"""Loss and accuracy of a whole split depend neither on how it is cut into batches nor on who works on them."""

import numpy as np
import pytest

from mnist_bp import evaluation
from mnist_bp.data import Split
from mnist_bp.nn.two_layer_net import TwoLayerNet


def test_a_split_scores_as_one_batch_of_all_its_examples(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = TwoLayerNet(6, 5, 3, 1.0)
    split = Split(rng.integers(0, 256, (23, 6), dtype=np.uint8), rng.integers(0, 3, 23))
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 5)  # 5, 5, 5, 5, 3
    loss, accuracy = evaluation.evaluate(net, split)
    assert loss == pytest.approx(net.loss(split.x / 255, split.t), rel=1e-12)
    assert accuracy == net.accuracy(split.x / 255, split.t)


@pytest.mark.parametrize("count", [1, 5, 9, 10, 23])
def test_a_second_processor_changes_no_bit(
    count: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = TwoLayerNet(6, 5, 3, 1.0, dtype=np.float32)
    split = Split(rng.integers(0, 256, (count, 6), dtype=np.uint8), rng.integers(0, 3, count))
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 5)
    results = []
    for processors in (1, 2):
        monkeypatch.setattr(evaluation, "processors", lambda processors=processors: processors)
        results.append(evaluation.evaluate(net, split))
    assert results[0] == results[1]
