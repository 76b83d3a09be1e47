"""Arrays as pictures, which Pillow reads back."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from mnist_bp.errors import BpError
from mnist_bp.report import images
from mnist_bp.run.files import MARK

L_SHAPED = np.array([[255, 0], [255, 102]], np.uint8)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3)])
def test_a_png_holds_each_pixel_and_says_who_made_it(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    array = rng.integers(0, 256, shape, dtype=np.uint8)
    image = opened(images.png(array))
    assert np.array_equal(np.asarray(image), array)
    assert image.info["Software"] == MARK
    assert MARK.encode() in images.png(array)  # as `files.save` demands


def test_a_sheet_shows_dark_ink_on_light_paper_in_rows_of_whole_enlarged_pixels() -> None:
    """Two pixels are enlarged 56 times, to the 112 of SIDE; gaps are 12, margins 16."""
    found = images.sheet(np.stack([L_SHAPED] * 3), columns=2)
    assert found.shape == (16 + 112 + 12 + 112 + 16, 16 + 112 + 12 + 112 + 16)
    first = found[16:128, 16:128]
    assert np.array_equal(first, 255 - L_SHAPED.repeat(56, axis=0).repeat(56, axis=1))
    assert np.array_equal(found[16:128, 140:252], first)
    assert np.array_equal(found[140:252, 16:128], first)
    assert (found[140:252, 140:252] == 255).all()  # there is no fourth


def test_digits_are_enlarged_four_times_and_large_images_not_at_all() -> None:
    assert images.sheet(np.zeros((1, 28, 28), np.uint8), 1).shape == (144, 144)
    assert images.sheet(np.zeros((1, 120, 300), np.uint8), 1).shape == (152, 332)


def test_captions_stand_below_their_images_and_names_beside_their_rows() -> None:
    blank = np.zeros((2, 28, 28), np.uint8)
    below = images.sheet(blank, 1, captions=["", "3, said 5\n98 %"])
    assert not (below[:140] < 255).any()
    captioned = images.sheet(blank, 2, captions=["3, said 5\n98 %", ""])
    ink = captioned < 255
    assert not ink[:128].any()
    assert ink[128:150, 16:128].any()
    assert ink[150:172, 16:128].any()
    assert not ink[:, 128:].any()
    named = images.sheet(blank, 1, names=["", "Ankle boot"]) < 255
    assert not named[:144].any()
    assert named[160:230, 16 : named.shape[1] - 16 - 112 - 12].any()


def test_captions_and_names_never_overlap_images() -> None:
    long = "T-shirt/top, said Ankle boot"
    wide = images.sheet(np.zeros((2, 28, 28), np.uint8), 2, captions=[long, long]) < 255
    columns = np.flatnonzero(wide.any(axis=0))
    assert columns[0] >= 16
    assert columns[-1] < wide.shape[1] - 16
    gaps = np.diff(columns)
    assert gaps.max() >= 12  # between the two captions


def test_names_that_the_font_cannot_draw_are_replaced_by_numbers() -> None:
    assert images.drawable(["T-shirt/top", "Ankle boot"]) == ["T-shirt/top", "Ankle boot"]
    assert images.drawable(["お", "き", "a\nb"]) == ["0", "1", "2"]


def test_without_pillow_the_extra_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    for draw in (images.png, lambda pixels: images.sheet(pixels[None], 1), lambda pixels: images.drawable(["a"])):
        with pytest.raises(BpError, match="the library Pillow") as missing:
            draw(L_SHAPED)
        assert missing.value.hint == "pip install 'mnist-bp[report]' installs it"


def test_ink_is_dark_on_light_in_sixteen_greys() -> None:
    assert images.ink(np.array([0, 8, 9, 128, 250, 255], np.uint8)).tolist() == [255, 255, 238, 119, 0, 0]
