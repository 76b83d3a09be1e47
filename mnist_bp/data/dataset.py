"""What a data set is: examples to learn from and examples to be judged by."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mnist_bp.errors import BpError, Exit

Arrays = Mapping[str, np.ndarray]
"""`train_images` and `test_images`, uint8 (N, rows, columns); `train_labels` and `test_labels`, uint8 (N,)."""


@dataclass(frozen=True)
class Split:
    """Examples: x (N, D), uint8 pixels of 0 … 255 or float64 numbers; t (N,), uint8 classes from 0."""

    x: np.ndarray
    t: np.ndarray

    def __len__(self) -> int:
        return len(self.t)

    def __getitem__(self, part: slice) -> "Split":
        return Split(self.x[part], self.t[part])

    @property
    def chance(self) -> float:
        """The accuracy of always answering the most frequent class."""
        return float(np.bincount(self.t).max() / len(self))

    @property
    def scale(self) -> float:
        """What a network's input is, relative to x: pixels become 0 … 1, other numbers stay as they are."""
        return 1 / 255 if self.x.dtype == np.uint8 else 1.0


class Extra(NamedTuple):
    """Another data set whose training examples are mixed in, and how often each comes in an epoch, on average."""

    dataset: "Dataset"
    weight: float


@dataclass(frozen=True)
class Dataset:
    """A named data set, and the `extra` ones with whose training examples its own are mixed.

    `shape` is that of one example: (28, 28) for an image, (2,) for a point. `classes` are the names of its classes, in
    the order of their numbers, and `outputs` is how many outputs a network for it has: one per class, or a single one
    for a yes/no label. `fingerprint` is that of its arrays.
    """

    name: str
    train: Split
    test: Split
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    outputs: int
    fingerprint: str
    validation: Split | None = None
    extra: tuple[Extra, ...] = ()

    @classmethod
    def of(cls, name: str, arrays: Arrays, known: str | None = None) -> "Dataset":
        """Make a data set of images out of four arrays that fit together, or raise BpError (exit 4).

        Its classes are called by their numbers, up to the highest label. `known` is the arrays' fingerprint, if the
        caller knows it.
        """
        require_fit(name, {each: array.shape for each, array in arrays.items()})
        for part in ("train", "test"):
            images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
            if images.dtype != np.uint8 or labels.dtype != np.uint8:
                raise _unfit(name, f"{part} images and labels of bytes", f"{images.dtype} and {labels.dtype}")
        shape = arrays["train_images"].shape[1:]
        train, test = (
            Split(arrays[f"{part}_images"].reshape(len(arrays[f"{part}_labels"]), -1), arrays[f"{part}_labels"])
            for part in ("train", "test")
        )
        classes = tuple(map(str, range(max(int(train.t.max()), int(test.t.max())) + 1)))
        return cls(name, train, test, shape, classes, len(classes), known or fingerprint(arrays))

    @property
    def arrays(self) -> Arrays:
        """The four arrays of a data set of images, of which nothing is held out."""
        return {
            "train_images": self.train.x.reshape(-1, *self.shape), "train_labels": self.train.t,
            "test_images": self.test.x.reshape(-1, *self.shape), "test_labels": self.test.t,
        }  # fmt: skip

    def named(self, classes: tuple[str, ...]) -> "Dataset":
        """Return the data set with names for its classes, an output for each."""
        return replace(self, classes=classes, outputs=len(classes))

    def labelled(self, labels: tuple[str, ...] | None) -> "Dataset":
        """Return the data set with other names for the classes that it has, as `labelled` does."""
        return replace(self, classes=labelled(self.classes, labels))

    @property
    def sources(self) -> tuple["Dataset", ...]:
        """All data sets whose examples are trained on: this one first, then the extra ones."""
        return (self, *(extra.dataset for extra in self.extra))

    def mixed(self, extra: Iterable[Extra]) -> "Dataset":
        """Return the data set with others to mix in.

        Raises BpError (exit 4) unless their examples fit to its own; and (exit 2) for a weight too small for any.
        """
        extra = tuple(extra)
        for other, weight in extra:
            if round(weight * len(other.train)) == 0:
                expected = f"a weight that brings one of the {len(other.train)} examples of {other.name} in every epoch"
                raise BpError(f"data.extra: expected {expected}; got {weight}", code=Exit.USAGE)
            if other.shape != self.shape:
                expected, got = ("×".join(map(str, shape)) for shape in (self.shape, other.shape))
                raise _unfit(other.name, f"images of {expected} pixels, to be mixed with those of {self.name}", got)
            highest = int(other.train.t.max())
            if highest >= len(self.classes):
                expected = f"labels up to {len(self.classes) - 1}, to be mixed with those of {self.name}"
                raise _unfit(other.name, expected, f"labels up to {highest}")
        return replace(self, extra=extra)

    def for_training(self, validation: int) -> "Dataset":
        """Return the data set as training takes it, with so many training examples held out for validation.

        Raises BpError (exit 4) unless there are two classes or more, of which the training set, before that, has the
        highest; and (exit 2) as `hold_out` does.
        """
        highest, highest_test = int(self.train.t.max()), int(self.test.t.max())
        if self.outputs == len(self.classes) and (highest_test > highest or highest == 0):
            raise _unfit(self.name, "labels of 2 classes or more, all of them in the training set",
                         f"labels up to {highest} for training and up to {highest_test} for testing")  # fmt: skip
        return self.hold_out(validation)

    def hold_out(self, count: int) -> "Dataset":
        """Move the last `count` training examples to `validation`; 0 leaves all in training."""
        if count == 0:
            return self
        if count >= len(self.train):
            raise BpError(
                f"data.validation: expected at most {len(self.train) - 1}, to leave an example of {self.name} "
                f"for training; got {count}",
                code=Exit.USAGE,
            )
        return replace(self, train=self.train[:-count], validation=self.train[-count:])


def labelled(classes: tuple[str, ...], labels: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the names that `labels` give to classes, or their own for None; names beyond are for other data sets.

    Raises BpError (exit 2) if there are fewer names than classes.
    """
    if labels is None:
        return classes
    if len(labels) < len(classes):
        message = f"data.labels: expected a name for each of the classes from 0 to {len(classes) - 1}"
        raise BpError(f"{message}; got {len(labels)}: {', '.join(labels)}", code=Exit.USAGE)
    return labels[: len(classes)]


def require_fit(name: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise BpError (exit 4) unless arrays of these shapes can be a data set of images."""
    for part in ("train", "test"):
        images, labels = shapes[f"{part}_images"], shapes[f"{part}_labels"]
        if images[0] != labels[0] or not labels[0]:
            raise _unfit(name, f"as many {part} images as labels, at least one", f"{images[0]} and {labels[0]}")
        if 0 in images:
            raise _unfit(name, f"{part} images with pixels", "×".join(map(str, images[1:])))
    shape, test_shape = shapes["train_images"][1:], shapes["test_images"][1:]
    if shape != test_shape:
        raise _unfit(name, f"test images of {shape[0]}×{shape[1]} pixels", f"{test_shape[0]}×{test_shape[1]}")


def fingerprint(arrays: Arrays) -> str:
    """Return a hash of what the arrays hold: the SHA-256 of a line for each, with that of its bytes."""
    lines = [
        f"{name} {arrays[name].dtype} {arrays[name].shape} {hashlib.sha256(arrays[name].ravel().data).hexdigest()}"
        for name in sorted(arrays)
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _unfit(name: str, expected: str, got: str) -> BpError:
    return BpError(f"data set {name}: expected {expected}; got {got}", code=Exit.NO_DATA)
