"""What lies around the paper: a table, or the black corners of a picture that was turned."""

import numpy as np
from numpy.typing import NDArray

from mnist_bp.preprocessing.pictures import Grey
from mnist_bp.preprocessing.resampling import coarse, enlarged, reduced, windows
from mnist_bp.preprocessing.segmentation import labelled

COARSE = 100  # pixels of the longer side of the picture in which surroundings are looked for
WIDE = 0.22  # of its longer side: light that is so wide and high is paper, and no stroke of chalk
DARK = 0.5  # of the light of the paper beside them, which surroundings have at most; shadows have more
INKED, FEW = 0.9, 3  # of the light of the paper, which ink has at most, and in so many pixels at least
EDGE = 2  # pixels by which surroundings go on, as the edge of the paper is blurred, or has a shadow

Mask = NDArray[np.bool_]


def without_surroundings(grey: Grey) -> Grey:
    """Return the picture as if the paper went on in the place of what is dark and lies along the picture's edge."""
    small = reduced(grey, coarse(grey.shape, COARSE))
    dark = small < _threshold(small)
    around = _around(small, dark)
    if not around.any() or not _holds_a_square(~dark, round(WIDE * max(small.shape))):
        return grey
    if not _holds_ink(small[~_grown(around, 3 * EDGE)]):
        return grey
    around = _grown(around, EDGE)
    filled = enlarged(_filled(small, around, ~dark & ~around), (grey.shape[0], grey.shape[1]))
    part = enlarged(around.astype(np.float32), (grey.shape[0], grey.shape[1]))
    return grey + (filled - grey) * (part > 0)


def _threshold(pixels: Grey) -> float:
    """Return what best parts dark from light pixels: where the variance between the two is largest.

    Source: Otsu, A threshold selection method from gray-level histograms (1979).
    """
    ordered = np.sort(pixels, axis=None).astype(np.float64)
    count = np.arange(1, len(ordered))
    rest, total = len(ordered) - count, ordered.cumsum()
    between = count * rest * (total[:-1] / count - (total[-1] - total[:-1]) / rest) ** 2
    best = int(between.argmax()) if len(between) else 0
    return float(ordered[best : best + 2].mean())


def _around(pixels: Grey, dark: Mask) -> Mask:
    """Return the dark pieces that run along the picture's edge, and are much darker than what is beside them."""
    numbers, count = labelled(dark)
    edge = np.concatenate([numbers[[0, -1]].ravel(), numbers[:, [0, -1]].ravel()])
    along = np.bincount(edge, minlength=count + 1)
    found = np.zeros_like(dark)
    for number in np.flatnonzero(along[1:]) + 1:
        piece = numbers == number
        rows, columns = (np.flatnonzero(piece.any(axis=axis)) for axis in (1, 0))
        beside = pixels[_grown(piece, 2 * EDGE) & ~_grown(piece, EDGE) & ~dark]
        if along[number] >= max(np.ptp(rows), np.ptp(columns)) / 2 and beside.size:
            found |= piece & (np.median(pixels[piece]) < DARK * np.median(beside))
    return found


def _holds_a_square(mask: Mask, side: int) -> bool:
    """Whether somewhere all pixels of a square are in a mask."""
    return side <= min(mask.shape) and bool(windows(mask, side).all(axis=(2, 3)).any())


def _holds_ink(paper: Grey) -> bool:
    """Whether something is drawn there; if not, what seems to be around the paper is what is drawn."""
    return paper.size > 0 and int(np.count_nonzero(paper < INKED * np.median(paper))) >= FEW


def _grown(mask: Mask, by: int) -> Mask:
    return np.asarray(windows(np.pad(mask, by), 2 * by + 1).any(axis=(2, 3)))


def _filled(pixels: Grey, unknown: Mask, known: Mask) -> Grey:
    """Return pixels in which unknown ones are the mean of their known neighbours, from the known ones outwards.

    Those that known ones cannot reach, as ink lies between them, stay as they are.
    """
    filled, known = pixels.copy(), known.copy()
    while True:
        counts = windows(np.pad(known, 1), 3).sum(axis=(2, 3))
        sums = windows(np.pad(filled * known, 1), 3).sum(axis=(2, 3))
        reached = unknown & ~known & (counts > 0)
        if not reached.any():
            return filled
        filled[reached] = sums[reached] / counts[reached]
        known |= reached
