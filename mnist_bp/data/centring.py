"""An image as MNIST's were made: what is drawn fills a box, which is placed by its centre of mass."""

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

SIDE, BOX = 28, 20  # pixels: the image, and the box that the digit fills within it
CENTRE = SIDE // 2  # the pixel, down and across, where the centre of mass lies

Floats = TypeVar("Floats", np.float32, np.float64)


def centre_of_mass(images: NDArray[Floats]) -> NDArray[Floats]:
    """Return where (y, x) the centre of mass of each image, (..., H, W), is: (..., 2), 0 in the middle of pixel 0."""
    y, x = (np.arange(side, dtype=images.dtype) for side in images.shape[-2:])
    mass = images.sum(axis=(-2, -1))
    return np.stack([images.sum(axis=-1) @ y / mass, images.sum(axis=-2) @ x / mass], axis=-1)


def shift(mass: ArrayLike, low: ArrayLike, high: ArrayLike) -> NDArray[np.floating]:
    """Return how far a drawing is to be moved, along any axes: its centre of mass to CENTRE, or as near as it fits.

    It reaches from `low` to `high`, which are edges: the image is from 0 to SIDE. Source: LeCun, Bottou, Bengio &
    Haffner, Gradient-based learning applied to document recognition (1998), section III.A; which pixel is the centre
    shows in MNIST itself. There, and in the images of `centre`, it is rounded to whole pixels.
    """
    by: NDArray[np.floating] = np.clip(CENTRE - np.asarray(mass), -np.asarray(low), SIDE - np.asarray(high))
    return by


def centre(boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return images, (N, SIDE, SIDE), of boxes, (N, BOX, BOX), moved by whole pixels."""
    top, left = np.rint(shift(centre_of_mass(boxes), 0, BOX)).astype(np.intp).T
    images = np.zeros((len(boxes), SIDE, SIDE), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(images, (BOX, BOX), axis=(1, 2), writeable=True)
    windows[np.arange(len(boxes)), top, left] = (255 * boxes + 0.5).astype(np.uint8)
    return images
