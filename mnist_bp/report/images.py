"""Arrays of pixels as pictures: PNG files, and contact sheets of examples in dark ink on white paper."""

import io
from collections.abc import Sequence
from math import ceil

import numpy as np
import numpy.typing as npt

from mnist_bp.data.dataset import Dataset
from mnist_bp.errors import BpError, Exit
from mnist_bp.extras import extra
from mnist_bp.run.files import MARK

Pixels = npt.NDArray[np.uint8]

PAPER, INK = 255, 0
GREYS = 16  # which nobody can tell from 256, in two thirds of the bytes
SIDE = 112  # of an example on a sheet, or the next larger that whole pixels give
GAP, MARGIN = 12, 16  # in pixels: between examples, and around all of them
TEXT, NAME = 16, 24  # sizes of letters: in captions, and in names beside rows


def require_images(dataset: Dataset) -> None:
    """Raise BpError (exit 2) for a data set of points or numbers."""
    if len(dataset.shape) != 2:
        message = f"data set {dataset.name}: expected images; got examples that are plain numbers"
        raise BpError(message, code=Exit.USAGE)


def png(array: Pixels) -> bytes:
    """Return grey pixels, (H, W), or colours, (H, W, 3), as a PNG file."""
    with extra("report"):
        from PIL import Image, PngImagePlugin
    about = PngImagePlugin.PngInfo()
    about.add_text("Software", MARK)
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG", pnginfo=about)
    return file.getvalue()


def ink(pixels: Pixels) -> Pixels:
    """Return images, light on dark as in the data set, dark on light as on paper."""
    step = PAPER // (GREYS - 1)
    return (PAPER - np.rint(pixels / step) * step).astype(np.uint8)


def enlarged(array: Pixels, scale: int) -> Pixels:
    """Return pixels, each of them repeated `scale` times in both directions."""
    return np.ascontiguousarray(array.repeat(scale, axis=0).repeat(scale, axis=1))


def drawable(names: Sequence[str]) -> list[str]:
    """Return names of classes that the font of `sheet` can draw; for those that it cannot, their numbers."""
    with extra("report"):
        from PIL import ImageFont
    font = ImageFont.load_default(TEXT)

    def drawn(character: str) -> bytes:
        return bytes(font.getmask(character))

    missing = drawn("\uffff")
    return [
        name if name.isprintable() and missing not in map(drawn, name) else str(number)
        for number, name in enumerate(names)
    ]


def sheet(images: Pixels, columns: int, captions: Sequence[str] = (), names: Sequence[str] = ()) -> Pixels:
    """Return a picture, (H, W), of images, (N, rows, columns), in rows of so many.

    They are drawn by `ink`. Captions, of one line or more, come below the images, and names beside the rows.
    """
    with extra("report"):
        from PIL import Image, ImageDraw, ImageFont
    font, large = ImageFont.load_default(TEXT), ImageFont.load_default(NAME)
    scale = -(-SIDE // max(images.shape[1:]))
    height, width = (scale * side for side in images.shape[1:])
    lines = max((caption.count("\n") + 1 for caption in captions), default=0)
    leading = TEXT + 4

    widest = max((font.getlength(line) for caption in captions for line in caption.split("\n")), default=0)
    left = MARGIN + (ceil(max(map(large.getlength, names))) + GAP if names else 0)
    cell_width, cell_height = max(width, ceil(widest)) + GAP, height + lines * leading + GAP
    rows = -(-len(images) // columns)
    size = left + columns * cell_width - GAP + MARGIN, 2 * MARGIN + rows * cell_height - GAP
    picture = Image.new("L", size, PAPER)
    draw = ImageDraw.Draw(picture)
    for row, name in enumerate(names):
        middle = MARGIN + row * cell_height + height // 2
        draw.text((left - GAP, middle), name, INK, large, anchor="rm")
    for number, image in enumerate(images):
        x, y = left + number % columns * cell_width, MARGIN + number // columns * cell_height
        centre = x + (cell_width - GAP) // 2
        picture.paste(Image.fromarray(enlarged(ink(image), scale)), (centre - width // 2, y))
        for line, text in enumerate(captions[number].split("\n") if captions else []):
            draw.text((centre, y + height + 4 + line * leading), text, INK, font, anchor="ma")
    return np.asarray(picture)
