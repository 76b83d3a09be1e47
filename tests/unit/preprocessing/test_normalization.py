"""Box, pen and centre of the image of a digit, drawn here by its exact outlines."""

import numpy as np
import pytest

from mnist_bp.data.centring import BOX, SIDE
from mnist_bp.preprocessing.normalization import BROADEST, THINNEST, image, stroke_width
from mnist_bp.preprocessing.pictures import Grey
from mnist_bp.preprocessing.resampling import resampled


def ring(radius: float, width: float, stretch: float = 1, margin: int = 5) -> Grey:
    """Return an upright ellipse drawn by a pen, with grey edges: its height is twice the radius."""
    side = int(2 * radius + width) + 2 * margin
    y, x = np.mgrid[: 4 * side, : 4 * side] / 4 - side / 2 + 1 / 8
    from_middle = np.hypot(x / stretch, y)
    fine = (np.abs(from_middle - radius + width / 2) <= width / 2).astype(np.float32)
    return resampled(fine, (0, 0), 4, (side, side))


@pytest.mark.parametrize("width", [1.5, 4, 9])
def test_the_width_of_strokes_is_that_of_the_pen(width: float) -> None:
    """A grid of pixels, not of points, measures edges: within a tenth."""
    line = np.zeros((100, 60), np.float32)
    line[10:90, 20:30] = 1
    assert stroke_width(line) == pytest.approx(2 * 800 / 180, rel=0.01)
    assert stroke_width(ring(30, width)) == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize("radius", [8, 30, 200])
@pytest.mark.parametrize("pen", [0.02, 0.12, 0.3], ids="pen={}".format)
def test_any_size_and_pen_fills_the_box_with_a_usual_pen(radius: float, pen: float) -> None:
    """`pen` is relative to the digit's height; that of the result may lie a quarter of a pixel beyond the range."""
    found = image(ring(radius, max(2 * radius * pen, 1)))
    rows, columns = (np.flatnonzero((found > 127).any(axis=axis)) for axis in (1, 0))
    for inked in (rows, columns):
        assert abs(inked[-1] + 1 - inked[0] - BOX) <= 1
    assert THINNEST - 0.3 <= stroke_width(np.asarray(found / 255, np.float32)) <= BROADEST + 0.3
    assert found.max() > 200


def test_a_narrow_digit_keeps_its_shape() -> None:
    found = image(ring(60, 12, stretch=0.5)) > 127
    assert abs(found.any(axis=0).sum() - BOX / 2) <= 1
    assert abs(found.any(axis=1).sum() - BOX) <= 1


@pytest.mark.parametrize("size", [30, 100, 300])
def test_the_centre_of_mass_is_that_of_pixel_14(size: int) -> None:
    """A 6 without its curve: heavier below than above, and on the left."""
    ink = np.zeros((size, size), np.float32)
    pen = size // 10
    ink[:, :pen] = ink[-pen:, : size // 2] = ink[size // 2 : size // 2 + pen, : size // 2] = 1
    found = image(ink).astype(float)
    for axis in (0, 1):
        assert abs((found.sum(axis=axis) @ np.arange(SIDE)) / found.sum() - SIDE // 2) < 0.05


def test_what_is_heavy_at_one_end_stays_in_the_image() -> None:
    ink = np.zeros((100, 100), np.float32)
    ink[:40, 40:60] = 1
    ink[:, 48:52] = 1
    found = image(ink)
    assert (found > 127).any(axis=1).sum() >= BOX - 1


def test_what_has_the_size_already_moves_by_whole_pixels(rng: np.random.Generator) -> None:
    digit = np.zeros((BOX, 9), np.float32)
    digit[:, 3:6] = 1
    digit[::3, 0:6:2] = 0.6
    digit[8:11, :] = 1
    ink = np.pad(digit, ((3, 10), (12, 5)))
    found = image(ink)
    windows = np.lib.stride_tricks.sliding_window_view(found, digit.shape)
    assert (windows == np.rint(255 * digit)).all(axis=(2, 3)).sum() == 1
