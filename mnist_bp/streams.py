"""Every random stream by name: each has a key of its own, so that no two draws with one seed are ever the same.

A stream is the start of a NumPy `SeedSequence`'s spawn key; what is numbered within it (epochs, steps, blocks) follows.
"""

import numpy as np

Stream = tuple[int, ...]

PLANE: Stream = ()  # which points of the plane are for training; never numbered, or it would be another's
WEIGHTS: Stream = (0,)  # the initial weights
ORDER: Stream = (1,)  # of the examples; then the epoch
DROPOUT: Stream = (2,)  # then the step and the layer
TRAIN_DIGITS: Stream = (3,)  # drawn digits to train on; then the block
TEST_DIGITS: Stream = (4,)  # drawn digits to test on; then the block
PROBES: Stream = (5,)  # where a gradient check looks when it does not look everywhere
HELD_OUT: Stream = (6,)  # pictures of a folder to test on; then the class
PACKED: Stream = (7,)  # the order of the pictures of a folder to train on
AUGMENTATION: Stream = (8,)  # of images; then the epoch and the batch
MIXTURE: Stream = (9,)  # which examples of a set are mixed into an epoch; then the epoch and the set


def generator(seed: int, stream: Stream, *numbers: int) -> np.random.Generator:
    """Return the generator of a stream, or of a numbered part of it: the same for the same seed."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(*stream, *numbers)))
