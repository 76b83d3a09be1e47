"""Checkpoints: what is saved comes back to the bit, and what does not fit is refused."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_bp import checkpoint
from mnist_bp.errors import BpError
from mnist_bp.nn.optimizers import SGD, Adam, Momentum, Optimizer
from mnist_bp.nn.two_layer_net import TwoLayerNet
from mnist_bp.trainer import Position, Trainer

PATH = Path("checkpoint.npz")
POSITION = Position(step=17, examples=34, loss_sum=0.1 + 0.2, correct=5)


def fresh(optimizer: type[Optimizer] = Adam, sizes: tuple[int, int, int] = (6, 5, 3)) -> Trainer:
    """Return a trainer at its start; nothing of it is used but for what a checkpoint holds."""
    net, unused = TwoLayerNet(*sizes, seed=1), None
    rest: dict[str, Any] = dict.fromkeys(("schedule", "gradient", "batches", "measured", "steps", "seed"), unused)
    return Trainer(net, optimizer(net.parameters, net.gradients), **rest)


def advanced() -> Trainer:
    """Return a trainer somewhere on its way, every array another than at the start."""
    trainer = fresh()
    rng = np.random.default_rng(3)
    for vector in (trainer.network.parameters, *trainer.optimizer.state.values()):
        vector[...] = rng.random(vector.shape)
    trainer.position = replace(POSITION)
    return trainer


def numbers(trainer: Trainer) -> list[Any]:
    """Return all that training changes."""
    vectors = [trainer.network.parameters, *trainer.optimizer.state.values()]
    return [asdict(trainer.position), *(vector.tolist() for vector in vectors)]


def test_a_trainer_comes_back_to_the_bit_and_in_place() -> None:
    saved, loaded = advanced(), fresh()
    vectors = (loaded.network.parameters, loaded.optimizer.parameters, *loaded.optimizer.state.values())
    checkpoint.save(PATH, saved)
    checkpoint.load(PATH, loaded)
    assert numbers(loaded) == numbers(saved) != numbers(fresh())
    assert loaded.position == POSITION
    assert type(loaded.position.step) is int
    assert loaded.network.parameters is loaded.optimizer.parameters is vectors[0]
    assert all(new is old for new, old in zip(loaded.optimizer.state.values(), vectors[2:], strict=True))


def test_a_network_comes_back_from_whatever_optimizer_trained_it() -> None:
    checkpoint.save(PATH, advanced())
    net = TwoLayerNet(6, 5, 3)
    checkpoint.load_parameters(PATH, net)
    np.testing.assert_array_equal(net.parameters, advanced().network.parameters)


def test_arrays_lie_under_their_own_names_without_pickles() -> None:
    trainer = advanced()
    checkpoint.save(PATH, trainer)
    with np.load(PATH, allow_pickle=False) as archive:
        assert set(archive) == {
            "W1", "b1", "W2", "b2", "optimizer.mean", "optimizer.squares",
            "position.step", "position.examples", "position.loss_sum", "position.correct",
        }  # fmt: skip
        np.testing.assert_array_equal(archive["W1"], trainer.network.named_parameters["W1"])
        np.testing.assert_array_equal(archive["optimizer.mean"], trainer.optimizer.state["mean"])


def test_equal_states_are_equal_bytes() -> None:
    checkpoint.save(PATH, advanced())
    first = PATH.read_bytes()
    checkpoint.save(PATH, advanced())
    assert PATH.read_bytes() == first


def test_a_missing_checkpoint_says_how_to_get_one() -> None:
    with pytest.raises(BpError, match="there is no checkpoint") as caught:
        checkpoint.load(PATH, fresh())
    assert "--resume" in str(caught.value.hint)


def test_a_checkpoint_of_another_network_is_refused() -> None:
    checkpoint.save(PATH, advanced())
    message = r"expected W1 of shape \(6, 4\) and type float64; got \(6, 5\)"
    with pytest.raises(BpError, match=message):
        checkpoint.load(PATH, fresh(sizes=(6, 4, 3)))
    with pytest.raises(BpError, match=message):
        checkpoint.load_parameters(PATH, TwoLayerNet(6, 4, 3))


@pytest.mark.parametrize("optimizer", [SGD, Momentum])
def test_a_checkpoint_of_another_optimizer_does_not_continue_a_run(optimizer: type[Optimizer]) -> None:
    checkpoint.save(PATH, advanced())
    with pytest.raises(BpError, match=r"expected the arrays .*; got .* optimizer\.mean, optimizer\.squares"):
        checkpoint.load(PATH, fresh(optimizer))


@pytest.mark.parametrize("kept", [0, 10, 500, -1])
def test_a_truncated_checkpoint_is_refused(kept: int) -> None:
    checkpoint.save(PATH, advanced())
    PATH.write_bytes(PATH.read_bytes()[:kept])
    with pytest.raises(BpError, match=r"checkpoint\.npz: not a checkpoint that fits"):
        checkpoint.load(PATH, fresh())


@pytest.mark.parametrize("name", ["W1", "optimizer.squares"])
def test_a_flipped_bit_is_noticed(name: str) -> None:
    checkpoint.save(PATH, advanced())
    raw = bytearray(PATH.read_bytes())
    with np.load(PATH) as archive:
        raw[raw.index(archive[name].tobytes()) + 3] ^= 1
    PATH.write_bytes(raw)
    with pytest.raises(BpError, match="not a checkpoint"):
        checkpoint.load(PATH, fresh())


def rewritten(**changes: np.ndarray | None) -> None:
    """Save a checkpoint with some of its arrays changed, or left out (None)."""
    checkpoint.save(PATH, advanced())
    with np.load(PATH) as archive:
        arrays = dict(archive) | changes
    np.savez(PATH, **{name: array for name, array in arrays.items() if array is not None})


NETWORKS = {
    "b2 missing": ({"b2": None}, "expected the arrays"),
    "an array too many": ({"extra": np.zeros(3)}, "expected the arrays"),
    "W1 float32": ({"W1": np.zeros((6, 5), "float32")}, "type float64; got .* float32"),
    "W1 complex": ({"W1": np.zeros((6, 5), "complex128")}, "type float64; got .* complex128"),
    "b1 nan": ({"b1": np.full(5, np.nan)}, "expected finite numbers in b1"),
    "W2 pickled": ({"W2": np.array([None] * 15).reshape(5, 3)}, "pickle"),
}
RUNS = {
    "no mean": ({"optimizer.mean": None}, "expected the arrays"),
    "squares inf": ({"optimizer.squares": np.full(53, np.inf)}, "expected finite numbers in optimizer.squares"),
    "squares short": ({"optimizer.squares": np.zeros(52)}, r"optimizer.squares of shape \(53,\) .*; got \(52,\)"),
    "step float": ({"position.step": np.array(1.5)}, "type int64; got .* float64"),
    "steps": ({"position.step": np.array([1])}, "shape"),
    "step negative": ({"position.step": np.array(-5)}, "expected position.step of 0 or more; got -5"),
    "no correct": ({"position.correct": None}, "expected the arrays"),
}


@pytest.mark.parametrize(("changes", "message"), (NETWORKS | RUNS).values(), ids=NETWORKS | RUNS)
def test_arrays_that_are_not_what_was_saved_are_refused_and_nothing_is_changed(
    changes: dict[str, np.ndarray | None], message: str
) -> None:
    rewritten(**changes)
    trainer = fresh()
    with pytest.raises(BpError, match=message):
        checkpoint.load(PATH, trainer)
    assert numbers(trainer) == numbers(fresh())


@pytest.mark.parametrize(("changes", "message"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_refuses_them_as_well(changes: dict[str, np.ndarray | None], message: str) -> None:
    rewritten(**changes)
    net = fresh().network
    with pytest.raises(BpError, match=message):
        checkpoint.load_parameters(PATH, net)
    np.testing.assert_array_equal(net.parameters, fresh().network.parameters)


@pytest.mark.parametrize("bit", [0, 1, 5, 7])
def test_no_flipped_bit_is_worse_than_an_error(bit: int) -> None:
    """In every 13th byte; a flip may be harmless, as in a zip's dates, but then all is as it was saved."""
    saved, loaded = advanced(), fresh()
    checkpoint.save(PATH, saved)
    whole, expected, before = PATH.read_bytes(), numbers(saved), numbers(loaded)
    for i in range(bit, len(whole), 13):
        PATH.write_bytes(whole[:i] + bytes([whole[i] ^ 1 << bit]) + whole[i + 1 :])
        try:
            checkpoint.load(PATH, loaded)
        except BpError:
            assert numbers(loaded) == before
        else:
            assert numbers(loaded) == expected
            loaded = fresh()
