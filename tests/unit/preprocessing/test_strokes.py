"""Strokes become images as MNIST's were made: only the shape that was drawn counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mnist_bp.data.centring import BOX, SIDE
from mnist_bp.preprocessing.strokes import PEN, draw, fit, ink, smooth

Strokes = list[np.ndarray]


@st.composite
def drawings(drawn: st.DrawFn) -> Strokes:
    """Return strokes as a pad gives them: few or many points, on whole pixels, many of them one on another."""
    counts = drawn(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    return [drawn(arrays(np.float64, (count, 2), elements=st.integers(0, 40).map(float))) for count in counts]


def mass(image: np.ndarray) -> np.ndarray:
    """Return the centre of mass (x, y) of an image."""
    middles = np.arange(SIDE) + 0.5
    centre: np.ndarray = np.array([image.sum(axis=0) @ middles, image.sum(axis=1) @ middles]) / image.sum()
    return centre


def circle(count: int) -> np.ndarray:
    angles = 2 * math.pi * np.arange(count + 1) / count
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


@settings(max_examples=25)
@given(drawings())
def test_neither_place_nor_size_of_a_drawing_matters(strokes: Strokes) -> None:
    image = draw(strokes)
    assert np.isfinite(image).all()
    assert 0 <= image.min() < image.max() <= 1
    np.testing.assert_allclose(draw([2 * stroke for stroke in strokes]), image, rtol=0, atol=1e-9)
    np.testing.assert_allclose(draw([3.7 * stroke + (100.3, -20.1) for stroke in strokes]), image, rtol=0, atol=1e-9)


@settings(max_examples=25)
@given(drawings())
def test_points_where_the_pen_stands_still_change_nothing(strokes: Strokes) -> None:
    np.testing.assert_array_equal(draw([np.repeat(stroke, 3, axis=0) for stroke in strokes]), draw(strokes))


@settings(max_examples=25)
@given(drawings())
def test_the_ink_fills_a_box_with_its_centre_of_mass_in_the_middle_of_the_image(strokes: Strokes) -> None:
    """Strokes this light in their parts never come to the border."""
    image = draw(strokes)
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) <= BOX + 1  # BOX + 2 pixels, the outer ones in part
    np.testing.assert_allclose(mass(image), 14.5, rtol=0, atol=0.1)  # a little changes as ink moves across pixels


@pytest.mark.parametrize("turns", range(4))
def test_ink_that_is_heavy_at_one_side_stops_at_the_border(turns: int) -> None:
    """A hammer whose head, 4 by 20 pixels, has twice the mass of its handle: their middle is 5 from that of the box."""
    head = [[(x, -10), (x, 10)] for x in (7, 8, 9, 10)]
    handle = [[(-10, 0), (10, 0)]]
    turned = np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), turns)
    image = np.rot90(draw([np.array(stroke) @ turned for stroke in head + handle]), turns)
    assert image[:, 0].max() == pytest.approx(1)
    assert image[:, BOX:].max() < 1e-12


def test_a_straight_stroke_fills_the_box_with_a_line_of_the_pens_width() -> None:
    """Its mass is at (14.5, 14.5): in y the pen covers 1.1 on either side, pixel 14 and 0.6 of 13 and 15."""
    image = draw([[(0, 0), (3, 0)]])
    np.testing.assert_allclose(image[12:17, 10:19], np.tile([[0], [0.6], [1], [0.6], [0]], 9), atol=1e-12)
    np.testing.assert_allclose(image[14, [4, 5, 23, 24]], [0.5, 1, 1, 0.5], atol=1e-12)  # from 4.5 to 24.5
    assert image[14, [3, 25]].tolist() == [0, 0]
    np.testing.assert_allclose(image.sum(), (BOX - PEN) * PEN + math.pi * PEN**2 / 4, rtol=0.01)


def test_ink_is_the_area_that_the_pen_covers() -> None:
    """Counted on a grid of 20 × 20 points a pixel, for a slanted line and a dot."""
    fine = (np.arange(20 * SIDE) + 0.5) / 20
    for start, end in (((5.3, 20.1), (20.7, 9.9)), ((14.2, 13.7), (14.2, 13.7))):
        (x0, y0), (dx, dy) = start, np.subtract(end, start)
        x, y = np.meshgrid(fine - x0, fine - y0)
        along = np.clip((x * dx + y * dy) / max(dx**2 + dy**2, 1e-9), 0, 1)
        covered = np.hypot(x - along * dx, y - along * dy) < PEN / 2
        area = covered.reshape(SIDE, 20, SIDE, 20).mean(axis=(1, 3))
        np.testing.assert_allclose(ink([np.array([start, end])]), area, atol=0.13)
        np.testing.assert_allclose(ink([np.array([start, end])]).sum(), area.sum(), rtol=0.1)


@pytest.mark.parametrize("strokes", [[[(3, 4)]], [[(3, 4)] * 5], [[(3, 4)], [(3, 4), (3, 4)]]])
def test_a_tap_is_a_dot_in_the_middle(strokes: list[list[tuple[int, int]]]) -> None:
    image = draw(strokes)
    np.testing.assert_allclose(image[14, 12:17], [0, 0.6, 1, 0.6, 0], atol=1e-12)
    np.testing.assert_allclose(image, image.T, atol=1e-12)
    assert np.count_nonzero(image > 1e-12) == 9


def test_no_stroke_is_refused() -> None:
    with pytest.raises(ValueError, match="one stroke or more; got none"):
        draw([])


def test_the_ink_fills_the_box_along_its_longer_side_and_keeps_its_shape() -> None:
    tall = [np.array([(5, 50), (25, 90)]), np.array([(15.0, 10)])]
    points = np.concatenate(fit(tall))
    room = BOX - PEN
    np.testing.assert_allclose(points - BOX / 2, [(-room / 8, 0), (room / 8, room / 2), (0, -room / 2)], atol=1e-12)


def test_a_curve_passes_through_its_points_and_few_of_them_make_a_circle_round() -> None:
    for count, most in ((8, 0.05), (16, 0.015)):
        points = circle(count)
        curve = smooth(points)
        np.testing.assert_allclose(curve[:: (len(curve) - 1) // count], points, atol=1e-12)
        off = np.abs(np.hypot(*curve.T) - 1)
        assert off.max() < most < 1 - math.cos(math.pi / count)  # than the polygon's


def test_uneven_points_make_no_loop() -> None:
    """The uniform spline would turn back at the short chord: x + y along (1, 1) would fall."""
    stroke = np.array([(0, 0), (10, 0), (10.2, 0.2), (10.2, 10)])
    assert (np.diff(smooth(stroke) @ (1, 1)) >= 0).all()


def test_more_points_on_the_same_lines_change_an_image_by_little() -> None:
    seven = np.array([(0, 0), (4, 0), (8, 0), (12, 0), (10, 5), (8, 10), (6, 15), (4, 20)], float)
    places = np.arange(0, 7.25, 0.5)
    doubled = np.stack([np.interp(places, np.arange(8), axis) for axis in seven.T], axis=1)
    assert np.abs(draw([doubled]) - draw([seven])).max() < 0.2
