"""The checkpoint: parameters, optimizer and position of a training run, in one .npz file without pickles."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from mnist_bp.atomic import replacing
from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network
from mnist_bp.trainer import Position, Trainer

OPTIMIZER, POSITION = "optimizer.", "position."


def save(path: Path, trainer: Trainer) -> None:
    """Write the parameters under their own names (W1, b1, …), and `optimizer.velocity`, `position.step` and so on."""
    arrays: dict[str, Any] = _arrays(trainer)
    with replacing(path) as file:
        np.savez(file, **arrays)


def load(path: Path, trainer: Trainer) -> None:
    """Put network, optimizer and position back as `save` found them.

    Raises BpError if the file is not a sound checkpoint with the names, shapes and dtypes of this trainer's arrays; the
    trainer is then as it was.
    """
    expected = _arrays(trainer)
    came = _read(path, expected)
    for field in fields(Position):
        setattr(trainer.position, field.name, came.pop(POSITION + field.name).item())
    for name, array in came.items():
        expected[name][...] = array


def load_parameters(path: Path, network: Network) -> None:
    """Put a network's parameters back, however they were trained; raises BpError as `load` does."""
    for name, array in _read(path, network.named_parameters, ignored=(OPTIMIZER, POSITION)).items():
        network.named_parameters[name][...] = array


def _arrays(trainer: Trainer) -> dict[str, Array]:
    """Return all that a checkpoint holds; parameters and the optimizer's vectors are the trainer's own."""
    state = {OPTIMIZER + name: vector for name, vector in trainer.optimizer.state.items()}
    position = {POSITION + name: np.array(value) for name, value in asdict(trainer.position).items()}
    return trainer.network.named_parameters | state | position


def _read(path: Path, expected: Mapping[str, Array], ignored: tuple[str, ...] = ()) -> dict[str, Array]:
    """Return the arrays of a checkpoint but for those whose names begin with an ignored prefix, all as expected."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            came = {name: archive[name] for name in archive.files if not name.startswith(ignored)}
        _require_alike(came, expected)
    except FileNotFoundError as error:
        raise BpError(f"{path}: there is no checkpoint", hint="bp train --resume makes one") from error
    except Exception as error:  # damaged bytes make zip and header parsers raise almost anything
        raise BpError(f"{path}: not a checkpoint that fits: {error}") from error
    return came


def _require_alike(came: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    if came.keys() != expected.keys():
        raise ValueError(f"expected the arrays {', '.join(expected)}; got {', '.join(came)}")
    for name, array in expected.items():
        if (came[name].shape, came[name].dtype) != (array.shape, array.dtype):
            raise ValueError(
                f"expected {name} of shape {array.shape} and type {array.dtype}; "
                f"got {came[name].shape} and {came[name].dtype}"
            )
        if not np.isfinite(came[name]).all():
            raise ValueError(f"expected finite numbers in {name}; got others")
        if name.startswith(POSITION) and came[name] < 0:
            raise ValueError(f"expected {name} of 0 or more; got {came[name]}")
