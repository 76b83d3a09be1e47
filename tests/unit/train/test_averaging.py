"""The moving average of the parameters: TensorFlow's, beside an update that it does not change."""

import numpy as np
import pytest

from mnist_bp.nn.optimizers import SGD, AdamW
from mnist_bp.train import shards
from mnist_bp.train.averaging import AveragingOptimizer
from mnist_bp.train.shards import SlicedOptimizer
from mnist_bp.train.team import Team


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "BLOCK", 10)


@pytest.mark.parametrize("decay", [0.3, 0.999])
def test_the_average_is_that_of_tensorflow(decay: float, rng: np.random.Generator) -> None:
    """Its documentation: shadow = decay · shadow + (1 − decay) · variable; decay ≤ (1 + updates) / (10 + updates)."""
    start, steps = rng.standard_normal(23), rng.standard_normal((40, 23))
    rule = AveragingOptimizer(SGD(start.copy(), np.zeros(23)), decay)
    variable = shadow = start
    for step, change in enumerate(steps, 1):
        rule.gradients[...] = change
        rule.update(0.1, step)
        variable = variable - 0.1 * change
        d = min(decay, (1 + step) / (10 + step))
        shadow = d * shadow + (1 - d) * variable
        np.testing.assert_allclose(rule.average, shadow, rtol=1e-12, atol=1e-14)


def test_the_update_is_the_rules_own_and_slices_change_no_byte(rng: np.random.Generator) -> None:
    """Where weights that decay begin and end within a block; whatever the number of slices and of threads."""
    start, gradients = rng.standard_normal((2, 101), "float32")

    def rule() -> AdamW:
        return AdamW(start.copy(), gradients.copy(), [slice(3, 40), slice(47, 90)], weight_decay=0.5)

    alone, whole, cut = rule(), AveragingOptimizer(rule(), 0.99), AveragingOptimizer(rule(), 0.99)
    for step in (1, 2, 3):
        for each in (alone, whole, SlicedOptimizer(cut, 4, Team(2))):
            each.gradients[...] = gradients * step
            each.update(0.1, step)
    for averaging_too in (whole, cut):
        assert averaging_too.parameters.tobytes() == alone.parameters.tobytes()
        assert averaging_too.state["squares"].tobytes() == alone.state["squares"].tobytes()
    assert cut.average.tobytes() == whole.average.tobytes() != alone.parameters.tobytes()
