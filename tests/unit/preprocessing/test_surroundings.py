"""A table around the paper, or black corners of a turned picture, are taken for paper; shadows and chalk are not."""

import numpy as np
import pytest
from PIL import Image

from mnist_bp.preprocessing.pictures import Grey
from mnist_bp.preprocessing.surroundings import without_surroundings

PAPER = 220.0


def sheet(turn: float, part: float, table: float) -> Grey:
    """Return a sheet with two strokes that takes a part of the width and height of a picture."""
    side = round(200 * part)
    paper = np.full((side, side), PAPER, np.float32)
    paper[side // 3 : side // 2, side // 3 : side // 3 + 8] = 60
    paper[side // 2 : side // 2 + 8, side // 3 : side // 2] = 60
    turned = Image.fromarray(paper - table).rotate(turn, Image.Resampling.BILINEAR, expand=True)
    picture = Image.new("F", (240, 240))
    picture.paste(turned, ((240 - turned.width) // 2, (240 - turned.height) // 2))
    return np.asarray(picture) + np.float32(table)


@pytest.mark.parametrize("table", [0, 50, 100])
@pytest.mark.parametrize(("turn", "part"), [(0, 0.8), (7, 0.8), (-12, 0.85), (5, 1.0)])
def test_paper_goes_on_where_a_table_was_and_strokes_stay(turn: float, part: float, table: float) -> None:
    picture = sheet(turn, part, table)
    found = without_surroundings(picture)
    dark = found < 150
    rows, columns = np.nonzero(dark)
    assert dark.sum() == pytest.approx((picture[60:180, 60:180] < 150).sum(), rel=0.02)
    assert 60 < rows.min() < rows.max() < 180
    assert 60 < columns.min() < columns.max() < 180


def test_the_light_of_the_paper_beside_it_goes_on() -> None:
    picture = np.tile(np.linspace(240, 150, 200, dtype=np.float32), (200, 1))
    light = picture[0].copy()
    picture[:60] = 20
    np.testing.assert_allclose(without_surroundings(picture), np.tile(light, (200, 1)), atol=12)


def shaded() -> Grey:
    picture = sheet(0, 1.2, 0)
    picture[:, 120:] *= 0.65
    return picture


def chalk() -> Grey:
    return 255 - sheet(0, 1.2, 0)


def stroke_at_the_edge() -> Grey:
    picture = np.full((100, 100), PAPER, np.float32)
    picture[:90, 45:55] = 30
    return picture


def digit_without_margin() -> Grey:
    """Return a 7 that runs along two edges of the picture."""
    picture = np.full((100, 70), PAPER, np.float32)
    picture[:12] = picture[:, 58:] = 30
    return picture


STAY = [shaded(), chalk(), stroke_at_the_edge(), digit_without_margin(), np.full((1, 1), 9, np.float32)]


@pytest.mark.parametrize("picture", STAY)
def test_shadows_boards_and_strokes_stay_as_they_are(picture: Grey) -> None:
    np.testing.assert_array_equal(without_surroundings(picture), picture)


def test_what_paper_cannot_reach_stays_as_it_is() -> None:
    """The last pixel is no paper, nor are the two beside it, in its shadow; something dark keeps them from the rest."""
    row = np.array([[255, 255, 0, 255, 255, 100]], np.float32)
    np.testing.assert_array_equal(without_surroundings(row), row)
