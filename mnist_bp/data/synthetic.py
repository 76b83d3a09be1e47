"""Digits written by the package itself: skeletons, deformed as hands deform them, inked and centred like MNIST.

    label → style (`choose`) → control points (`deform`) → curves, in a box (`fit`) → ink (`ink`) → image (`centre`)

Every step works on a whole block of N images at once. Lengths are digit heights up to `fit`, pixels from there on;
points are rows (x, y), y downwards; whatever is random is drawn anew for every image.

A two-layer network that has seen nothing else reads MNIST, which has given not a pixel to these images: see `glyphs`.
The ranges below are those of a steady hand: networks trained on MNIST's training images read more than 95 % of these
digits. Its test images had no say.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mnist_bp.data.centring import BOX, SIDE, centre
from mnist_bp.data.glyphs import GLYPHS, Point
from mnist_bp.streams import Stream, generator

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Indices = NDArray[np.intp]

VERSION = 3
"""Of the digits drawn: raised whenever the same seed gives other images."""

BLOCK = 200  # images drawn at once: few enough for the caches, enough to make NumPy's overhead small
CHORDS = 96  # per digit: at most about a pixel each, so that the splats of `ink` melt into a line

# How far one hand strays: uniformly within ± a number, or between a pair of them.
JITTER = 0.03  # each control point on its own
TIP = 0.25  # of the length by which a stroke starts or stops early or late, relative to its first or last stretch
BEND = 0.22  # the coefficients of x², xy and y², which bow, taper and unbalance the digit
WAVE = (0.02, 0.9)  # four sine waves across the digit: amplitude, and periods per height
TREMOR = (0.004, 4.0)  # the same along its curves
LEAN = (-0.22, 0.48)  # the slant, as horizontal shift per height
TURN = 0.1  # the rotation, in radians
STRETCH = (0.9, 1.4)  # width over height, uniform in its logarithm
RADIUS = (0.65, 2.4)  # of the pen, in pixels: the geometric mean of two such, so that extremes are rare
PRESSURE, SWELLS = 0.2, 7.0  # the radius swells and shrinks by this part, at this angular frequency along x and y
SPLAT = 0.65  # standard deviation of a splat of ink, in pixels
FAINTEST = -40.0  # logarithm of a splat's ink: products of fainter ones are subnormal numbers, which take far longer
SOFTNESS = 0.85  # ink gained per pixel across a stroke's edge; 1 is what a pixel-wide aperture sees


class Skeletons(NamedTuple):
    """All S styles of all digits as arrays, with C control points and P chords each (short ones are padded).

    The curves are linear in their control points, so drawing a style is a matrix product: `middles` and `chords`
    times the control points are the midpoints of the P chords of its curves, and the chords themselves.
    """

    cumulative: NDArray[np.float64]  # (10, S): distribution function of a digit's styles
    points: Floats  # (S, C, 2), centred on (0, 0)
    next_points: Indices  # (S, C): of a stroke's free tip, the point next to it; of others, itself
    middles: Floats  # (S, P, C)
    chords: Floats  # (S, P, C)


def spline(t: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the weights, (len(t), count), of `count` control points in a Catmull-Rom curve at the parameters t.

    At t = i the curve passes through point i, in the direction from point i - 1 to point i + 1; each end is continued
    by its mirror image. Source: Catmull & Rom, A class of local interpolating splines (1974), uniform, tension 1/2.
    """
    segment = np.minimum(t.astype(np.intp), count - 2)
    u = (t - segment)[:, None]
    cubic = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    extended = np.zeros((len(t), count + 2))
    np.put_along_axis(extended, segment[:, None] + np.arange(4), u ** np.arange(4) @ cubic, axis=1)
    weights = extended[:, 1:-1]
    weights[:, :2] += extended[:, :1] * [2, -1]
    weights[:, -2:] += extended[:, -1:] * [-1, 2]
    return weights


def curves(strokes: list[list[Point]], points: list[Point]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return `middles` and `chords`, both (P, C), of strokes through some of C points.

    Each stroke gets a share of the P chords, and each of its stretches a share of those, by the lengths of the straight
    lines between its points.
    """
    travelled = [np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))]) for stroke in strokes]
    ends = np.cumsum([lengths[-1] for lengths in travelled])
    counts = np.diff(np.rint(CHORDS * ends / ends[-1]).astype(int), prepend=0)
    middles, chords = [], []
    for stroke, lengths, count in zip(strokes, travelled, counts, strict=True):
        t = np.interp(np.linspace(0, lengths[-1], count + 1), lengths, np.arange(len(stroke)))
        ends_of_chords = spline(t, len(stroke)) @ np.eye(len(points))[[points.index(point) for point in stroke]]
        middles.append((ends_of_chords[1:] + ends_of_chords[:-1]) / 2)
        chords.append(np.diff(ends_of_chords, axis=0))
    return np.concatenate(middles), np.concatenate(chords)


@cache
def skeletons() -> Skeletons:
    """Prepare the table of glyphs for drawing; called once."""
    styles = [(digit, glyph, glyph.strokes()) for digit, glyphs in GLYPHS.items() for glyph in glyphs]
    point_lists = [sorted({point for stroke in strokes for point in stroke}) for _, _, strokes in styles]
    count, width = len(styles), max(map(len, point_lists))
    weights = np.zeros((10, count))
    points = np.zeros((count, width, 2), np.float32)
    next_points = np.tile(np.arange(width), (count, 1))
    middles, chords = np.zeros((2, count, CHORDS, width), np.float32)
    for style, ((digit, glyph, strokes), own) in enumerate(zip(styles, point_lists, strict=True)):
        weights[digit, style] = glyph.weight
        points[style, : len(own)] = np.array(own) - (np.max(own, axis=0) + np.min(own, axis=0)) / 2
        middles[style, :, : len(own)], chords[style, :, : len(own)] = curves(strokes, own)
        visits = [point for stroke in strokes for point in stroke]
        for stroke in strokes:
            for tip, neighbour in (stroke[:2], stroke[:-3:-1]):
                if visits.count(tip) == 1:
                    next_points[style, own.index(tip)] = own.index(neighbour)
    cumulative = weights.cumsum(axis=1)
    return Skeletons(cumulative / cumulative[:, -1:], points, next_points, middles, chords)


def between(bounds: tuple[float, float], rng: Generator, *shape: int) -> Floats:
    """Return numbers that are uniform between two bounds."""
    low, high = bounds
    numbers: Floats = low + (high - low) * rng.random(shape, dtype=np.float32)
    return numbers


def log_between(bounds: tuple[float, float], rng: Generator, *shape: int) -> Floats:
    """Return positive numbers whose logarithms are uniform between those of two bounds."""
    low, high = bounds
    return np.exp(between((math.log(low), math.log(high)), rng, *shape))


def waves(points: Floats, limits: tuple[float, float], rng: Generator) -> Floats:
    """Return displacements of points, (N, C, 2): Σ_k a_k sin(2π (f_k · x + φ_k)), with `limits` for a and f."""
    amplitude, frequency = ((-limit, limit) for limit in limits)
    phases = points @ between(frequency, rng, len(points), 2, 4) + between((0, 1), rng, len(points), 1, 4)
    displacements: Floats = np.sin(2 * math.pi * phases) @ between(amplitude, rng, len(points), 4, 2)
    return displacements


def choose(labels: Bytes, rng: Generator) -> Indices:
    """Return a style for each label, (N,), each with the probability of its weight among the styles of the digit."""
    passed: Indices = (skeletons().cumulative[labels] <= rng.random((len(labels), 1))).sum(axis=1)
    return passed


def deform(points: Floats, next_points: Floats, rng: Generator) -> Floats:
    """Return control points, (N, C, 2), as no two hands place them; `next_points`, alike, are those of `Skeletons`.

    In this order: each point slips; free tips move along their stroke; the plane is bent, x += B (x², xy, y²), and
    waves, x += Σ_k a_k sin(2π f_k · x + φ_k); it is stretched, slanted and turned by a matrix.
    """
    images = len(points)

    def within(limit: float, *shape: int) -> Floats:
        return between((-limit, limit), rng, images, *shape)

    points = points + within(TIP, points.shape[1], 1) * (points - next_points) + within(JITTER, *points.shape[1:])

    x, y = points[..., :1], points[..., 1:]
    points += np.concatenate([x * x, x * y, y * y], axis=2) @ within(BEND, 3, 2)
    points += waves(points, WAVE, rng)

    stretch, lean = log_between(STRETCH, rng, images), between(LEAN, rng, images)
    cos, sin = np.cos(turn := within(TURN)), np.sin(turn)
    matrix = np.stack([stretch * cos, stretch * sin, -lean * cos - sin, -lean * sin + cos], axis=1)
    turned: Floats = points @ matrix.reshape(-1, 2, 2)
    return turned


def fit(points: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Return points, (N, P, 2), placed in the box for a pen of `radius` pixels, (N,), and their scale, (N, 1).

    The longer side of the ink spans the box; the shorter one lies in its middle, starting at a whole pixel.
    """
    low, high = points.min(axis=1), points.max(axis=1)
    room = BOX - 2 * radius[:, None]
    scale = room / (high - low).max(axis=1, keepdims=True)
    start = radius[:, None] + np.floor((room - (high - low) * scale) / 2)
    return (points - low[:, None]) * scale[..., None] + start[:, None], scale


def ink(points: Floats, lengths: Floats, radii: Floats, radius: Floats) -> Floats:
    """Return the ink, (N, BOX, BOX) from 0 to 1, of a round pen led along chords.

    Shapes: points (N, P, 2), the chords' midpoints in pixels; lengths (N, P), those of the chords; radii (N, P), the
    pen's there; radius (N,), the pen's on average, which decides how soft edges are.

    A chord of length l and pen radius r leaves a splat of weight l exp(r² / 2σ²) / (σ √(2π)); a line of them adds up to

        S(x) = Σ_p weight_p exp(-|x - x_p|² / 2σ²) = exp((r² - d²) / 2σ²)

    at distance d from the line, because a Gaussian integrates to σ √(2π) along it. So 2σ² log S = r² - d² is the power
    of the pixel with respect to the pen: zero at the edge, whatever the radius there. A splat is a factor in x times a
    factor in y, so S is a matrix product. Where lines meet their splats add up, and the corner fills a little with ink.
    """
    centres = np.arange(BOX, dtype=np.float32) + 0.5
    splats = points[..., None] - centres
    splats *= splats
    splats *= -1 / (2 * SPLAT**2)
    np.exp(np.maximum(splats, FAINTEST, out=splats), out=splats)
    weights = lengths * np.exp(radii**2 / (2 * SPLAT**2)) / (SPLAT * math.sqrt(2 * math.pi))
    rows = splats[:, :, 1] * weights[..., None]
    density = rows.transpose(0, 2, 1) @ splats[:, :, 0]
    power = 2 * SPLAT**2 * np.log(density + 1e-30)
    radius = radius[:, None, None]
    distance = np.sqrt(np.maximum(radius**2 - power, 0))
    inked: Floats = np.clip(0.5 + SOFTNESS * (radius - distance), 0, 1)
    return inked


def write(labels: Bytes, rng: Generator) -> Bytes:
    """Return images, (N, SIDE, SIDE), of the digits `labels`, (N,)."""
    table, style = skeletons(), choose(labels, rng)
    control = table.points[style]
    control = deform(control, np.take_along_axis(control, table.next_points[style][..., None], axis=1), rng)
    shape: Floats = table.middles[style] @ control
    chords = table.chords[style] @ control
    shape += waves(shape, TREMOR, rng)

    radius: Floats = np.sqrt(log_between(RADIUS, rng, 2, len(labels)).prod(axis=0))
    swells = between((-SWELLS, SWELLS), rng, len(labels), 2, 1)
    phase = between((0, 2 * math.pi), rng, len(labels), 1)
    radii = radius[:, None] * (1 + PRESSURE * np.sin((shape @ swells)[..., 0] + phase))

    points, scale = fit(shape, radius)
    return centre(ink(points, scale * np.hypot(chords[..., 0], chords[..., 1]), radii, radius))


def draw(count: int, seed: int, stream: Stream, on_block: Callable[[int], object] | None = None) -> tuple[Bytes, Bytes]:
    """Return `count` images, (count, 28, 28), and their labels, (count,): the same for the same seed and stream.

    They are the same to the byte on one kind of processor; on another, a pixel in a million may differ by rounding.
    Streams of one seed are independent: see `streams`. Labels are balanced, to within one, in every block of
    `BLOCK` images, and shuffled there; each block has a generator of its own, so a larger count adds blocks and
    changes none. `on_block` is called after each block with the number of images in it.
    """
    images, labels = np.empty((count, SIDE, SIDE), np.uint8), np.empty(count, np.uint8)
    for block, start in enumerate(range(0, count, BLOCK)):
        rng = generator(seed, stream, block)
        part = slice(start, start + BLOCK)
        labels[part] = rng.permutation(np.arange(len(labels[part])) % 10)
        images[part] = write(labels[part], rng)
        if on_block:
            on_block(len(labels[part]))
    return images, labels
