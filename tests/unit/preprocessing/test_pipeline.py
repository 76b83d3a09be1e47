"""From pictures to images: what is an image already stays as it is, and photographs are read."""

import numpy as np
import pytest

from mnist_bp.config import rule_of
from mnist_bp.data import synthetic
from mnist_bp.data.archives import ARCHIVES
from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing import strokes
from mnist_bp.preprocessing.pipeline import PREPROCESSING, prepare
from mnist_bp.streams import TEST_DIGITS
from tests.helpers.photographs import drawn, photograph, written

DIGITS, LABELS = synthetic.draw(40, 0, TEST_DIGITS)


def test_an_image_that_is_made_so_already_stays_as_it_is_and_so_does_its_negative() -> None:
    for digit in DIGITS:
        for given in (digit, 255 - digit, digit / 255):
            (found,) = prepare(given, "mnist")
            np.testing.assert_array_equal(found.image, digit)
            assert found.box == (0, 0, 28, 28)


@pytest.mark.parametrize("scale", [2, 7])
def test_an_enlarged_digit_becomes_nearly_what_it_was_wherever_it_lies(scale: int) -> None:
    """The mean of its pixels is 30 to 40; half a pixel of shift each way and the box's rounding are what remains."""
    for digit in DIGITS[:5]:
        large = np.kron(digit, np.ones((scale, scale), np.uint8))
        page = np.pad(large, ((30, 5 * scale), (3 * scale, 60)))
        (found,) = prepare(255 - page, "mnist")
        assert np.abs(found.image - digit.astype(float)).mean() < 15
        left, top, right, bottom = found.box
        rows, columns = (np.flatnonzero((page > 127).any(axis=axis)) for axis in (1, 0))
        assert np.abs([left - columns[0], top - rows[0], right - columns[-1] - 1, bottom - rows[-1] - 1]).max() <= scale


@pytest.mark.parametrize("number", range(3))
def test_a_picture_of_strokes_gives_nearly_what_the_strokes_themselves_do(number: int) -> None:
    """The definition for strokes knows where they are; here they are found in a picture of 40 pixels for one."""
    (lines,) = drawn(LABELS[number : number + 1], np.random.default_rng(number))
    itself = 255 * strokes.draw([*lines])
    page = written(lines, 800, 800 / 20 * strokes.PEN)
    (found,) = prepare(1 - np.pad(page, 50), "mnist")
    assert np.abs(found.image - itself).mean() < 5  # of 30 to 40


@pytest.mark.parametrize("seed", range(4))
def test_all_digits_of_a_photograph_are_found(seed: int) -> None:
    """How well they are read is what scripts/read_photographs.py measures."""
    rng = np.random.default_rng(seed)
    labels = LABELS[: seed + 1 if seed % 2 else 1]
    shot = photograph([*DIGITS[: len(labels)]] if seed % 3 else [*drawn(labels, rng)], rng, seed % 4 == 3)
    found = prepare(shot.content, "mnist")
    assert len(found) == len(labels)
    lefts = [each.box[0] for each in found]
    assert lefts == sorted(lefts)
    assert all(each.image.max() > 200 for each in found)


def test_a_box_is_in_pixels_of_the_upright_picture() -> None:
    page = np.full((2000, 3000), 255, np.uint8)
    page[400:1400, 600:700] = 0
    (found,) = prepare(page, "mnist")
    np.testing.assert_allclose(found.box, (600, 400, 700, 1400), atol=3)


def test_a_light_table_around_the_paper_is_no_digit() -> None:
    page = np.full((300, 400), 255, np.uint8)
    page[30:270, 40:360] = 170
    page[100:200, 200:212] = 80
    (found,) = prepare(page, "mnist")
    assert found.box == (200, 100, 212, 200)


BLANK = {"white": np.full((50, 50), 255), "black": np.zeros((28, 28), int), "of one pixel": np.zeros((1, 1), int)}


@pytest.mark.parametrize("page", BLANK.values(), ids=BLANK)
@pytest.mark.parametrize("preprocessing", ["mnist", "resize"])
def test_a_blank_picture_is_refused(page: np.ndarray, preprocessing: str) -> None:
    with pytest.raises(BpError, match=r"expected a .*picture.*; (found nothing|got a blank)") as caught:
        prepare(page, preprocessing)
    assert caught.value.code == Exit.NO_DATA


def test_a_whole_picture_becomes_a_square_light_on_dark() -> None:
    """Rows of 4 pixels each, of 112: the third to the ninth of 28 are a coat, half as dark as the darkest."""
    page = np.full((112, 56), 250, np.uint8)
    page[8:36, 8:48] = 130
    page[60:64, 8:48] = 10
    (found,) = prepare(page, "resize")
    expected = np.zeros((28, 28), int)
    expected[2:9, 9:19] = 128
    expected[15, 9:19] = 255
    np.testing.assert_allclose(found.image, expected, atol=1)
    assert found.box == (0, 0, 56, 112)
    np.testing.assert_array_equal(prepare(255 - page, "resize")[0].image, found.image)


def test_a_whole_picture_of_the_right_size_stays_as_it_is(rng: np.random.Generator) -> None:
    page = rng.integers(0, 256, (28, 28))
    np.testing.assert_array_equal(prepare(page, "resize")[0].image, page)


def test_every_name_of_a_preparation_is_known() -> None:
    assert {*PREPROCESSING} == {*rule_of("data.preprocessing").choices}
    assert {archives.preprocessing for archives in ARCHIVES.values()} <= {*PREPROCESSING}


def test_a_pattern_is_refused_in_words() -> None:
    pattern = np.tile(np.pad(np.zeros((7, 6), np.uint8), ((0, 5), (0, 6)), constant_values=255), (40, 40))
    with pytest.raises(BpError, match="at most 1,000 digits in a picture; found 1,") as caught:
        prepare(pattern, "mnist")
    assert caught.value.code == Exit.NO_DATA
