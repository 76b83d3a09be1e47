"""A digit's ink as an image of MNIST's: in a box, by a pen of usual width, around its centre of mass."""

import numpy as np
from numpy.typing import NDArray

from mnist_bp.data.centring import BOX, SIDE, centre_of_mass, shift
from mnist_bp.preprocessing.pictures import Grey
from mnist_bp.preprocessing.resampling import resampled

THINNEST, BROADEST = 1.8, 3.5  # pixels: how wide strokes are in four of five training images of MNIST
FINE = 8  # pixels, for one of the image, of the grid on which strokes are made wider or narrower
ROOM = 4  # pixels of the image that this grid has around the box
EDGE = 0.5  # of full ink: where a stroke ends


def image(ink: Grey) -> NDArray[np.uint8]:
    """Return the image, (SIDE, SIDE), of a digit's ink, (H, W) from 0 to 1.

    Where the box needs no scaling, ink moves by whole pixels.
    """
    ink = ink / ink.max()
    left, top, right, bottom = box(ink)
    longest = max(right - left, bottom - top)
    width = min(stroke_width(ink), longest / 2)
    pen = float(np.clip(width * BOX / longest, THINNEST, BROADEST))
    scale = (BOX - pen) / (longest - width)
    if abs(pen - width * scale) > 1 / FINE:
        step = 1 / scale / FINE
        corner = top - ROOM / scale, left - ROOM / scale
        rows, columns = (int((end - start) * scale + 2 * ROOM) * FINE for start, end in ((top, bottom), (left, right)))
        changed = _changed(resampled(ink, corner, step, (rows, columns)), (pen - width * scale) / 2 * FINE)
        if changed.max() >= EDGE:  # of strokes of many widths, nothing may be left
            return _placed(changed, 1 / FINE)
    return _placed(ink, BOX / longest)


def stroke_width(ink: Grey) -> float:
    """Return how many pixels wide strokes are on average: twice their area over the length of their edges.

    The length is the total variation, which takes grey edges for what they are: the coarea formula.
    Source: Federer, Geometric Measure Theory (1969), theorem 4.5.9.
    """
    padded = np.pad(ink, 1)
    down, right = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    return float(2 * ink.sum() / np.hypot(down, right).sum())


def box(ink: Grey) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the strokes."""
    inked = ink >= EDGE
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _changed(ink: Grey, by: float) -> Grey:
    """Return ink with edges moved outwards by so many pixels, or inwards: a dilation, or an erosion, by a disc."""
    if by < 0:
        return 1 - _changed(1 - ink, -by)
    reach = int(by)
    height, width = ink.shape
    padded = np.pad(ink, reach, mode="edge")
    changed = ink
    for y in range(-reach, reach + 1):
        for x in range(-reach, reach + 1):
            if x * x + y * y <= by * by:
                shifted = padded[reach + y : reach + y + height, reach + x : reach + x + width]
                changed = np.maximum(changed, shifted)
    return changed


def _placed(ink: Grey, scale: float) -> NDArray[np.uint8]:
    """Return ink, enlarged so many times, as an image around its centre of mass."""
    left, top, right, bottom = box(ink)
    low, high = np.array([top, left]), np.array([bottom, right])
    mass = (centre_of_mass(ink) + 0.5 - low) * scale - 0.5  # of the enlarged box
    start = shift(mass, 0, (high - low) * scale)
    y, x = low - (np.rint(start) if scale == 1 else start) / scale
    image = resampled(ink, (y, x), 1 / scale, (SIDE, SIDE))
    return np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
