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
    with pytest.raises(BpError, match="no checkpoint yet") as caught:
        checkpoint.load(PATH, TwoLayerNet(6, 5, 3))
    assert "--resume" in str(caught.value.hint)


def test_a_checkpoint_of_another_network_is_refused() -> None:
    checkpoint.save(PATH, TwoLayerNet(6, 5, 3), POSITION)
    with pytest.raises(BpError, match=r"W1 has shape \(6, 5\), the network's has \(6, 4\)"):
        checkpoint.load(PATH, TwoLayerNet(6, 4, 3))


@pytest.mark.parametrize("kept", [0, 10, 500, -1])
def test_a_truncated_checkpoint_is_refused(kept: int) -> None:
    checkpoint.save(PATH, TwoLayerNet(6, 5, 3), POSITION)
    PATH.write_bytes(PATH.read_bytes()[:kept])
    with pytest.raises(BpError, match=r"checkpoint\.npz: expected a checkpoint"):
        checkpoint.load(PATH, TwoLayerNet(6, 5, 3))


def test_a_flipped_bit_is_noticed() -> None:
    net = TwoLayerNet(6, 5, 3)
    checkpoint.save(PATH, net, POSITION)
    raw = bytearray(PATH.read_bytes())
    raw[raw.index(net.named_parameters["W1"].tobytes()) + 3] ^= 1
    PATH.write_bytes(raw)
    with pytest.raises(BpError, match="expected a checkpoint"):
        checkpoint.load(PATH, net)
