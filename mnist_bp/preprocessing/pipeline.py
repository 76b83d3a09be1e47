"""From a picture to the images that a network takes, prepared as those of a data set were."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_bp.data.centring import BOX, CENTRE, SIDE, centre_of_mass
from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing import normalization, segmentation
from mnist_bp.preprocessing.pictures import Grey, Picture, Source, picture
from mnist_bp.preprocessing.resampling import resampled
from mnist_bp.preprocessing.thresholding import ink

MOST = 1000  # digits in a picture: on a full page, a written one is larger than 1/1000 of it


@dataclass(frozen=True)
class Prepared:
    """An image, (SIDE, SIDE), and the box in the upright picture that it shows: left, top, right and bottom."""

    image: NDArray[np.uint8]
    box: tuple[int, int, int, int]


def prepare(source: Source, preprocessing: str) -> list[Prepared]:
    """Return the digits in a picture ("mnist"), or the picture as a whole ("resize")."""
    found = picture(source)
    return PREPROCESSING[preprocessing](found)


def is_prepared(grey: Grey) -> bool:
    """Whether this is an image as MNIST's: light ink on nothing, in a box and by its centre of mass."""
    if grey.shape != (SIDE, SIDE) or not grey.any():
        return False
    rows, columns = (np.flatnonzero(grey.any(axis=axis)) for axis in (1, 0))
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    return BOX - 1 <= longest <= BOX and bool((np.abs(centre_of_mass(grey) - CENTRE) <= 0.51).all())


def _digits(found: Picture) -> list[Prepared]:
    """Return each digit, boxed and centred; an image that is so already stays as it is."""
    whole = (0, 0, *found.size)
    for grey in (found.grey, 255 - found.grey):
        if is_prepared(grey):
            return [Prepared(np.rint(grey).astype(np.uint8), whole)]
    inked = ink(found.grey)
    parts = segmentation.parts(inked)
    if not parts:
        raise BpError("expected a digit in the picture; found nothing written", code=Exit.NO_DATA)
    if len(parts) > MOST:
        message = f"expected at most {MOST:,} digits in a picture; found {len(parts):,} pieces, as in a pattern"
        raise BpError(message, code=Exit.NO_DATA)
    x, y = (size / side for size, side in zip(found.size, found.grey.shape[::-1], strict=True))
    return [
        Prepared(
            normalization.image(part.cut(inked)),
            (round(part.left * x), round(part.top * y), round(part.right * x), round(part.bottom * y)),
        )
        for part in parts
    ]


def _whole(found: Picture) -> list[Prepared]:
    """Return the whole picture as a square, light on dark; one of SIDE × SIDE pixels stays as it is.

    What is at its edge is the background, which becomes 0 and fills the square.
    """
    grey = found.grey
    if (grey == grey[0, 0]).all():
        raise BpError("expected a picture of something; got a blank one", code=Exit.NO_DATA)
    if grey.shape != (SIDE, SIDE):
        edge = np.median(np.concatenate([grey[[0, -1]].ravel(), grey[:, [0, -1]].ravel()]))
        light = np.abs(grey - edge)
        step = max(grey.shape) / SIDE
        corner_y, corner_x = ((side - max(grey.shape)) / 2 for side in grey.shape)
        grey = resampled(light * (255 / light.max()), (corner_y, corner_x), step, (SIDE, SIDE))
    return [Prepared(np.rint(grey).astype(np.uint8), (0, 0, *found.size))]


PREPROCESSING = {"mnist": _digits, "resize": _whole}
