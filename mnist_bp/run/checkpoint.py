"""The checkpoint: all that a training run needs to go on, in one .npz file without pickles.

Its members: `format`, the version of this layout; `config`, the run's effective config as YAML; `fingerprint`, that of
its data set; the parameters under their own names (W1, b1, …); `optimizer.velocity` and so on; `position.step` and
so on; and `sha256`, over all the others. The state of a random generator is not among them: whatever is random in a run
follows from the config's seeds and the position.
"""

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from mnist_bp import npz
from mnist_bp.atomic import replacing
from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network
from mnist_bp.train.trainer import Position, Trainer

FORMAT = 1
ABOUT = ("format", "config", "fingerprint", "sha256")
BEGIN_AGAIN = "once it is deleted, bp train begins the run again"
OPTIMIZER, POSITION = "optimizer.", "position."


@dataclass(frozen=True)
class Checkpoint:
    """A sound checkpoint, as it was read: of which run, by its config and data set, and its arrays."""

    path: Path
    config: str
    fingerprint: str
    arrays: Mapping[str, Array]

    def restore(self, trainer: Trainer) -> None:
        """Put network, optimizer and position back as `save` found them.

        Raises BpError, and changes nothing, unless the arrays have the names, shapes and dtypes of this trainer's.
        """
        expected = _arrays(trainer)
        self._require_alike(self.arrays, expected)
        for field in fields(Position):
            setattr(trainer.position, field.name, self.arrays[POSITION + field.name].item())
        for name, array in expected.items():
            array[...] = self.arrays[name]

    def restore_parameters(self, network: Network) -> None:
        """Put a network's parameters back, however they were trained; raises BpError as `restore` does."""
        came = {name: array for name, array in self.arrays.items() if not name.startswith((OPTIMIZER, POSITION))}
        self._require_alike(came, network.named_parameters)
        for name, array in came.items():
            network.named_parameters[name][...] = array

    def _require_alike(self, came: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
        if came.keys() != expected.keys():
            raise self._unfit(f"the arrays {', '.join(expected)}", ", ".join(came))
        for name, array in expected.items():
            if (came[name].shape, came[name].dtype) != (array.shape, array.dtype):
                shape_and_type = f"{came[name].shape} and {came[name].dtype}"
                raise self._unfit(f"{name} of shape {array.shape} and type {array.dtype}", shape_and_type)
            if not np.isfinite(came[name]).all():
                raise self._unfit(f"finite numbers in {name}", "others")
            if name.startswith(POSITION) and came[name] < 0:
                raise self._unfit(f"{name} of 0 or more", str(came[name]))

    def _unfit(self, expected: str, came: str) -> BpError:
        return BpError(f"{self.path}: expected {expected}; got {came}", hint=BEGIN_AGAIN)


def save(path: Path, trainer: Trainer, *, config: str, fingerprint: str, check: Callable[[], None]) -> None:
    """Write a checkpoint of the run with this config, as YAML, and data set, given by its fingerprint.

    The one before stays in its place until this one is on the disk, and if `check`, called then, raises.
    """
    about = {"format": FORMAT, "config": config, "fingerprint": fingerprint}
    members: dict[str, Any] = {name: np.array(value) for name, value in about.items()} | _arrays(trainer)
    members["sha256"] = np.array(_sha256(members))
    with replacing(path, check) as file:
        np.savez(file, allow_pickle=False, **members)


def read(path: Path) -> Checkpoint:
    """Read and verify a checkpoint; raises BpError if it is missing, damaged or of another format.

    Memory stays within a few times the file's size, whatever it claims.
    """
    try:
        whole = path.read_bytes()
    except FileNotFoundError as error:
        raise BpError(f"{path}: there is no checkpoint", hint="bp train makes one") from error
    try:
        members = npz.arrays(io.BytesIO(whole), whole)
        about = {name: _scalar(members, name) for name in ABOUT}
        if about["format"] == FORMAT and about["sha256"] != (sha256 := _sha256(members)):
            raise ValueError(f"expected contents with SHA-256 {about['sha256']}; got {sha256}")
    except ValueError as error:
        raise BpError(f"{path}: not a sound checkpoint: {error}", hint=BEGIN_AGAIN) from error
    if about["format"] != FORMAT:
        came = "one without" if about["format"] is None else f"one of format {about['format']}"
        message = f"{path}: expected a checkpoint of format {FORMAT}; got {came}"
        raise BpError(message, hint=f"the version of mnist_bp that wrote it can go on with it; {BEGIN_AGAIN}")
    arrays = {name: array for name, array in members.items() if name not in ABOUT}
    return Checkpoint(path, str(about["config"]), str(about["fingerprint"]), arrays)


def _arrays(trainer: Trainer) -> dict[str, Array]:
    """Return what changes in training; parameters and the optimizer's vectors are the trainer's own."""
    state = {OPTIMIZER + name: vector for name, vector in trainer.optimizer.state.items()}
    position = {POSITION + name: np.array(value) for name, value in asdict(trainer.position).items()}
    return trainer.network.named_parameters | state | position


def _scalar(members: Mapping[str, Array], name: str) -> object:
    """Return the value of a scalar member; None if it is missing or no scalar."""
    return members[name].item() if name in members and members[name].shape == () else None


def _sha256(members: Mapping[str, Array]) -> str:
    """Return the hash of all other members: for each, sorted by name, a line that describes it, and its bytes."""
    digest = hashlib.sha256()
    for name, array in sorted(members.items()):
        if name != "sha256":
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
