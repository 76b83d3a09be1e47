"""Strokes of a pen as an image like MNIST's: a curve of one width that fills a box, placed by its centre of mass.

    strokes → curves (`smooth`) → in the box (`fit`) → in the image (`centre`) → ink (`ink`)

A stroke is an array of points (x, y), (n, 2), y downwards: in any unit up to `fit`, in pixels from there on. Only the
shape counts, not where, how large or how fast it was drawn. templates/draw/strokes.js is the same in JavaScript.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_bp.data.centring import BOX, CENTRE, SIDE, centre_of_mass, shift

Floats = NDArray[np.float64]

PEN = 2.2
"""Pixels: the width of the pen. Of MNIST's training digits, traced and drawn, networks are surest at 1.6 to 1.9, and at
2.5 they look most like the originals; from 1.6 to 2.8, as many are read."""
CHORDS = 4  # straight pieces of the curve between two points

CONSTANTS = {"side": SIDE, "box": BOX, "middle": CENTRE + 0.5, "pen": PEN, "chords": CHORDS}
"""What strokes.js is given."""


def draw(strokes: Sequence[ArrayLike]) -> Floats:
    """Return the image, (SIDE, SIDE) from 0 to 1, of strokes, each with one point or more; a lone point is a dot.

    Raises ValueError if there is no stroke.
    """
    if not strokes:
        raise ValueError("expected one stroke or more; got none")
    return ink(centre(fit([smooth(np.asarray(stroke, np.float64)) for stroke in strokes])))


def smooth(stroke: Floats) -> Floats:
    """Return the points of a smooth curve through those of a stroke, where there are more than two.

    At a point the derivative is (s g⁺ + s⁺ g) / (g + g⁺) with g = √length of the chord before it, s = chord / g, and
    ⁺ for the chord after it; at an end it is s. A point far from or near to the next one makes no loop.
    Source: Catmull & Rom, A class of local interpolating splines (1974), in the centripetal form of Lee, Choosing
    nodes in parametric curve interpolation (1989).
    """
    points: Floats = stroke[np.append(True, np.diff(stroke, axis=0).any(axis=1))]
    if len(points) < 3:
        return points
    steps = np.diff(points, axis=0)
    gaps = np.sqrt(np.hypot(*steps.T))[:, None]
    slopes = steps / gaps
    inner = (slopes[:-1] * gaps[1:] + slopes[1:] * gaps[:-1]) / (gaps[:-1] + gaps[1:])
    slopes = np.concatenate([slopes[:1], inner, slopes[-1:]])
    start, end = slopes[:-1] * gaps, slopes[1:] * gaps
    u = np.arange(1, CHORDS + 1)[:, None, None] / CHORDS
    curve = points[:-1] + u * (start + u * (3 * steps - 2 * start - end + u * (start + end - 2 * steps)))
    return np.concatenate([points[:1], curve.swapaxes(0, 1).reshape(-1, 2)])


def fit(strokes: list[Floats]) -> list[Floats]:
    """Return strokes in pixels, whose ink fills the box from (0, 0) to (BOX, BOX) lengthwise, in its middle."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = (high - low).max()
    scale = (BOX - PEN) / extent if extent else 0
    return [(stroke - (low + high) / 2) * scale + BOX / 2 for stroke in strokes]


def centre(strokes: list[Floats]) -> list[Floats]:
    """Return strokes moved so that the centre of mass of their ink is that of pixel (14, 14), or as near as fits."""
    points, mass = np.concatenate(strokes), centre_of_mass(ink(strokes))[::-1]
    by = shift(mass, points.min(axis=0) - PEN / 2, points.max(axis=0) + PEN / 2)
    return [stroke + by for stroke in strokes]


def ink(strokes: list[Floats]) -> Floats:
    """Return the ink, (SIDE, SIDE) from 0 to 1, of a round pen led along strokes that are given in the image's pixels.

    At a distance d from the nearest stroke it is ½ + PEN / 2 − d, cut off at 0 and 1: the part of a pixel that the pen
    covers, but for the bend of its edge and the pixel's corners.
    """
    starts = np.concatenate([stroke[: max(len(stroke) - 1, 1)] for stroke in strokes])
    ends = np.concatenate([stroke[min(len(stroke) - 1, 1) :] for stroke in strokes])
    steps = ends - starts
    squares = np.maximum((steps**2).sum(axis=1), np.finfo(np.float64).tiny)
    reach = PEN / 2 + 0.5
    top, bottom = np.minimum(starts[:, 1], ends[:, 1]) - reach, np.maximum(starts[:, 1], ends[:, 1]) + reach
    x = np.arange(SIDE)[:, None] + 0.5
    nearest = np.full((SIDE, SIDE), np.inf)
    for row, y in enumerate(x[:, 0]):
        near = (top < y) & (y < bottom)
        dx, dy = x - starts[near, 0], y - starts[near, 1]
        along = np.clip((dx * steps[near, 0] + dy * steps[near, 1]) / squares[near], 0, 1)
        distances = (dx - along * steps[near, 0]) ** 2 + (dy - along * steps[near, 1]) ** 2
        nearest[row] = distances.min(axis=1, initial=np.inf)
    inked: Floats = np.clip(reach - np.sqrt(nearest), 0, 1)
    return inked
