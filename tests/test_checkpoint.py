"""Checkpoints: what is saved comes back to the bit, and what does not fit is refused."""

from pathlib import Path

import numpy as np
import pytest

from mnist_bp import checkpoint
from mnist_bp.errors import BpError
from mnist_bp.nn.two_layer_net import TwoLayerNet
from mnist_bp.trainer import Position

PATH = Path("checkpoint.npz")
POSITION = Position(step=17, examples=34, loss_sum=0.1 + 0.2, correct=5)


def test_parameters_and_position_come_back_to_the_bit() -> None:
    saved, loaded, position = TwoLayerNet(6, 5, 3), TwoLayerNet(6, 5, 3, seed=1), Position()
    checkpoint.save(PATH, saved, POSITION)
    checkpoint.load(PATH, loaded, position)
    np.testing.assert_array_equal(loaded.parameters, saved.parameters)
    assert position == POSITION
    assert type(position.step) is int


def test_parameters_lie_under_their_own_names_without_pickles() -> None:
    net = TwoLayerNet(6, 5, 3)
    checkpoint.save(PATH, net, POSITION)
    with np.load(PATH, allow_pickle=False) as archive:
        assert {"W1", "b1", "W2", "b2", "position.step"} <= set(archive)
        np.testing.assert_array_equal(archive["W1"], net.named_parameters["W1"])


def test_equal_states_are_equal_bytes() -> None:
    checkpoint.save(PATH, TwoLayerNet(6, 5, 3), POSITION)
    first = PATH.read_bytes()
    checkpoint.save(PATH, TwoLayerNet(6, 5, 3), POSITION)
    assert PATH.read_bytes() == first


def test_a_missing_checkpoint_says_how_to_get_one() -> None:
    with pytest.raises(BpError, match="there is no checkpoint") as caught:
        checkpoint.load(PATH, TwoLayerNet(6, 5, 3), Position())
    assert "--resume" in str(caught.value.hint)


def test_a_checkpoint_of_another_network_is_refused() -> None:
    checkpoint.save(PATH, TwoLayerNet(6, 5, 3), POSITION)
    with pytest.raises(BpError, match=r"expected W1 of shape \(6, 4\) and type float64; got \(6, 5\)"):
        checkpoint.load(PATH, TwoLayerNet(6, 4, 3), Position())


@pytest.mark.parametrize("kept", [0, 10, 500, -1])
def test_a_truncated_checkpoint_is_refused(kept: int) -> None:
    checkpoint.save(PATH, TwoLayerNet(6, 5, 3), POSITION)
    PATH.write_bytes(PATH.read_bytes()[:kept])
    with pytest.raises(BpError, match=r"checkpoint\.npz: not a checkpoint that fits"):
        checkpoint.load(PATH, TwoLayerNet(6, 5, 3), Position())


def test_a_flipped_bit_is_noticed() -> None:
    net = TwoLayerNet(6, 5, 3)
    checkpoint.save(PATH, net, POSITION)
    raw = bytearray(PATH.read_bytes())
    raw[raw.index(net.named_parameters["W1"].tobytes()) + 3] ^= 1
    PATH.write_bytes(raw)
    with pytest.raises(BpError, match="not a checkpoint"):
        checkpoint.load(PATH, net, Position())


def rewritten(**changes: np.ndarray | None) -> None:
    """Save a checkpoint with some of its arrays changed, or left out (None)."""
    checkpoint.save(PATH, TwoLayerNet(6, 5, 3), POSITION)
    with np.load(PATH) as archive:
        arrays = dict(archive) | changes
    np.savez(PATH, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"b2": None}, "expected the arrays"),
        ({"extra": np.zeros(3)}, "expected the arrays"),
        ({"W1": np.zeros((6, 5), "float32")}, "type float64; got .* float32"),
        ({"W1": np.zeros((6, 5), "complex128")}, "type float64; got .* complex128"),
        ({"b1": np.full(5, np.nan)}, "expected finite numbers in b1"),
        ({"position.step": np.array(1.5)}, "type int64; got .* float64"),
        ({"position.step": np.array([1])}, "shape"),
        ({"position.step": np.array(-5)}, "expected position.step of 0 or more; got -5"),
        ({"W2": np.array([None] * 15).reshape(5, 3)}, "pickle"),
    ],
    ids=str,
)
def test_arrays_that_are_not_what_was_saved_are_refused_and_nothing_is_changed(
    changes: dict[str, np.ndarray | None], message: str
) -> None:
    rewritten(**changes)
    net, position = TwoLayerNet(6, 5, 3, seed=1), Position()
    with pytest.raises(BpError, match=message):
        checkpoint.load(PATH, net, position)
    np.testing.assert_array_equal(net.parameters, TwoLayerNet(6, 5, 3, seed=1).parameters)
    assert position == Position()


@pytest.mark.parametrize("bit", [0, 1, 5, 7])
def test_no_flipped_bit_is_worse_than_an_error(bit: int) -> None:
    """Every byte in turn; a flip may be harmless, as in a zip's dates, but then the parameters are the saved ones."""
    saved = TwoLayerNet(6, 5, 3)
    checkpoint.save(PATH, saved, POSITION)
    whole = PATH.read_bytes()
    for i in range(len(whole)):
        PATH.write_bytes(whole[:i] + bytes([whole[i] ^ 1 << bit]) + whole[i + 1 :])
        net, position = TwoLayerNet(6, 5, 3, seed=1), Position()
        try:
            checkpoint.load(PATH, net, position)
        except BpError:
            continue
        np.testing.assert_array_equal(net.parameters, saved.parameters)
        assert position == POSITION
