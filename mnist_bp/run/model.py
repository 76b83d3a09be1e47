"""A trained network that stands alone: loaded from a run directory, without the data set that it was trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnist_bp import build
from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.data.dataset import Dataset, Split, labelled
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.network import Network
from mnist_bp.preprocessing.pictures import Source
from mnist_bp.run import checkpoint, reading
from mnist_bp.run.continuing import require_own
from mnist_bp.run.directory import Run
from mnist_bp.run.reading import Reading
from mnist_bp.train.evaluation import BATCH_SIZE


@dataclass(frozen=True)
class Model:
    """A network with what it needs to know of its examples; `load` makes it.

    `shape` is that of an example, `scale` what its numbers are multiplied by, `classes` the names of the K classes.
    `fingerprint` is that of the data set that it was trained on, for `step` steps.
    """

    config: Config
    network: Network
    shape: tuple[int, ...]
    scale: float
    classes: tuple[str, ...]
    fingerprint: str
    step: int

    @classmethod
    def load(cls, path: Path | str, config: Config | None = None, *, trained: bool = False) -> "Model":
        """Return the network of a run directory, as far as it is trained, or with other keys than the run's own.

        Its parameters are those that it is used with or, with `trained`, those that training goes on from.
        Raises BpError (exit 2) if there is no run, if the checkpoint is another run's, or if its parameters do not fit
        the config that is given, and (exit 1) if there is no sound checkpoint.
        """
        run = Run(path)
        run.require_exists()
        if not run.checkpoint.exists() and (failure := run.failure()):
            message = f"{path}: there is no checkpoint, as it failed after step {failure['step']}: {failure['message']}"
            raise BpError(message, hint="a new run with other settings may go further")
        saved = checkpoint.read(run.checkpoint)
        own = require_own(run, saved.config)
        network = build.network(config or own, saved.shape, saved.outputs)
        try:
            saved.restore_parameters(network, trained=trained)
        except BpError as error:
            if not config or not (changes := configs.changes(own, config)):
                raise
            changed = ", ".join(f"{key}={new}" for key, (_, new) in changes.items())
            raise BpError(f"with {changed}: {error}", code=Exit.USAGE) from error
        classes = labelled(saved.classes, (config or run.config()).data.labels)
        return cls(config or own, network, saved.shape, saved.scale, classes, saved.fingerprint, saved.step)

    @property
    def params(self) -> Mapping[str, np.ndarray]:
        """The parameters by their names, W1, b1 and so on."""
        return self.network.params

    def logits(self, images: npt.ArrayLike) -> np.ndarray:
        """Return the outputs for some images, (N, outputs): one for each class, or one for a yes/no label.

        Images are as in MNIST's archives: integers from 0 to 255 of shape (N, 784) or (N, 28, 28); points, for a
        network that was trained on points, are any numbers, (N, D). Raises ValueError for anything else.
        """
        x = self._examples(np.asarray(images))
        starts = range(0, max(len(x), 1), BATCH_SIZE)
        return np.concatenate([self.network.predict(x[start : start + BATCH_SIZE]).copy() for start in starts])

    def predict(self, images: npt.ArrayLike) -> np.ndarray:
        """Return the probability of each class, (N, K), for some images, which are as `logits` takes them.

        Where the loss is a squared error, the outputs are no probabilities, and are returned as they are.
        """
        return self.network.loss_function.probabilities(self.logits(images))

    def read(self, picture: Source) -> list[Reading]:
        """Return what is read in a picture of any size, in a file or an array: each digit, from left to right.

        `mnist_bp.preprocessing.pictures.picture` says which arrays, and what it raises. Raises BpError (exit 2) for a
        network that does not tell classes of 28×28 images apart, and (exit 4) if there is no digit in the picture.
        """
        return reading.read(self, picture)

    def require_fit(self, dataset: Dataset, split: Split) -> None:
        """Raise BpError (exit 2) unless the network can be measured on these examples of a data set."""
        highest = int(split.t.max())
        if (dataset.shape, split.scale) != (self.shape, self.scale) or highest >= len(self.classes):
            expected = f"examples of {_written(self.shape)} {'numbers' if self.scale == 1 else 'pixels'}"
            got = (
                f"{_written(dataset.shape)} {'numbers' if split.scale == 1 else 'pixels'} with classes up to {highest}"
            )
            message = f"data set {dataset.name}: expected {expected} in classes from 0 to {len(self.classes) - 1}"
            raise BpError(f"{message}, as the run was trained on; got {got}", code=Exit.USAGE)

    def _examples(self, given: np.ndarray) -> np.ndarray:
        """Return what the network takes, (N, D), for images or points that a user gives."""
        size = int(np.prod(self.shape))
        if given.ndim < 2 or given.shape[1:] not in ((size,), self.shape):
            shapes = " or ".join(f"(N, {', '.join(map(str, shape))})" for shape in dict.fromkeys([(size,), self.shape]))
            raise ValueError(f"expected an array of shape {shapes}; got {given.shape}")
        if given.dtype.kind not in "biuf":
            raise ValueError(f"expected an array of numbers; got {given.dtype}")
        if self.scale != 1 and not (given.dtype.kind in "iu" and all(0 <= end <= 255 for end in _range(given))):
            low, high = _range(given)
            raise ValueError(f"expected pixels that are integers from 0 to 255; got {given.dtype} from {low} to {high}")
        x: np.ndarray = np.multiply(given.reshape(len(given), size), self.scale, dtype=self.network.parameters.dtype)
        return x


def _written(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _range(given: np.ndarray) -> tuple[float, float]:
    return (given.min(), given.max()) if given.size else (0, 0)
