"""Images as text: two pixels in a character, or shades of ink where only ASCII is to be had."""

from enum import Enum

import numpy as np

from mnist_bp.report.images import Pixels

RESET = "\x1b[0m"
BLOCKS, SHADES = " ▀▄█", " .:-=+*#%@"
FAINTEST = 255 / 3  # of what is ink where there is only ink or paper


class Style(Enum):
    """What pixels become: a terminal's 24 greys, ink or paper as half blocks, or ASCII of ten shades."""

    GREYS = "greys"
    BLOCKS = "blocks"
    ASCII = "ASCII"


def text(image: Pixels, style: Style, shrink: int = 1) -> list[str]:
    """Return an image, (H, W) with ink of 255 on paper of 0, as H / shrink / 2 lines of W / shrink characters.

    A character is twice as high as wide, and shows two pixels or their mean, each the mean of `shrink` × `shrink`.
    """
    height, width = (-(-side // step) for side, step in zip(image.shape, (2 * shrink, shrink), strict=True))
    padded = np.zeros((2 * shrink * height, shrink * width))
    padded[: image.shape[0], : image.shape[1]] = image
    pixels = padded.reshape(height, 2, shrink, width, shrink).mean(axis=(2, 4))
    if style is Style.GREYS:
        colours = np.rint(232 + 23 * pixels / 255).astype(int).tolist()
        return [
            "".join(f"\x1b[38;5;{top};48;5;{low}m▀" for top, low in zip(*rows, strict=True)) + RESET for rows in colours
        ]
    if style is Style.BLOCKS:
        inked = pixels > FAINTEST
        return ["".join(BLOCKS[each] for each in row) for row in inked[:, 0] + 2 * inked[:, 1]]
    shades = np.rint(len(SHADES[1:]) * pixels.mean(axis=1) / 255).astype(int)
    return ["".join(SHADES[each] for each in row) for row in shades]
