"""What one trains on: some training images of each class."""

from contextlib import closing
from dataclasses import replace

import numpy as np

from mnist_bp import build
from mnist_bp.config import Config
from mnist_bp.data.dataset import Dataset, Split
from mnist_bp.nn.nonzero import NonzeroColumns
from mnist_bp.report import images
from mnist_bp.report.images import Pixels

COLUMNS = 10


def as_trained(config: Config, dataset: Dataset) -> Dataset:
    """Return the data set that `build.training_data` has, with what a network gets of it first as training examples.

    This is mixed and distorted, and ends with the mini-batch by which each class has enough for `contact_sheet`, or
    with the epoch. Raises BpError (exit 2) for examples that are no images.
    """
    images.require_images(dataset)
    network = build.network(config, dataset.shape, dataset.outputs)
    seen: list[tuple[Pixels, Pixels]] = []
    each = np.zeros(len(dataset.classes), int)
    with closing(build.batches(config, dataset, network).epoch(1)) as batches:
        for inputs, t in batches:
            x = inputs.dense() if isinstance(inputs, NonzeroColumns) else inputs
            seen.append((np.rint(x / dataset.train.scale).astype(np.uint8), t))
            each += np.bincount(t, minlength=len(each))
            if each.min() >= COLUMNS:
                break
    x, t = map(np.concatenate, zip(*seen, strict=True))
    return replace(dataset, train=Split(x, t))


def samples(dataset: Dataset, count: int) -> Pixels:
    """Return the first `count` training images of each class, (classes, count, rows, columns).

    Where there are fewer, the rest are blank. Raises BpError (exit 2) for examples that are no images.
    """
    images.require_images(dataset)
    found = np.zeros((len(dataset.classes), count, *dataset.shape), np.uint8)
    for number, chosen in enumerate(found):
        first = np.flatnonzero(dataset.train.t == number)[:count]
        chosen[: len(first)] = dataset.train.x[first].reshape(-1, *dataset.shape)
    return found


def contact_sheet(dataset: Dataset) -> bytes:
    """Return a PNG file with a row of images for each class, beside its name."""
    chosen = samples(dataset, COLUMNS)
    names = images.drawable(dataset.classes)
    return images.png(images.sheet(chosen.reshape(-1, *dataset.shape), COLUMNS, names=names))
