"""Images as text, written down by hand."""

import numpy as np
import pytest

from mnist_bp.report.blocks import Style, text

IMAGE = np.array([[40, 255, 0], [255, 255, 0], [80, 90, 0]], np.uint8)  # one row is without a partner


def test_a_half_block_is_ink_above_a_third() -> None:
    assert text(IMAGE, Style.BLOCKS) == ["▄█ ", " ▀ "]


def test_ascii_shows_the_mean_of_two_pixels_in_ten_shades() -> None:
    assert text(IMAGE, Style.ASCII) == ["+@ ", ".: "]
    shades = np.array([[255 * k // 9 for k in range(10)]] * 2, np.uint8)
    assert text(shades, Style.ASCII) == [" .:-=+*#%@"]


def test_a_terminals_greys_go_to_255_with_the_upper_pixel_in_front() -> None:
    """The faint pixel is 232 + 23 · 40 / 255 = 235.6, the others are 255."""
    assert text(IMAGE[:2, :2], Style.GREYS) == ["\x1b[38;5;236;48;5;255m▀\x1b[38;5;255;48;5;255m▀\x1b[0m"]


@pytest.mark.parametrize("style", Style)
def test_a_shrunk_image_is_the_text_of_the_means(style: Style, rng: np.random.Generator) -> None:
    """Pixels that are repeated twice in both directions are their own means."""
    image = rng.integers(0, 256, (6, 5), dtype=np.uint8)
    assert text(image.repeat(2, axis=0).repeat(2, axis=1), style, shrink=2) == text(image, style)
    assert (
        text(image, Style.ASCII, shrink=2)[0][0]
        == text(np.full((2, 1), image[:4, :2].mean().astype(np.uint8)), Style.ASCII)[0]
    )
