"""What is ink: on paper or on a board, in even light or not."""

import numpy as np
import pytest

from mnist_bp.preprocessing.pictures import Grey
from mnist_bp.preprocessing.segmentation import INKED
from mnist_bp.preprocessing.thresholding import ink

SIDE = 150


def cross(width: int = 8) -> Grey:
    """Return where a cross is, its lines so many pixels wide: 1, and 0 elsewhere."""
    where = np.zeros((SIDE, SIDE), np.float32)
    start = (SIDE - width) // 2
    where[30:120, start : start + width] = where[start : start + width, 40:110] = 1
    return where


ramp = np.linspace(1, 0.5, SIDE, dtype=np.float32)
LIGHTS = {
    "even light": np.ones((SIDE, SIDE), np.float32),
    "light from a side": np.tile(ramp, (SIDE, 1)),
    "light from a corner": np.outer(ramp, ramp),
    "a shadow": np.tile(np.where(np.arange(SIDE) < 60, 1, 0.55).astype(np.float32), (SIDE, 1)),
}
COLOURS = {"dark on light": (240, 60), "pencil": (235, 170), "light on dark": (40, 200), "black and white": (255, 0)}


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
@pytest.mark.parametrize(("paper", "pen"), COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("width", [3, 8, 20])
def test_ink_is_found_in_any_colour_and_light(paper: int, pen: int, light: Grey, width: int) -> None:
    where = cross(width)
    if paper < pen and (light < 1).any():
        light = np.sqrt(light)  # of which light ink does not take away, but adds
    noise = np.random.default_rng(0).normal(0, 2, where.shape)
    found = ink(np.asarray((paper + (pen - paper) * where) * light + noise, np.float32).clip(0, 255))
    assert (found[where == 1] > INKED).mean() > 0.98
    assert (found[where == 0] > INKED).mean() < 0.003  # of a sharp shadow, the edge


def test_grey_edges_are_a_part_of_full_ink() -> None:
    where = cross()
    where[30, 71:79] = 0.5
    found = ink(255 - 200 * where)
    assert 0.3 < found[30, 73] < 0.7
    assert found.max() == 1


BLANK = {
    "white": np.full((SIDE, SIDE), 255.0),
    "black": np.zeros((SIDE, SIDE)),
    "grey": np.full((SIDE, SIDE), 99.0),
    "shaded": 200 * LIGHTS["light from a corner"],
    "noise": np.random.default_rng(0).normal(128, 12, (SIDE, SIDE)),
    "a pixel": np.full((1, 1), 7.0),
    "two pixels": np.array([[0.0, 255.0]]),
}


@pytest.mark.parametrize("grey", BLANK.values(), ids=BLANK)
def test_on_blank_paper_there_is_no_ink(grey: Grey) -> None:
    assert not ink(np.asarray(grey, np.float32)).any()
