"""Checkpoints: what is saved is restored to the last bit, and what is damaged or does not fit is refused."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_bp.data.dataset import Dataset, Extra, Split
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.optimizers import SGD, Adam, Momentum, Optimizer
from mnist_bp.nn.two_layer_net import TwoLayerNet
from mnist_bp.run import checkpoint
from mnist_bp.train.trainer import Position, Trainer
from tests.helpers.making import record
from tests.helpers.waiting import time_limit

CONFIG = "seed: 5\n"  # of the run, as `save` is told, as are its data
EXAMPLES = Split(np.zeros((4, 6), np.uint8), np.array([0, 1, 2, 0], np.uint8))
DATA = Dataset("toy", EXAMPLES, EXAMPLES, (2, 3), ("red", "grün", "blue"), 3, "c0ffee")
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


def saved(trainer: Trainer) -> bytes:
    """Save a trainer at PATH and return the file's bytes."""
    checkpoint.save(PATH, trainer, config=CONFIG, dataset=DATA, check=lambda: None)
    return PATH.read_bytes()


def restored(trainer: Trainer) -> Trainer:
    """Return the trainer, put where the checkpoint at PATH is."""
    checkpoint.read(PATH).restore(trainer)
    return trainer


def numbers(trainer: Trainer) -> list[Any]:
    """Return all that training changes."""
    vectors = [trainer.network.parameters, *trainer.optimizer.state.values()]
    return [asdict(trainer.position), *(vector.tolist() for vector in vectors)]


def test_a_trainer_is_restored_to_the_last_bit_in_its_own_arrays() -> None:
    before, after = advanced(), fresh()
    vectors = (after.network.parameters, after.optimizer.parameters, *after.optimizer.state.values())
    saved(before)
    restored(after)
    assert numbers(after) == numbers(before) != numbers(fresh())
    assert after.position == POSITION
    assert type(after.position.step) is int
    assert after.network.parameters is after.optimizer.parameters is vectors[0]
    assert all(new is old for new, old in zip(after.optimizer.state.values(), vectors[2:], strict=True))


def test_a_checkpoint_names_its_run_and_describes_its_data_set() -> None:
    saved(advanced())
    found = checkpoint.read(PATH)
    assert (found.config, found.fingerprint) == (CONFIG, "c0ffee")
    assert (found.shape, found.scale) == ((2, 3), 1 / 255)
    assert (found.classes, found.outputs) == (("red", "grün", "blue"), 3)


def test_a_checkpoint_names_the_data_that_were_mixed_in_if_there_were_any() -> None:
    mixed = DATA.mixed([Extra(replace(DATA, fingerprint="decaf"), 0.5)])
    checkpoint.save(PATH, advanced(), config=CONFIG, dataset=mixed, check=lambda: None)
    assert checkpoint.read(PATH).fingerprints == ("c0ffee", "decaf")
    saved(advanced())
    assert checkpoint.read(PATH).fingerprints == ("c0ffee",)


def test_a_network_is_restored_whatever_optimizer_trained_it() -> None:
    saved(advanced())
    net = TwoLayerNet(6, 5, 3)
    checkpoint.read(PATH).restore_parameters(net)
    np.testing.assert_array_equal(net.parameters, advanced().network.parameters)


def test_what_is_used_has_the_names_and_what_training_goes_on_from_a_member_of_its_own() -> None:
    before, after, net = advanced(), fresh(), TwoLayerNet(6, 5, 3)
    before.average, after.average = before.network.parameters + 1, np.zeros_like(after.network.parameters)
    saved(before)
    restored(after)
    assert numbers(after) == numbers(before)
    np.testing.assert_array_equal(after.average, before.average)
    found = checkpoint.read(PATH)
    assert found.arrays.keys() - before.network.named_parameters == {
        "training.parameters", "optimizer.mean", "optimizer.squares", *(f"position.{name}" for name in vars(POSITION))
    }  # fmt: skip
    for trained, parameters in ((False, before.average), (True, before.network.parameters)):
        found.restore_parameters(net, trained=trained)
        np.testing.assert_array_equal(net.parameters, parameters)


@pytest.mark.parametrize("average", [False, True], ids=["alone", "with an average"])
def test_a_kept_epoch_is_what_is_used_once_there_is_one(average: bool) -> None:
    def keeping(trainer: Trainer) -> Trainer:
        size = trainer.network.parameters.size
        trainer.kept = np.full(size, 2.0)
        trainer.average = np.full(size, 3.0) if average else None
        return trainer

    before, net = keeping(advanced()), TwoLayerNet(6, 5, 3)
    for best, used in ((None, 3.0 if average else before.network.parameters), (record(), 2.0)):
        before.best = best
        saved(before)
        after = restored(keeping(fresh()))
        assert numbers(after) == numbers(before)
        np.testing.assert_array_equal(after.measured_parameters, before.measured_parameters)
        assert after.kept is not None
        np.testing.assert_array_equal(after.kept, used)
        checkpoint.read(PATH).restore_parameters(net)
        np.testing.assert_array_equal(net.parameters, used)


def members() -> dict[str, np.ndarray]:
    """Return what NumPy alone finds in the checkpoint at PATH."""
    with np.load(PATH, allow_pickle=False) as archive:
        return dict(archive)


def sha256(members: dict[str, np.ndarray]) -> str:
    """Return the hash of all members but itself, in the order of their names: name, dtype and shape, then the bytes."""
    digest = hashlib.sha256()
    for name in sorted(members.keys() - {"sha256"}):
        array = members[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    return digest.hexdigest()


def test_numpy_alone_reads_the_arrays_under_their_own_names() -> None:
    trainer = advanced()
    saved(trainer)
    found = members()
    assert set(found) == {
        "format", "config", "fingerprint", "shape", "scale", "classes", "outputs", "W1", "b1", "W2", "b2",
        "optimizer.mean", "optimizer.squares",
        "position.step", "position.examples", "position.loss_sum", "position.correct", "sha256",
    }  # fmt: skip
    assert found["format"] == 2
    assert found["config"] == CONFIG
    assert found["sha256"] == sha256(found)
    np.testing.assert_array_equal(found["W1"], trainer.network.named_parameters["W1"])
    np.testing.assert_array_equal(found["optimizer.mean"], trainer.optimizer.state["mean"])


def test_equal_states_give_equal_files() -> None:
    assert saved(advanced()) == saved(advanced()) != saved(fresh())


def test_a_missing_checkpoint_says_how_to_get_one() -> None:
    with pytest.raises(BpError, match="there is no checkpoint") as caught:
        checkpoint.read(PATH)
    assert caught.value.hint == "bp train makes one"


@pytest.mark.parametrize(
    ("make", "kind"),
    [(os.mkfifo, "FIFO"), (lambda path: path.symlink_to("/dev/zero"), "device")],
    ids=["FIFO", "device"],
)
def test_what_is_no_file_is_refused_and_not_waited_for(make: Callable[[Path], object], kind: str) -> None:
    make(PATH)
    with time_limit(10), pytest.raises(BpError, match=f"npz: cannot read it: expected a file; got a {kind}$"):
        checkpoint.read(PATH)


def test_a_checkpoint_of_another_network_is_refused() -> None:
    saved(advanced())
    message = r"expected W1 of shape \(6, 4\) and type float64; got \(6, 5\)"
    with pytest.raises(BpError, match=message):
        restored(fresh(sizes=(6, 4, 3)))
    with pytest.raises(BpError, match=message):
        checkpoint.read(PATH).restore_parameters(TwoLayerNet(6, 4, 3))


@pytest.mark.parametrize("optimizer", [SGD, Momentum])
def test_a_checkpoint_of_another_optimizer_does_not_continue_a_run(optimizer: type[Optimizer]) -> None:
    saved(advanced())
    with pytest.raises(BpError, match=r"expected the arrays .*; got .* optimizer\.mean, optimizer\.squares"):
        restored(fresh(optimizer))


def refused(reason: str) -> None:
    with pytest.raises(BpError, match=rf"checkpoint\.npz: not a sound checkpoint: .*{reason}") as caught:
        checkpoint.read(PATH)
    assert caught.value.code == Exit.FAILURE
    assert "bp train begins the run again" in str(caught.value.hint)


@pytest.mark.parametrize("kept", [0, 10, 500, -1])
def test_a_truncated_checkpoint_is_refused(kept: int) -> None:
    PATH.write_bytes(saved(advanced())[:kept])
    refused(r"not an uncompressed \.npz file")


def test_a_flipped_bit_is_refused_or_changes_nothing() -> None:
    """In every 37th byte; a flip may be harmless, as in a zip's dates, but then all is as it was saved."""
    whole, expected = saved(advanced()), numbers(advanced())
    for i in range(0, len(whole), 37):
        PATH.write_bytes(whole[:i] + bytes([whole[i] ^ 1 << i % 8]) + whole[i + 1 :])
        try:
            found = checkpoint.read(PATH)
        except BpError:
            continue
        trainer = fresh()
        found.restore(trainer)
        assert (numbers(trainer), found.config, found.classes) == (expected, CONFIG, DATA.classes)


def rewrite(changes: dict[str, Any], *, hashed: bool) -> None:
    """Save a checkpoint with some members changed or left out (None), with their hash or still that of before."""
    saved(advanced())
    changed = {name: np.asarray(array) for name, array in (members() | changes).items() if array is not None}
    if hashed:
        changed["sha256"] = np.array(sha256(changed))
    np.savez(PATH, **dict[str, Any](changed))


DAMAGES = {
    "a number": {"W1": np.zeros((6, 5))},
    "two members exchanged": {"optimizer.mean": np.arange(53.0), "optimizer.squares": np.arange(53.0)},
    "another config": {"config": "seed: 6\n"},
    "other data": {"fingerprint": "decade"},
    "a member more": {"extra": np.zeros(3)},
    "a member less": {"b2": None},
    "other classes": {"classes": np.array(["red", "blue", "grün"])},
    "half a hash": {"sha256": "c0ffee"},
}


@pytest.mark.parametrize("changes", DAMAGES.values(), ids=DAMAGES)
def test_contents_that_do_not_match_their_hash_are_refused(changes: dict[str, Any]) -> None:
    rewrite(changes, hashed=False)
    refused("expected contents with SHA-256")


INCOMPLETE = {
    "no shape": {"shape": None},
    "no classes": {"classes": None},
    "no sha256": {"sha256": None},
    "no sha256 of the right kind": {"sha256": np.zeros((2, 3))},
    "no config of the right kind": {"config": 7},
    "no scale of the right kind": {"scale": "1"},
}


@pytest.mark.parametrize(("name", "changes"), INCOMPLETE.items(), ids=INCOMPLETE)
def test_a_checkpoint_that_lacks_a_description_is_refused(name: str, changes: dict[str, Any]) -> None:
    rewrite(changes, hashed="sha256" not in changes)
    refused(rf"expected format, config, .* sha256; got {' '.join(name.split()[:2])}$")


@pytest.mark.parametrize("format_", [None, 0, 1, 3, 2.5, "2", [2, 2]], ids=str)
@pytest.mark.parametrize("hashed", [True, False])
def test_a_checkpoint_of_another_version_is_refused_even_with_another_kind_of_hash(format_: Any, hashed: bool) -> None:
    rewrite({"format": format_}, hashed=hashed)
    with pytest.raises(BpError, match=r"expected a checkpoint of format 2; got one (of format|without)") as caught:
        checkpoint.read(PATH)
    assert "the version of mnist_bp that wrote it" in str(caught.value.hint)


def test_pickled_arrays_are_refused() -> None:
    rewrite({"W2": np.array([None] * 15).reshape(5, 3)}, hashed=False)
    refused("not an uncompressed")


MISFITS_OF_NETWORKS = {
    "b2 missing": ({"b2": None}, "expected the arrays"),
    "an array too many": ({"extra": np.zeros(3)}, "expected the arrays"),
    "W1 float32": ({"W1": np.zeros((6, 5), "float32")}, "type float64; got .* float32"),
    "W1 complex": ({"W1": np.zeros((6, 5), "complex128")}, "type float64; got .* complex128"),
    "b1 nan": ({"b1": np.full(5, np.nan)}, "expected finite numbers in b1"),
    "one nan in b1": ({"b1": np.array([0, 0, np.nan, 0, 0])}, "expected finite numbers in b1"),
}
MISFITS_OF_RUNS = {
    "no mean": ({"optimizer.mean": None}, "expected the arrays"),
    "squares inf": ({"optimizer.squares": np.full(53, np.inf)}, "expected finite numbers in optimizer.squares"),
    "squares short": ({"optimizer.squares": np.zeros(52)}, r"optimizer.squares of shape \(53,\) .*; got \(52,\)"),
    "step float": ({"position.step": np.array(1.5)}, "type int64; got .* float64"),
    "steps": ({"position.step": np.array([1])}, "shape"),
    "step negative": ({"position.step": np.array(-5)}, "expected position.step of 0 or more; got -5"),
    "no correct": ({"position.correct": None}, "expected the arrays"),
}
MISFITS = MISFITS_OF_NETWORKS | MISFITS_OF_RUNS


@pytest.mark.parametrize(("changes", "message"), MISFITS.values(), ids=MISFITS)
def test_arrays_that_do_not_fit_are_refused_and_nothing_is_changed(changes: dict[str, Any], message: str) -> None:
    rewrite(changes, hashed=True)
    trainer = fresh()
    with pytest.raises(BpError, match=message):
        restored(trainer)
    assert numbers(trainer) == numbers(fresh())


@pytest.mark.parametrize(("changes", "message"), MISFITS_OF_NETWORKS.values(), ids=MISFITS_OF_NETWORKS)
def test_arrays_that_do_not_fit_are_refused_for_a_network_too(changes: dict[str, Any], message: str) -> None:
    rewrite(changes, hashed=True)
    net = fresh().network
    with pytest.raises(BpError, match=message):
        checkpoint.read(PATH).restore_parameters(net)
    np.testing.assert_array_equal(net.parameters, fresh().network.parameters)
