"""The checkpoint: a network's parameters and the position of its training, in one .npz file without pickles."""

import zipfile
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
    arrays: dict[str, Any] = dict(network.named_parameters)
    arrays |= {f"position.{name}": np.array(value) for name, value in asdict(position).items()}
    with replacing(path) as file:
        np.savez(file, **arrays)


def load(path: Path, network: Network, position: Position | None = None) -> None:
    """Put parameters and position back as `save` found them; raises BpError if the file does not fit the network."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
        for name, parameter in network.named_parameters.items():
            if arrays[name].shape != parameter.shape:
                raise ValueError(f"{name} has shape {arrays[name].shape}, the network's has {parameter.shape}")
            parameter[...] = arrays[name]
        if position:
            for field in fields(Position):
                setattr(position, field.name, arrays[f"position.{field.name}"].item())
    except FileNotFoundError as error:
        raise BpError(f"{path}: there is no checkpoint yet", hint="bp train --resume goes on with the run") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BpError(f"{path}: expected a checkpoint of this run's network; {error}") from error
