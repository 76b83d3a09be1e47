"""Where a network is right and where it is wrong: its confusion matrix, scores of each class, and its worst errors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.run.predictions import Predictions


@dataclass(frozen=True)
class ClassScore:
    """Of a class: its examples, and precision, recall and F1, each None where it would be 0 / 0."""

    name: str
    examples: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Wrong:
    """An example that is wrong: its index and two classes by number, and what the network said of both.

    These are probabilities or outputs, as `Predictions.kind` says; a single output speaks of both classes at once.
    """

    index: int
    true: int
    said: int
    number: float
    number_of_true: float


@dataclass(frozen=True)
class Judgement:
    """What predictions are worth, where `classes` are the names of all K classes that the network can say."""

    predictions: Predictions
    classes: tuple[str, ...]

    @cached_property
    def confusion(self) -> Array:
        """How often each class, a row, was said to be each class, a column: integers, (K, K)."""
        count = len(self.classes)
        pairs = self.predictions.labels.astype(np.intp) * count + self.predictions.answers
        return np.bincount(pairs, minlength=count * count).reshape(count, count)

    def scores(self) -> list[ClassScore]:
        """Return the scores of each class.

        precision = right / said      recall = right / examples      F1 = 2 right / (said + examples)

        F1 is the harmonic mean of the two. Source: van Rijsbergen, Information Retrieval (1979), chapter 7.
        """
        right, said, examples = self.confusion.diagonal(), self.confusion.sum(axis=0), self.confusion.sum(axis=1)
        columns = (each.tolist() for each in (right, said, examples))
        return [
            ClassScore(name, n, _ratio(hits, answered), _ratio(hits, n), _ratio(2 * hits, answered + n))
            for name, hits, answered, n in zip(self.classes, *columns, strict=True)
        ]

    def errors(self, count: int | None = None) -> list[Wrong]:
        """Return the examples that are wrong, or the first `count`, the most confident first; of equals, by index."""
        labels, answers, numbers = self.predictions.labels, self.predictions.answers, self.predictions.numbers
        wrong = np.flatnonzero(labels != answers)
        true, said = labels[wrong].astype(np.intp), answers[wrong]
        single = numbers.shape[1] == 1
        of_said, of_true = (numbers[wrong, 0 if single else which] for which in (said, true))
        order = np.argsort(-self.predictions.confidence[wrong], kind="stable")[:count]  # which leaves NaN for last
        columns = (each[order].tolist() for each in (wrong, true, said, of_said, of_true))
        return [Wrong(*row) for row in zip(*columns, strict=True)]


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
