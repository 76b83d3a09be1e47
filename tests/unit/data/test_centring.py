"""Boxes are placed as MNIST's were: by their centre of mass, in whole pixels, and within the image."""

import numpy as np
import pytest

from mnist_bp.data.centring import BOX, SIDE, centre


def test_ink_is_placed_by_its_centre_of_mass_by_whole_pixels_and_never_out_of_the_image() -> None:
    boxes = np.zeros((3, BOX, BOX), np.float32)
    boxes[0, 9, 6] = 1
    boxes[1, 10:12, 7] = 0.5
    boxes[1, 11, 8] = 0.5
    boxes[2, 0, 19] = 1
    images = centre(boxes)
    assert {tuple(map(int, spot)) for spot in np.argwhere(images)} == {
        (0, 14, 14),
        (1, 13, 14),  # its centre of mass, (10.67, 7.33), rounds to (11, 7)
        (1, 14, 14),
        (1, 14, 15),
        (2, 8, 19),  # a box at the border goes no further
    }
    assert images.max(axis=(1, 2)).tolist() == [255, 128, 255]


def test_the_whole_box_is_kept_as_bytes(rng: np.random.Generator) -> None:
    boxes = rng.random((5, BOX, BOX), dtype=np.float32)
    images = centre(boxes)
    assert images.shape == (5, SIDE, SIDE)
    assert images.dtype == np.uint8
    np.testing.assert_allclose(images.sum(axis=(1, 2)), 255 * boxes.sum(axis=(1, 2)), rtol=0.005)  # rounded each


@pytest.mark.parametrize("grey", [0.1, 1.0])
def test_the_place_depends_on_where_the_ink_is_and_not_on_how_much_there_is(grey: float) -> None:
    """Rows 8 to 12 and columns 5 to 7 have their middle at (10, 6), which goes to (14, 14)."""
    box = np.zeros((1, BOX, BOX), np.float32)
    box[0, 8:13, 5:8] = grey
    rows, columns = centre(box)[0].nonzero()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (12, 16, 13, 15)
