"""What is ink in a picture: the difference from the paper around it, whichever of the two is the lighter."""

import numpy as np

from mnist_bp.preprocessing.pictures import Grey
from mnist_bp.preprocessing.resampling import coarse, enlarged, reduced, windows
from mnist_bp.preprocessing.surroundings import without_surroundings

COARSE, COARSEST = 100, 40  # pixels of the longer side of pictures for the light of the paper, and for that of the ink
WIDEST = 0.3  # of its shorter side: strokes are narrower than this
LEAST = 0.06  # of the light, which ink takes away at least
NOISE = 6.0  # standard deviations of the paper, by which ink differs from it at least
FAINTEST = 0.35  # of the strongest ink's strength, which ink has at least
STRONGEST = 20  # pixels, of which the faintest tells how strong the strongest ink is


def ink(grey: Grey) -> Grey:
    """Return how much ink there is in each pixel, (H, W) from 0 to 1; all 0 if nothing differs from the paper.

    Dark ink takes away a part of the light that the paper around it reflects. Light ink is seen as on a negative.
    """
    grey = without_surroundings(grey)
    if not _is_ink_dark(grey):
        grey = 255 - grey
    taken = 1 - (grey + 1) / (_paper(grey) + 1)
    middle = np.median(taken)
    noise = 1.4826 * np.median(np.abs(taken - middle))
    taken -= middle
    strongest = np.sort(taken, axis=None)[-min(STRONGEST, taken.size)]
    if strongest < max(LEAST, NOISE * noise):
        return np.zeros_like(grey)
    floor = max(LEAST, NOISE * noise, FAINTEST * strongest) / 2
    strength: Grey = np.clip((taken - floor) / (strongest - floor), 0, 1)
    return strength


def _is_ink_dark(grey: Grey) -> bool:
    """Whether what differs most from the light around it is darker than that: the skewness of the difference tells.

    The light around is the median of a square of half the shorter side, of which ink fills less than half.
    """
    small = reduced(grey, coarse(grey.shape, COARSEST))
    reach = max(min(small.shape) // 4, 1)
    padded = np.pad(small, reach, mode="reflect", reflect_type="odd")
    around = np.median(windows(padded, 2 * reach + 1), axis=(2, 3))
    return bool(((small - around) ** 3).sum() <= 0)


def _paper(grey: Grey) -> Grey:
    """Return the light of the paper: dark strokes are filled with what is around them, shadows are left.

    That is a closing by a square that is wider than strokes, on a coarse picture; where a shadow has a sharp edge, both
    sides of it are taken for as dark as the shadow.
    Source: Serra, Image Analysis and Mathematical Morphology (1982), chapter XII.
    """
    small = reduced(grey, coarse(grey.shape, COARSE))
    reach = max(round(WIDEST * min(small.shape) / 2), 1)
    paper = np.pad(small, 2 * reach + 1, mode="edge")
    for extreme, side in ((np.max, 2 * reach + 1), (np.min, 2 * reach + 3)):
        for axis in (0, 1):  # that of a square is that of its rows' ones
            paper = extreme(np.lib.stride_tricks.sliding_window_view(paper, side, axis), axis=-1)
    return enlarged(paper, (grey.shape[0], grey.shape[1]))
