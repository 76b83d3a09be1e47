"""The checkpoint: a network's parameters and the position of its training, in one .npz file without pickles."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from mnist_bp.atomic import replacing
from mnist_bp.errors import BpError
from mnist_bp.nn.network import Network
from mnist_bp.trainer import Position


def save(path: Path, network: Network, position: Position) -> None:
    """Write the parameters under their own names (W1, b1, …) and the position under `position.step` and so on."""
    with replacing(path) as file:
        np.savez(file, **_arrays(network, position))


def load(path: Path, network: Network, position: Position) -> None:
    """Put parameters and position back as `save` found them.

    Raises BpError if the file is not a sound checkpoint with the names, shapes and dtypes of this network; network and
    position are then as they were.
    """
    expected = _arrays(network, position)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            came = {name: archive[name] for name in archive.files}
        _require_alike(came, expected)
    except FileNotFoundError as error:
        raise BpError(f"{path}: there is no checkpoint", hint="bp train --resume makes one") from error
    except Exception as error:  # damaged bytes make zip and header parsers raise almost anything
        raise BpError(f"{path}: not a checkpoint that fits: {error}") from error
    for name, parameter in network.named_parameters.items():
        parameter[...] = came[name]
    for field in fields(Position):
        setattr(position, field.name, came[f"position.{field.name}"].item())


def _arrays(network: Network, position: Position) -> dict[str, Any]:
    named: dict[str, Any] = dict(network.named_parameters)
    return named | {f"position.{name}": np.array(value) for name, value in asdict(position).items()}


def _require_alike(came: dict[str, Any], expected: dict[str, Any]) -> None:
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
        if name.startswith("position.") and came[name] < 0:
            raise ValueError(f"expected {name} of 0 or more; got {came[name]}")
