"""The training loop: records at the right steps, a stop anywhere that changes nothing, and finite numbers alone."""

import tracemalloc
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import pytest

from mnist_bp.data.dataset import Split
from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import xavier
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.optimizers import SGD, Adam
from mnist_bp.nn.schedules import constant, cosine
from mnist_bp.nn.two_layer_net import TwoLayerNet
from mnist_bp.streams import DROPOUT
from mnist_bp.train.averaging import AveragingOptimizer
from mnist_bp.train.batches import Batches
from mnist_bp.train.evaluation import Evaluation, evaluate
from mnist_bp.train.records import Record
from mnist_bp.train.trainer import DivergenceError, EpochEnd, Pause, Trainer

RNG = np.random.default_rng(5)
TRAIN = Split(RNG.integers(1, 256, (50, 6), dtype=np.uint8), RNG.integers(0, 3, 50))
TEST = Split(RNG.integers(0, 256, (20, 6), dtype=np.uint8), RNG.integers(0, 3, 20))


def trainer(steps: int = 15, rate: float = 0.5, **changes: Any) -> Trainer:
    """Return a trainer with five steps an epoch."""
    net = changes.pop("network", None) or TwoLayerNet(6, 5, 3, 1.0)
    given: dict[str, Any] = {
        "network": net,
        "optimizer": SGD(net.parameters, net.gradients),
        "schedule": constant(rate),
        "gradient": net.backprop,
        "batches": Batches(TRAIN, 10, "float64", seed=1),
        "measured": {},
        "steps": steps,
        "seed": 0,
    }
    return Trainer(**(given | changes))


def with_dropout() -> Network:
    net = Network([Affine(6, 5), Sigmoid(), Dropout(0.4), Affine(5, 3)], SoftmaxCrossEntropy(), "float64")
    net.initialize(xavier, np.random.default_rng(0))
    return net


def never() -> bool:
    return False


def records(trainer: Trainer) -> list[Record]:
    """Train to the end; return the records."""
    return [end.record for end in trainer.run(never) if isinstance(end, EpochEnd)]


def left_at(step: int, trainer: Trainer) -> list[Record]:
    """Train up to a step and leave the run there; return the records so far."""
    found = []
    for event in trainer.run(lambda: trainer.position.step == step):
        found += [event.record] if isinstance(event, EpochEnd) else []
        if trainer.position.step == step:
            break
    return found


def without_seconds(records: list[Record]) -> list[str]:
    return [record.line().rpartition(",")[0] for record in records]


def test_every_epoch_ends_with_a_record_and_so_does_the_last_step() -> None:
    assert [(record.epoch, record.step) for record in records(trainer(3))] == [(1, 3)]
    assert [(record.epoch, record.step) for record in records(trainer(12))] == [(1, 5), (2, 10), (3, 12)]
    assert [(record.epoch, record.step) for record in records(trainer(10))] == [(1, 5), (2, 10)]


def test_a_step_is_the_optimizers_on_the_batchs_gradient() -> None:
    """Five steps by hand: θ ← θ − 0.5 ∂L/∂θ on the epoch's batches."""
    trained = trainer(5)
    list(trained.run(never))
    by_hand = TwoLayerNet(6, 5, 3, 1.0)
    for x, t in Batches(TRAIN, 10, "float64", seed=1).epoch(1):
        by_hand.backprop(x, t)
        by_hand.parameters -= 0.5 * by_hand.gradients
    np.testing.assert_allclose(trained.network.parameters, by_hand.parameters, rtol=1e-13)


def test_training_metrics_are_means_over_the_batches_each_before_its_update() -> None:
    measured = records(trainer(10))
    net, losses, rights = TwoLayerNet(6, 5, 3, 1.0), [], []
    for epoch in (1, 2):
        scores = []
        for x, t in Batches(TRAIN, 10, "float64", seed=1).epoch(epoch):
            scores.append(net.backprop(x, t))
            net.parameters -= 0.5 * net.gradients
        losses.append(sum(score.loss for score in scores) / 5)
        rights.append(sum(score.correct for score in scores) / 50)
    assert [record.train_loss for record in measured] == pytest.approx(losses, rel=1e-12)
    assert [record.train_accuracy for record in measured] == rights


@pytest.mark.parametrize("every", [1, 3])
def test_every_so_many_steps_the_loss_before_the_update_is_logged_without_the_penalty(every: int) -> None:
    """Worked out by hand, through the end of an epoch."""
    nets = [TwoLayerNet(6, 5, 3, 1.0) for _ in range(2)]
    for net in nets:
        net.weight_decay = 0.1
    trained = trainer(8, network=nets[0], log_every=every)
    list(trained.run(never))
    net, losses = nets[1], {}
    batches = Batches(TRAIN, 10, "float64", seed=1)
    for step, (x, t) in enumerate(chain(batches.epoch(1), batches.epoch(2)), 1):
        losses[step] = net.loss(x, t)
        net.backprop(x, t)
        net.parameters -= 0.5 * net.gradients
    assert [row.step for row in trained.logged] == [step for step in range(1, 9) if step % every == 0]
    assert [row.loss for row in trained.logged] == pytest.approx(
        [losses[row.step] for row in trained.logged], rel=1e-12
    )


def test_no_loss_is_logged_unless_it_is_asked_for() -> None:
    trained = trainer(8)
    list(trained.run(never))
    assert trained.logged == []


def test_splits_are_measured_with_the_network_at_the_end_of_the_epoch() -> None:
    trained = trainer(5, measured={"train": TRAIN, "test": TEST})
    (record,) = records(trained)
    assert (record.train_loss, record.train_accuracy) == evaluate(trained.network, TRAIN)
    assert (record.test_loss, record.test_accuracy) == evaluate(trained.network, TEST)
    assert (record.validation_loss, record.validation_accuracy) == (None, None)


def test_the_average_is_what_is_measured_and_training_goes_on_from_the_parameters_themselves() -> None:
    net, plain = TwoLayerNet(6, 5, 3, 1.0), trainer(10)
    optimizer = AveragingOptimizer(SGD(net.parameters, net.gradients), 0.9)
    averaged = trainer(10, network=net, optimizer=optimizer, average=optimizer.average, measured={"test": TEST})
    *_, record = records(averaged)
    records(plain)
    assert net.parameters.tobytes() == plain.network.parameters.tobytes()
    net.parameters[...] = optimizer.average
    assert (record.test_loss, record.test_accuracy) == evaluate(net, TEST) != evaluate(plain.network, TEST)


def judged(monkeypatch: pytest.MonkeyPatch, *accuracies: float) -> list[bytes]:
    """Let the epochs have these accuracies on the validation examples; return the parameters that they are given."""
    measured: list[bytes] = []

    def evaluated(network: Network, split: Split, team: object) -> Evaluation:
        measured.append(network.parameters.tobytes())
        return Evaluation(0.5, accuracies[len(measured) - 1])

    monkeypatch.setattr("mnist_bp.train.trainer.evaluate", evaluated)
    return measured


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_the_parameters_of_the_best_epoch_are_kept_as_they_were_measured(
    decay: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third and the fourth are as good; the fifth is a part of an epoch, and better."""
    measured = judged(monkeypatch, 0.5, 0.4, 0.8, 0.8, 0.9)
    net = TwoLayerNet(6, 5, 3, 1.0)
    rule = AveragingOptimizer(SGD(net.parameters, net.gradients), decay)
    trained = trainer(22, network=net, optimizer=rule, average=rule.average, kept=np.zeros_like(net.parameters),
                      measured={"validation": TEST})  # fmt: skip
    assert trained.used_parameters is rule.average
    used = [trained.used_parameters.tobytes() for _ in trained.run(never)]
    assert used == [measured[number] for number in (0, 0, 2, 2, 2)]
    assert trained.best is not None
    assert trained.best.epoch == 3


def test_a_run_ends_when_no_epoch_was_better_for_as_many_as_it_has_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, 0.5, 0.4, 0.6, 0.6, 0.5, 0.9)
    patient = trainer(100, patience=2, measured={"validation": TEST})
    assert [record.epoch for record in records(patient)] == [1, 2, 3, 4, 5]
    assert patient.finished


def test_an_average_that_is_not_finite_is_found_too() -> None:
    net = TwoLayerNet(6, 5, 3, 1.0)
    optimizer = AveragingOptimizer(SGD(net.parameters, net.gradients), 0.9)
    optimizer.average[4] = np.inf
    with pytest.raises(DivergenceError, match="the average of the parameters is not finite"):
        records(trainer(10, network=net, optimizer=optimizer, average=optimizer.average))


@pytest.mark.parametrize("steps", range(1, 13))
def test_a_run_left_after_any_step_and_continued_by_another_trainer_ends_the_same(steps: int) -> None:
    whole = trainer(12, measured={"test": TEST})
    expected = records(whole)

    first = trainer(12, measured={"test": TEST})
    found = left_at(steps, first)
    assert first.position.step == steps
    second = trainer(12, measured={"test": TEST})
    second.network.parameters[...] = first.network.parameters
    second.position = first.position
    found += records(second)

    assert without_seconds(found) == without_seconds(expected)
    np.testing.assert_array_equal(second.network.parameters, whole.network.parameters)
    assert second.finished


def test_a_pause_is_yielded_when_asked_for_and_changes_nothing() -> None:
    whole, paused = trainer(12), trainer(12)
    expected = records(whole)
    events = [(paused.position.step, event) for event in paused.run(lambda: paused.position.step % 5 in {0, 2})]
    assert [step for step, event in events if event == Pause()] == [2, 7]
    ends = [event.record for _, event in events if isinstance(event, EpochEnd)]
    assert without_seconds(ends) == without_seconds(expected)
    np.testing.assert_array_equal(paused.network.parameters, whole.network.parameters)


def test_a_run_that_is_prolonged_ends_as_if_it_had_been_longer_from_the_start() -> None:
    """Three epochs cut short in the third, then four: rows and parameters are those of four at once."""
    whole = trainer(20)
    expected = records(whole)
    short = trainer(12)
    found = [record for record in records(short) if record.step % 5 == 0]
    longer = trainer(20)
    longer.network.parameters[...] = short.network.parameters
    longer.position = short.position
    found += records(longer)
    assert without_seconds(found) == without_seconds(expected)
    np.testing.assert_array_equal(longer.network.parameters, whole.network.parameters)


def test_the_schedule_sets_the_rate_and_a_record_has_that_of_its_last_step() -> None:
    """Three steps by hand at rates 1, ½ and ⅓."""
    trained = trainer(3, schedule=lambda done: 1 / (done + 1))
    (record,) = records(trained)
    by_hand = TwoLayerNet(6, 5, 3, 1.0)
    for step, (x, t) in zip((1, 2, 3), Batches(TRAIN, 10, "float64", seed=1).epoch(1), strict=False):
        by_hand.backprop(x, t)
        by_hand.parameters -= by_hand.gradients / step
    np.testing.assert_allclose(trained.network.parameters, by_hand.parameters, rtol=1e-13)
    assert record.learning_rate == 1 / 3


def test_a_clipped_step_is_as_long_as_the_limit_allows() -> None:
    trained = trainer(1, rate=0.5, clip_norm=0.01)
    list(trained.run(never))
    moved = trained.network.parameters - TwoLayerNet(6, 5, 3, 1.0).parameters
    assert np.linalg.norm(moved) == pytest.approx(0.5 * 0.01, rel=1e-12)


def test_the_masks_of_a_step_follow_from_the_seed_and_the_step() -> None:
    """Two steps by hand, each with the masks of stream DROPOUT and its number; the test set is measured without."""
    trained = trainer(2, network=with_dropout(), seed=7, measured={"test": TEST})
    (record,) = records(trained)
    by_hand = with_dropout()
    for step, (x, t) in zip((1, 2), Batches(TRAIN, 10, "float64", seed=1).epoch(1), strict=False):
        with by_hand.training(7, *DROPOUT, step):
            by_hand.backprop(x, t)
        by_hand.parameters -= 0.5 * by_hand.gradients
    np.testing.assert_allclose(trained.network.parameters, by_hand.parameters, rtol=1e-13)
    assert (record.test_loss, record.test_accuracy) == evaluate(trained.network, TEST)


def test_a_run_with_dropout_adam_and_a_schedule_left_in_mid_epoch_ends_the_same() -> None:
    def everything() -> Trainer:
        net = with_dropout()
        return trainer(
            12, network=net, optimizer=Adam(net.parameters, net.gradients), schedule=cosine(0.1, 12), clip_norm=0.5
        )

    whole = everything()
    expected = records(whole)
    first, second = everything(), everything()
    found = left_at(7, first)
    second.network.parameters[...] = first.network.parameters
    second.position = first.position
    for name, vector in first.optimizer.state.items():
        second.optimizer.state[name][...] = vector
    found += records(second)
    assert without_seconds(found) == without_seconds(expected)
    np.testing.assert_array_equal(second.network.parameters, whole.network.parameters)


def test_the_optimizer_is_told_the_step_of_the_run_not_of_the_epoch() -> None:
    """Adam's corrections of its means depend on it; two epochs and a half beside a loop written out."""
    trained, net = trainer(12), TwoLayerNet(6, 5, 3, 1.0)
    trained.optimizer = Adam(trained.network.parameters, trained.network.gradients)
    list(trained.run(never))
    adam, batches, step = Adam(net.parameters, net.gradients), Batches(TRAIN, 10, "float64", seed=1), 0
    for epoch in (1, 2, 3):
        for x, t in batches.epoch(epoch):
            if (step := step + 1) <= 12:
                net.backprop(x, t)
                adam.update(0.5, step)
    np.testing.assert_array_equal(trained.network.parameters, net.parameters)


def test_the_shadow_check_is_made_every_so_many_steps_before_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "mnist_bp.train.shadow.check", lambda net, x, t, step: seen.append((step, x.copy(), net.parameters.copy()))
    )
    list(trainer(13, shadow_check=6).run(never))
    assert [step for step, _, _ in seen] == [6, 12]
    before = trainer(5)
    list(before.run(never))
    _, x, parameters = seen[0]
    np.testing.assert_array_equal(parameters, before.network.parameters)
    np.testing.assert_array_equal(x, next(Batches(TRAIN, 10, "float64", seed=1).epoch(2))[0])


def test_a_shadow_check_changes_nothing() -> None:
    checked, unchecked = trainer(6, shadow_check=2), trainer(6)
    assert without_seconds(records(checked)) == without_seconds(records(unchecked))
    np.testing.assert_array_equal(checked.network.parameters, unchecked.network.parameters)


def test_a_loss_of_nan_ends_the_run_before_the_update_and_names_the_step() -> None:
    def broken(x: np.ndarray, t: np.ndarray) -> object:
        score = trained.network.backprop(x, t)
        return score._replace(loss=float("nan")) if trained.position.step == 6 else score

    trained = trainer()
    trained.gradient = broken  # type: ignore[assignment]  # mypy wants Score by name
    with pytest.raises(DivergenceError, match="at step 7: the loss is not finite"):
        list(trained.run(never))
    sixth = trainer(6)
    list(sixth.run(never))
    np.testing.assert_array_equal(trained.network.parameters, sixth.network.parameters)


def test_a_run_that_diverges_ends_with_an_error_that_names_step_and_layer() -> None:
    where = r"parameter W1 of layer 1 \(Affine\)"
    with pytest.raises(DivergenceError, match=f"training diverged at step 2: {where} is not finite"):
        list(trainer(steps=500, rate=float("inf")).run(never))


def poisoned_at(step: int, poison: Callable[[Trainer], None], trained: Trainer) -> Trainer:
    """Let `poison` change the trainer's numbers within a step."""

    def gradient(x: np.ndarray, t: np.ndarray) -> object:
        if trained.position.step + 1 == step:
            poison(trained)
        return trained.network.backprop(x, t)

    trained.gradient = gradient  # type: ignore[assignment]  # as above
    return trained


def infinite_weight(trained: Trainer) -> None:
    """Let a sigmoid saturate: its output, and so the loss, stays finite, as no pixel of TRAIN is 0."""
    trained.network.named_parameters["W1"][:, 0] = np.inf


@pytest.mark.parametrize("step", [5, 7])
def test_an_infinite_weight_is_found_before_anything_is_yielded_even_if_the_loss_is_finite(step: int) -> None:
    """At the end of the epoch, for a record; at a stop in mid-epoch, for a checkpoint."""
    trained = poisoned_at(step, infinite_weight, trainer())
    with pytest.raises(DivergenceError, match=rf"at step {step}: parameter W1 of layer 1 \(Affine\) is not finite"):
        left_at(7, trained)


def test_an_optimizer_that_is_not_finite_is_found_too() -> None:
    """In float32 the square of a gradient of 1e20 is infinite, and the parameter then stands still."""
    net = TwoLayerNet(6, 5, 3, 1.0, dtype="float32")

    def steep(x: np.ndarray, t: np.ndarray) -> object:
        score = net.backprop(x, t)
        net.gradients[0] = 1e20
        return score

    trained = trainer(network=net, optimizer=Adam(net.parameters, net.gradients), gradient=steep)
    with pytest.raises(DivergenceError, match="at step 5: the optimizer's squares is not finite"):
        list(trained.run(never))


def test_a_measured_loss_that_is_not_finite_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_bp.train.trainer.evaluate", lambda network, split, team: Evaluation(float("inf"), 0.1))
    with pytest.raises(DivergenceError, match="at step 5: the test loss is not finite"):
        list(trainer(5, measured={"test": TEST}).run(never))


def test_a_sum_of_losses_that_overflows_ends_the_run() -> None:
    def huge(x: np.ndarray, t: np.ndarray) -> object:
        return trained.network.backprop(x, t)._replace(loss=1e307)

    trained = trainer()
    trained.gradient = huge  # type: ignore[assignment]  # as above
    with pytest.raises(DivergenceError, match="at step 2: the loss is not finite"):
        list(trained.run(never))


@pytest.mark.parametrize("size", [1, 100, 3000])
@pytest.mark.parametrize("nonzero", [True, False])
def test_a_step_within_an_epoch_allocates_next_to_nothing_whatever_the_batch(
    size: int, nonzero: bool, rng: np.random.Generator
) -> None:
    """Objects, shapes and a chunk's column numbers; a batch of 3,000 alone has 9.4 MB, its activations 0.6 MB."""
    count = max(8 * size, 4000)
    pixels = rng.integers(1, 256, (count, 784), np.uint8) * (rng.random(784) < 0.7)
    images = Split(pixels, rng.integers(0, 10, count, np.uint8))
    net = Network([Affine(784, 50), ReLU(), Dropout(0.1), Affine(50, 10)], SoftmaxCrossEntropy())
    net.initialize(xavier, rng)
    batches = Batches(images, size, "float32", nonzero=nonzero)
    optimizer = Adam(net.parameters, net.gradients)
    trained = trainer(min(500, count // size), network=net, batches=batches, gradient=net.backprop, optimizer=optimizer)
    growth, before = [], 0

    def measure() -> bool:
        nonlocal before
        now, peak = tracemalloc.get_traced_memory()
        growth.append(peak - before)
        tracemalloc.reset_peak()
        before = now
        return False

    tracemalloc.start()
    try:
        list(trained.run(measure))
    finally:
        tracemalloc.stop()
    assert max(growth[len(growth) // 2 :]) < 64 * 1024  # the first half makes all buffers
