"""What a network reads in pictures from outside, which are prepared as its own examples were."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_bp.data.archives import ARCHIVES
from mnist_bp.data.centring import SIDE
from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing.pictures import Source
from mnist_bp.preprocessing.pipeline import prepare
from mnist_bp.run.directory import Run

if TYPE_CHECKING:
    from mnist_bp.run.model import Model


@dataclass(frozen=True)
class Reading:
    """The class that a network says, by name, with its probability and those of all classes, (K,).

    `box` is where it is in the upright picture: left, top, right and bottom in pixels. `image`, (28, 28), is what the
    network has seen.
    """

    label: str
    probability: float
    probabilities: NDArray[np.floating]
    box: tuple[int, int, int, int]
    image: NDArray[np.uint8]


def read(model: "Model", picture: Source) -> list[Reading]:
    """Return what a network reads in a picture; raises as `Model.read`."""
    prepared = prepare(picture, preprocessing(model))
    rows = model.predict(np.stack([each.image for each in prepared]))
    return [
        Reading(model.classes[row.argmax()], float(row.max()), row, each.box, each.image)
        for row, each in zip(rows, prepared, strict=True)
    ]


def seen(readings: Sequence[Reading]) -> NDArray[np.uint8]:
    """Return the images, (N, 28, 28), that a network has seen."""
    return np.stack([each.image for each in readings])


def preprocessing(model: "Model") -> str:
    """Return how pictures are prepared for a network, "mnist" or "resize".

    Raises BpError (exit 2) for one that does not tell classes of images as large as MNIST's apart.
    """
    if model.shape != (SIDE, SIDE):
        got = "×".join(map(str, model.shape)) + (" numbers" if model.scale == 1 else " pixels")
        message = f"expected a run that was trained on images of {SIDE}×{SIDE} pixels; got one trained on {got}"
        raise BpError(message, code=Exit.USAGE)
    if len(model.classes) < 2:
        raise BpError("expected a run whose network tells classes apart; got one class", code=Exit.USAGE)
    name = model.config.data.name
    return ARCHIVES[name].preprocessing if name in ARCHIVES else model.config.data.preprocessing


def sure_from(run: Path | str, model: "Model") -> float:
    """Return the probability from which an answer counts as sure, or the output where these are no probabilities.

    The less often a network is right on examples that it was not trained on, the less sure it is when it is right; so
    the less is asked for, from 0.95 down to 0.5, and 0.9 while no epoch has ended. On training images of MNIST, traced
    to strokes, that calls one right answer in twenty to one in eight unsure, and more than half of what is no digit.
    Raises BpError if the metrics cannot be read.
    """
    if not model.network.gives_probabilities:
        return 0.5
    kept = Run(run).kept(model.config)
    if kept is None:
        return 0.9
    accuracy = kept.test_accuracy if kept.validation_accuracy is None else kept.validation_accuracy
    return min(max(1 - 3 * (1 - accuracy), 0.5), 0.95)
