"""The loop: records at the right steps, and a stop anywhere that changes nothing."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.batches import Batches
from mnist_bp.data import Split
from mnist_bp.errors import BpError
from mnist_bp.evaluation import Evaluation, evaluate
from mnist_bp.nn.optimizers import SGD
from mnist_bp.nn.two_layer_net import TwoLayerNet
from mnist_bp.records import Record
from mnist_bp.trainer import Position, Trainer

RNG = np.random.default_rng(5)
TRAIN = Split(RNG.integers(0, 256, (50, 6), dtype=np.uint8), RNG.integers(0, 3, 50))
TEST = Split(RNG.integers(0, 256, (20, 6), dtype=np.uint8), RNG.integers(0, 3, 20))


def trainer(steps: int = 15, rate: float = 0.5, **measured: Split) -> Trainer:
    """Return a trainer with five steps an epoch."""
    net = TwoLayerNet(6, 5, 3, 1.0)
    batches = Batches(TRAIN, 10, "float64", seed=1)
    optimizer = SGD(net.parameters, net.gradients, rate)
    return Trainer(net, optimizer, net.backprop, batches, measured, steps, Position())


def never() -> bool:
    return False


def after(trainer: Trainer, steps: int) -> Callable[[], bool]:
    """Return a stop that asks for an end after so many steps."""
    return lambda: trainer.position.step == steps


def without_seconds(records: list[Record]) -> list[str]:
    return [record.line().rpartition(",")[0] for record in records]


def test_every_epoch_ends_with_a_record_and_so_does_the_last_step() -> None:
    assert [(record.epoch, record.step) for record in trainer(3).run(never)] == [(1, 3)]
    assert [(record.epoch, record.step) for record in trainer(12).run(never)] == [(1, 5), (2, 10), (3, 12)]
    assert [(record.epoch, record.step) for record in trainer(10).run(never)] == [(1, 5), (2, 10)]


def test_a_step_is_the_optimizers_on_the_batchs_gradient() -> None:
    """Five steps by hand: θ ← θ − 0.5 ∂L/∂θ on the epoch's batches."""
    trained = trainer(5)
    list(trained.run(never))
    by_hand = TwoLayerNet(6, 5, 3, 1.0)
    for x, t in Batches(TRAIN, 10, "float64", seed=1).epoch(1):
        by_hand.backprop(x, t)
        by_hand.parameters -= 0.5 * by_hand.gradients
    np.testing.assert_allclose(trained.network.parameters, by_hand.parameters, rtol=1e-13)


def test_training_metrics_are_means_over_the_epochs_batches_as_they_came() -> None:
    records = list(trainer(10).run(never))
    net, losses, rights = TwoLayerNet(6, 5, 3, 1.0), [], []
    for epoch in (1, 2):
        scores = []
        for x, t in Batches(TRAIN, 10, "float64", seed=1).epoch(epoch):
            scores.append(net.backprop(x, t))
            net.parameters -= 0.5 * net.gradients
        losses.append(sum(score.loss for score in scores) / 5)
        rights.append(sum(score.correct for score in scores) / 50)
    assert [record.train_loss for record in records] == pytest.approx(losses, rel=1e-12)
    assert [record.train_accuracy for record in records] == rights


def test_what_is_measured_in_full_is_the_network_at_the_epochs_end() -> None:
    trained = trainer(5, train=TRAIN, test=TEST)
    (record,) = trained.run(never)
    assert (record.train_loss, record.train_accuracy) == evaluate(trained.network, TRAIN)
    assert (record.test_loss, record.test_accuracy) == evaluate(trained.network, TEST)
    assert (record.validation_loss, record.validation_accuracy) == (None, None)


@pytest.mark.parametrize("steps", range(1, 13))
def test_a_run_stopped_after_any_step_and_continued_elsewhere_ends_the_same(steps: int) -> None:
    whole = trainer(12, test=TEST)
    expected = list(whole.run(never))

    first = trainer(12, test=TEST)
    records = list(first.run(after(first, steps)))
    assert first.position.step == steps
    second = trainer(12, test=TEST)
    second.network.parameters[...] = first.network.parameters
    second.position = first.position
    records += second.run(never)

    assert without_seconds(records) == without_seconds(expected)
    np.testing.assert_array_equal(second.network.parameters, whole.network.parameters)
    assert second.finished


def test_a_run_may_be_taken_further_than_it_was_meant_to_go() -> None:
    """Three epochs cut short in the third, then four: rows and parameters are those of four at once."""
    whole = trainer(20)
    expected = list(whole.run(never))
    short = trainer(12)
    records = [record for record in short.run(never) if record.step % 5 == 0]
    longer = trainer(20)
    longer.network.parameters[...] = short.network.parameters
    longer.position = short.position
    records += longer.run(never)
    assert without_seconds(records) == without_seconds(expected)
    np.testing.assert_array_equal(longer.network.parameters, whole.network.parameters)


def test_a_loss_that_is_no_number_ends_the_run_with_the_step() -> None:
    def broken(x: np.ndarray, t: np.ndarray) -> object:
        score = trained.network.backprop(x, t)
        return score._replace(loss=float("nan")) if trained.position.step == 6 else score

    trained = trainer()
    trained.gradient = broken  # type: ignore[assignment]  # mypy wants Score by name
    with pytest.raises(BpError, match="the loss is nan at step 7"):
        list(trained.run(never))
    sixth = trainer(6)
    list(sixth.run(never))
    np.testing.assert_array_equal(trained.network.parameters, sixth.network.parameters)


def test_a_loss_that_explodes_in_the_last_step_is_told_by_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_bp.trainer.evaluate", lambda network, split: Evaluation(float("inf"), 0.1))
    with pytest.raises(BpError, match="the loss is inf at step 5"):
        list(trainer(5, test=TEST).run(never))


def test_a_diverging_run_is_told_without_warnings() -> None:
    with pytest.raises(BpError, match="training diverged"):
        list(trainer(steps=500, rate=1e307, test=TEST).run(never))
