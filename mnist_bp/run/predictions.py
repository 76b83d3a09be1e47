"""What a network says of each example of a split, as a table in CSV."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_bp import regular
from mnist_bp.atomic import replacing
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network
from mnist_bp.run.directory import Run


@dataclass(frozen=True)
class Predictions:
    """Of each example the true and the predicted class, (N,), and the numbers behind that, (N, K), all of a `kind`."""

    labels: Array
    answers: Array
    kind: str
    numbers: Array

    @classmethod
    def of(cls, network: Network, outputs: Array, labels: Array) -> "Predictions":
        """Return what outputs say."""
        loss = network.loss_function
        with np.errstate(over="ignore", invalid="ignore"):  # as in the evaluation
            return cls(labels, loss.answers(outputs), kind(network), loss.probabilities(outputs))

    @property
    def confidence(self) -> Array:
        """How sure the network is of each example, (N,): the number of the predicted class.

        Of a single output, which speaks of two classes at once, it is how far that is from ½, between its answers.
        """
        if self.numbers.shape[1] == 1:
            return np.abs(self.numbers[:, 0] - 0.5)
        return np.take_along_axis(self.numbers, self.answers[:, None].astype(np.intp), axis=1)[:, 0]

    def lines(self) -> Iterator[str]:
        """Yield the header and a row for each example; floats are the shortest text that reads back as the same."""
        columns = (f"{self.kind}_{number}" for number in range(self.numbers.shape[1]))
        yield ",".join(["index", "label", "prediction", *columns])
        rows = zip(self.labels.tolist(), self.answers.tolist(), self.numbers.tolist(), strict=True)
        for index, (label, answer, numbers) in enumerate(rows):
            yield ",".join(map(repr, [index, label, answer, *numbers]))

    def save(self, path: Path) -> None:
        """Write the table to a file, whole, in the place of any other; raises OSError if it cannot be written."""
        with replacing(path.resolve() if path.is_symlink() else path) as file:
            file.writelines(f"{line}\n".encode() for line in self.lines())


def kind(network: Network) -> str:
    """Return what the numbers of a network are: a "probability" each, or an "output" that is none."""
    return "probability" if network.gives_probabilities else "output"


def require_free(path: Path, run: Run) -> None:
    """Raise OSError if there is anything but a file at a path, as a device would be replaced by the table.

    Raises BpError (exit 2) for a file of the run itself.
    """
    if path.resolve() in {own.resolve() for own in run.files}:
        raise BpError(f"--predictions: expected a file of its own; got {path}, one of the run's", code=Exit.USAGE)
    with suppress(FileNotFoundError):
        regular.opened(path).close()
