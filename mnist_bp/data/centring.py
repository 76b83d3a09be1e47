"""An image as MNIST's were made: what is drawn fills a box, which is placed by its centre of mass."""

import numpy as np
from numpy.typing import NDArray

SIDE, BOX = 28, 20  # pixels: the image, and the box that the digit fills within it


def centre(boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return images, (N, SIDE, SIDE), of boxes, (N, BOX, BOX), with the centre of mass nearest to pixel (14, 14).

    Boxes move by whole pixels, and not beyond the border. Source: LeCun, Bottou, Bengio & Haffner, Gradient-based
    learning applied to document recognition (1998), section III.A; which pixel is the centre shows in MNIST itself.
    """
    pixels = np.arange(BOX, dtype=np.float32)
    mass = boxes.sum(axis=(1, 2))
    top, left = (
        np.clip(np.rint(SIDE // 2 - boxes.sum(axis=axis) @ pixels / mass), 0, SIDE - BOX).astype(np.intp)
        for axis in (2, 1)
    )
    images = np.zeros((len(boxes), SIDE, SIDE), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(images, (BOX, BOX), axis=(1, 2), writeable=True)
    windows[np.arange(len(boxes)), top, left] = (255 * boxes + 0.5).astype(np.uint8)
    return images
