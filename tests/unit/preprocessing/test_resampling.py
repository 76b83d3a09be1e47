"""New pixels out of old ones, with values worked out by hand."""

import numpy as np

from mnist_bp.preprocessing.resampling import enlarged, reduced, resampled

PIXELS = np.array([[0, 4], [8, 12]], np.float32)


def test_a_new_pixel_is_the_mean_of_what_it_covers_and_outside_is_nothing() -> None:
    """From (½, ½) on, ½ wide: a quarter of each old pixel; from (1, 1) on, 2 wide: the last one and nothing."""
    np.testing.assert_array_equal(resampled(PIXELS, (0.5, 0.5), 1, (1, 1)), [[(0 + 4 + 8 + 12) / 4]])
    np.testing.assert_array_equal(resampled(PIXELS, (1, 1), 2, (1, 1)), [[12 / 4]])


def test_whole_pixels_move_unchanged() -> None:
    np.testing.assert_array_equal(
        resampled(PIXELS, (-1, -2), 1, (4, 5)), [[0] * 5, [0, 0, 0, 4, 0], [0, 0, 8, 12, 0], [0] * 5]
    )


def test_equal_parts_are_averaged() -> None:
    """Two rows as they are; of three columns out of two, the middle one is half of each."""
    np.testing.assert_allclose(reduced(PIXELS, (2, 3)), [[0, 2, 4], [8, 10, 12]], atol=1e-5)


def test_between_the_middles_of_pixels_is_a_straight_line() -> None:
    np.testing.assert_array_equal(enlarged(PIXELS[:1], (1, 4)), [[0, 1, 3, 4]])
