"""Data sets small enough to compute on the spot, each with a yes/no label, for networks with a single output.

They are what three well-known exercises in backpropagation train on:

- `plane`: the 40,000 points (x, y) with whole coordinates from −100 to 99, in raw coordinates, and whether y ≥ 0;
  30,000 chosen at random to train a list of sigmoid layers online, one point at a time, the other 10,000 to judge it.
- `xor`: four rows of a truth table with three inputs, for a two-layer sigmoid network without biases trained on all
  rows at once. The label is the exclusive or of the first two inputs; the third is always 1 and does a bias's work.
- `chain`: one example with one input, 1 → 0, for single neurons in a row whose gradients are worked out one from the
  next. A sigmoid's output lies above its label, so training must make it fall.

`xor` and `chain` are judged by the examples that they are trained on: they show that training works, not that it
generalizes.
"""

import numpy as np

from mnist_bp.data.dataset import Dataset, Split, fingerprint
from mnist_bp.streams import PLANE, generator

TABLES = {  # the inputs of each example, and the labels
    "xor": ([(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)], [0, 1, 1, 0]),
    "chain": ([(1,)], [0]),
}
CLASSES = {"plane": ("y < 0", "y ≥ 0"), "xor": ("0", "1"), "chain": ("0", "1")}

COORDINATES = np.arange(-100.0, 100.0)
TRAIN = 30_000  # of the plane's 40,000 points


def compute(name: str, seed: int) -> Dataset:
    """Return the data set; `seed` decides which points of the plane are for training."""
    train, test = plane(seed) if name == "plane" else (table(name), table(name))
    arrays = {"train_x": train.x, "train_t": train.t, "test_x": test.x, "test_t": test.t}
    return Dataset(name, train, test, train.x.shape[1:], CLASSES[name], 1, fingerprint(arrays))


def plane(seed: int) -> tuple[Split, Split]:
    """Return the points to train on and those to test on: together all, none of them in both."""
    points = np.stack(np.meshgrid(COORDINATES, COORDINATES), axis=-1).reshape(-1, 2)
    points = generator(seed, PLANE).permutation(points)
    labels = (points[:, 1] >= 0).astype(np.uint8)
    return Split(points[:TRAIN], labels[:TRAIN]), Split(points[TRAIN:], labels[TRAIN:])


def table(name: str) -> Split:
    """Return all examples of a data set that is a table."""
    inputs, labels = TABLES[name]
    return Split(np.array(inputs, np.float64), np.array(labels, np.uint8))
