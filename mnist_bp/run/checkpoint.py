"""The checkpoint: all that is needed to use a network, and to go on training it, in one .npz file without pickles.

Its members: `format`, the version of this layout; `config`, the run's effective config as YAML; `fingerprint`, that of
its data set; `mixture`, those of the data sets of `data.extra`, if there are any; `shape` of an example, `scale` of
its numbers and `classes`, their names; the parameters that the network is used with, under their own names (W1, b1,
…); `training.parameters`, the vector of those that training goes on from, and `training.average`, that of their
moving average, where these may be others; `optimizer.velocity` and so on; `position.step` and so on; and `sha256`,
over all the others. The state of a random generator is not among them: whatever is random in a run follows from the
config's seeds and the position. Nor is the best epoch: the metrics say which it is.
"""

import hashlib
import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_bp import npz, regular
from mnist_bp.atomic import replacing
from mnist_bp.data.dataset import Dataset
from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network
from mnist_bp.run.directory import BEGIN_AGAIN
from mnist_bp.train.trainer import Position, Trainer

FORMAT = 2
ABOUT = {  # the members that are neither parameters nor the training's: their kinds and numbers of dimensions
    "format": ("iu", 0), "config": ("U", 0), "fingerprint": ("U", 0), "mixture": ("U", 1),
    "shape": ("iu", 1), "scale": ("f", 0), "classes": ("U", 1), "outputs": ("iu", 0), "sha256": ("U", 0),
}  # fmt: skip
TRAINING, OPTIMIZER, POSITION = "training.", "optimizer.", "position."


class Checkpoint(NamedTuple):
    """A sound checkpoint, as it was read: of which run, by its config and data set, and its arrays.

    Examples have a `shape`, and a network takes their numbers times `scale`. `classes` are named by their numbers;
    `outputs` is one for each, or one for a yes or no.
    """

    path: Path
    config: str
    fingerprint: str
    shape: tuple[int, ...]
    scale: float
    classes: tuple[str, ...]
    outputs: int
    arrays: Mapping[str, Array]
    mixture: tuple[str, ...] = ()

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of all data sets that it was trained on, as `Dataset.sources` has them."""
        return (self.fingerprint, *self.mixture)

    @property
    def step(self) -> int:
        """How many steps the network was trained for; raises BpError if the checkpoint does not say."""
        step = self.arrays.get(f"{POSITION}step")
        if step is None or step.dtype.kind not in "iu" or step.ndim or step < 0:
            raise self._unfit(f"{POSITION}step, a number of steps", "none")
        return int(step)

    def restore(self, trainer: Trainer) -> None:
        """Put network, optimizer and position back as `save` found them.

        Raises BpError, and changes nothing, unless the arrays have the names, shapes and dtypes of this trainer's.
        """
        expected = _arrays(trainer)
        if trainer.kept is not None:
            expected |= trainer.network.views(trainer.kept)
        self._require_alike(self.arrays, expected)
        for field in fields(Position):
            setattr(trainer.position, field.name, self.arrays[POSITION + field.name].item())
        for name, array in expected.items():
            array[...] = self.arrays[name]

    def restore_parameters(self, network: Network, *, trained: bool = False) -> None:
        """Put a network's parameters back, however they were trained; raises BpError as `restore` does.

        They are those that it is used with or, if it is to be `trained`, those that training goes on from.
        """
        parameters = f"{TRAINING}parameters"
        if trained and parameters in self.arrays:
            own, places = {parameters: self.arrays[parameters]}, {parameters: network.parameters}
        else:
            others = (TRAINING, OPTIMIZER, POSITION)
            own = {name: array for name, array in self.arrays.items() if not name.startswith(others)}
            places = {**network.named_parameters}
        self._require_alike(own, places)
        for name, array in own.items():
            places[name][...] = array

    def _require_alike(self, found: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
        if found.keys() != expected.keys():
            raise self._unfit(f"the arrays {', '.join(expected)}", ", ".join(found))
        for name, array in expected.items():
            if (found[name].shape, found[name].dtype) != (array.shape, array.dtype):
                shape_and_type = f"{found[name].shape} and {found[name].dtype}"
                raise self._unfit(f"{name} of shape {array.shape} and type {array.dtype}", shape_and_type)
            if not np.isfinite(found[name]).all():
                raise self._unfit(f"finite numbers in {name}", "others")
            if name.startswith(POSITION) and found[name] < 0:
                raise self._unfit(f"{name} of 0 or more", str(found[name]))

    def _unfit(self, expected: str, got: str) -> BpError:
        return BpError(f"{self.path}: expected {expected}; got {got}", hint=BEGIN_AGAIN)


def save(path: Path, trainer: Trainer, *, config: str, dataset: Dataset, check: Callable[[], None]) -> None:
    """Write a checkpoint of the run with this config, as YAML, and data set.

    The one before stays in its place until this one is on the disk, and if `check`, called then, raises.
    """
    about: dict[str, Any] = {
        "format": FORMAT,
        "config": config,
        "fingerprint": dataset.fingerprint,
        "shape": dataset.shape,
        "scale": dataset.train.scale,
        "classes": dataset.classes,
        "outputs": dataset.outputs,
    }
    if dataset.extra:
        about["mixture"] = [other.fingerprint for other, _ in dataset.extra]
    members: dict[str, Any] = {name: np.array(value) for name, value in about.items()} | _arrays(trainer)
    members["sha256"] = np.array(_sha256(members))
    with replacing(path, check) as file:
        np.savez(file, allow_pickle=False, **members)


def read(path: Path) -> Checkpoint:
    """Read and verify a checkpoint; raises BpError if it is missing, damaged or of another format.

    Memory stays within a few times the file's size, whatever it claims.
    """
    try:
        whole = regular.content(path, sys.maxsize)
    except FileNotFoundError as error:
        raise BpError(f"{path}: there is no checkpoint", hint="bp train makes one") from error
    except OSError as error:
        hint = BEGIN_AGAIN if isinstance(error, regular.IrregularError) else None
        raise BpError(f"{path}: cannot read it: {error.strerror}", hint=hint) from error
    try:
        members = npz.arrays(io.BytesIO(whole), whole)
        about = {name: _value(members, name) for name in ABOUT}
        if "mixture" not in members:
            about["mixture"] = ()
        if about["format"] == FORMAT:
            if missing := [name for name, value in about.items() if value is None]:
                raise ValueError(f"expected {', '.join(ABOUT)}; got no {missing[0]}")
            if about["sha256"] != (sha256 := _sha256(members)):
                raise ValueError(f"expected contents with SHA-256 {about['sha256']}; got {sha256}")
    except ValueError as error:
        raise BpError(f"{path}: not a sound checkpoint: {error}", hint=BEGIN_AGAIN) from error
    if about["format"] != FORMAT:
        got = "one without" if about["format"] is None else f"one of format {about['format']}"
        message = f"{path}: expected a checkpoint of format {FORMAT}; got {got}"
        raise BpError(message, hint=f"the version of mnist_bp that wrote it can go on with it; {BEGIN_AGAIN}")
    arrays = {name: array for name, array in members.items() if name not in ABOUT}
    own = {name: value for name, value in about.items() if name not in ("format", "sha256")}
    return Checkpoint(path, arrays=arrays, **own)


def _arrays(trainer: Trainer) -> dict[str, Array]:
    """Return what changes in training; the vectors are the trainer's own."""
    training = {}
    if trainer.average is not None or trainer.kept is not None:
        training[f"{TRAINING}parameters"] = trainer.network.parameters
    if trainer.average is not None and trainer.kept is not None:
        training[f"{TRAINING}average"] = trainer.average
    state = {OPTIMIZER + name: vector for name, vector in trainer.optimizer.state.items()}
    position = {POSITION + name: np.array(value) for name, value in asdict(trainer.position).items()}
    return {**trainer.network.views(trainer.used_parameters), **training, **state, **position}


def _value(members: Mapping[str, Array], name: str) -> Any:
    """Return the value of a member of ABOUT, a list as a tuple; None if it is missing or of another kind."""
    kinds, dimensions = ABOUT[name]
    member = members.get(name)
    if member is None or member.dtype.kind not in kinds or member.ndim != dimensions:
        return None
    return tuple(member.tolist()) if dimensions else member.item()


def _sha256(members: Mapping[str, Array]) -> str:
    """Return the hash of all other members: for each, sorted by name, a line that describes it, and its bytes."""
    digest = hashlib.sha256()
    for name, array in sorted(members.items()):
        if name != "sha256":
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
