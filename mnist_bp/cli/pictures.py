"""Images on stdout, side by side, in a style that it can show."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mnist_bp.cli import terminal
from mnist_bp.cli.terminal import width

if TYPE_CHECKING:
    from mnist_bp.report.blocks import Style
    from mnist_bp.report.images import Pixels

GAP = "  "


def style() -> "Style":
    """Return greys where there are colours; else what the encoding can hold."""
    from mnist_bp.report.blocks import BLOCKS, Style

    if not holds(BLOCKS):
        return Style.ASCII
    return Style.GREYS if terminal.coloured(sys.stdout) else Style.BLOCKS


def holds(characters: str) -> bool:
    """Whether the encoding of stdout has these characters."""
    try:
        characters.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def rows(images: "Pixels", names: Sequence[str], style: "Style") -> Iterator[str]:
    """Yield lines with a name above each image, at half its size unless it is to be in ASCII, which takes the whole."""
    from mnist_bp.report import blocks

    shrink = 1 if style is blocks.Style.ASCII else 2
    pictures = [blocks.text(image, style, shrink) for image in images]
    wide = -(-images.shape[2] // shrink)
    fit = max((terminal.room(sys.stdout) + len(GAP)) // (wide + len(GAP)), 1)
    for start in range(0, len(pictures), fit):
        if start:
            yield ""
        yield GAP.join(name + " " * (wide - width(name)) for name in names[start : start + fit]).rstrip()
        for lines in zip(*pictures[start : start + fit], strict=True):
            yield GAP.join(lines).rstrip()
