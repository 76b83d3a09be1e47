"""A committee of runs: what their networks say together is the mean of their probabilities."""

import numpy as np

from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.buffers import Array
from mnist_bp.run.measuring import Measured, Measurement
from mnist_bp.run.predictions import Predictions


class Committee:
    """Members are added one by one, so that of their data sets only the first one's is kept; `measured` is the end."""

    def __init__(self) -> None:
        self._first: Measured | None = None
        self._sum: Array = np.zeros(())
        self._size = 0

    def add(self, member: Measured) -> None:
        """Count a run in.

        Raises BpError (exit 2) if it has no probabilities, or other classes or examples than the first one.
        """
        run, first = member.measurement.run, self._first or member
        if member.predictions.kind != "probability":
            message = f"{run}: expected probabilities, whose mean a committee takes; got outputs of a squared error"
            raise BpError(message, code=Exit.USAGE)
        if member.classes != first.classes:
            expected, got = ", ".join(first.classes), ", ".join(member.classes)
            message = f"{run}: expected the classes of {first.measurement.run}, {expected}; got {got}"
            raise BpError(message, code=Exit.USAGE)
        if not (
            np.array_equal(member.examples.t, first.examples.t) and np.array_equal(member.examples.x, first.examples.x)
        ):
            raise BpError(
                f"{run}: expected the examples that {first.measurement.run} was measured on; got others",
                code=Exit.USAGE,
                hint="--set data.name=NAME measures all runs on the same data set",
            )
        self._first = first
        self._sum = self._sum + member.predictions.numbers.astype(np.float64)
        self._size += 1

    def measured(self) -> Measured:
        """Return the committee as if it were a run; its loss is the mean of −log of the probability of the true class.

        Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 7.11.
        """
        if self._first is None:
            raise ValueError("expected a committee of one member or more; got none")
        first, mean = self._first, self._sum / self._size
        labels, answers = first.predictions.labels, mean.argmax(axis=1)
        with np.errstate(divide="ignore"):  # a class that all members hold to be impossible
            loss = float(-np.log(mean[np.arange(len(labels)), labels]).mean())
        about, accuracy = first.measurement, float((answers == labels).mean())
        measurement = Measurement("committee", about.data, about.split, about.examples, accuracy, loss)
        predictions = Predictions(labels, answers, "probability", mean)
        return Measured(measurement, predictions, first.examples, first.dataset, first.classes)
