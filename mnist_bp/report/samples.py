"""What one trains on: some training images of each class."""

import numpy as np

from mnist_bp.data.dataset import Dataset
from mnist_bp.report import images
from mnist_bp.report.images import Pixels

COLUMNS = 10


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
