"""Pictures from outside, of many formats and any size, as grey pixels."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from mnist_bp import regular
from mnist_bp.errors import BpError, Exit
from mnist_bp.extras import extra
from mnist_bp.preprocessing import natural

if TYPE_CHECKING:
    from PIL.Image import Image

Grey: TypeAlias = npt.NDArray[np.float32]
Source: TypeAlias = Path | str | io.BufferedIOBase | bytes | npt.ArrayLike

FORMATS = ("PNG", "JPEG", "PPM", "BMP", "GIF", "TIFF", "WEBP")  # which Pillow decodes without another program
ENDINGS = {".png", ".jpg", ".jpeg", ".pgm", ".ppm", ".pbm", ".pnm", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
MOST = 2**26  # pixels of a picture: as many as most cameras make
ENOUGH = 1200  # pixels of the longer side: of larger pictures, whole blocks of pixels are averaged down to it
LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601
ORIENTATION = 0x0112  # the tag of EXIF


@dataclass(frozen=True)
class Picture:
    """Grey pixels from 0, black, to 255, (H, W), upright; `size` is width and height before it was reduced."""

    grey: Grey
    size: tuple[int, int]


def picture(source: Source) -> Picture:
    """Return the picture in a file, by its path or open, in the bytes of one, or in an array.

    A file is turned as its EXIF data say, and of several frames the first is taken. What is transparent lies on white,
    or on black if what is drawn is light. An array has the shape (H, W), or (H, W, 3) of red, green and blue; it
    holds integers from 0 to 255, or other numbers from 0 to 1.

    Raises BpError (exit 4) for a file that is no picture, or too large a one, OSError for one that cannot be opened,
    and ValueError for an array of another kind.
    """
    if isinstance(source, io.BufferedIOBase):
        source = source.read()
    if isinstance(source, bytes):
        return _decoded(io.BytesIO(source))
    if isinstance(source, (str, Path)):
        with regular.opened(Path(source)) as file:
            return _decoded(file)
    return _of_array(np.asarray(source))


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder by name, which are the files with such an ending; raises BpError if none is."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file()]
    if not found:
        raise BpError("expected a folder with pictures, such as .png or .jpg; got none", code=Exit.NO_DATA)
    return sorted(found, key=lambda path: natural.order(path.name))


def _decoded(file: IO[bytes]) -> Picture:
    with extra("images"):
        from PIL import Image, UnidentifiedImageError
    try:
        with warnings.catch_warnings():  # of large pictures, which are judged here, and of odd metadata
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as image:
                width, height = image.size
                if width * height <= MOST:
                    image.draft("RGB", (ENOUGH, ENOUGH))
                    image.load()
                    orientation = image.getexif().get(ORIENTATION, 1)
                    size = (height, width) if orientation in {5, 6, 7, 8} else (width, height)
                    return Picture(_upright(_grey(image), orientation), size)
    except Image.DecompressionBombError:
        pass
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything for files that are broken
        unknown = isinstance(error, UnidentifiedImageError)
        raise BpError(
            f"expected a picture; got {'another kind of file' if unknown else f'a broken one: {error}'}",
            code=Exit.NO_DATA,
            hint="PNG, JPEG, PGM, BMP, GIF, TIFF and WebP are read; other formats, such as HEIC, save as JPEG first",
        ) from error
    raise BpError(f"expected a picture of at most {MOST:,} pixels; got a larger one", code=Exit.NO_DATA)


def _grey(image: "Image") -> Grey:
    """Return the pixels of a picture, reduced if it is large."""
    if image.mode.startswith(("I", "F")):  # 16 bits or more
        pixels = np.nan_to_num(np.asarray(image, np.float32))
        return _reduced(pixels * np.float32(255 / (65535 if image.mode[0] == "I" else max(pixels.max(), 1))))
    if not image.has_transparency_data:
        return np.asarray(image.convert("L").reduce(_factor(image.size)), np.float32)
    layers = np.asarray(image.convert("LA").reduce(_factor(image.size)), np.float32)
    grey, alpha = layers[..., 0], layers[..., 1] / np.float32(255)
    under = np.float32(0 if (grey * alpha).sum() > 255 / 2 * alpha.sum() else 255)
    return np.asarray(grey * alpha + under * (1 - alpha))


def _upright(grey: Grey, orientation: int) -> Grey:
    """Return pixels as EXIF's orientation, from 1 to 8, has them; others, which say nothing, change nothing."""
    grey = grey.T if orientation in {5, 6, 7, 8} else grey
    return grey[:: -1 if orientation in {3, 4, 7, 8} else 1, :: -1 if orientation in {2, 3, 6, 7} else 1]


def _of_array(pixels: npt.NDArray[np.generic]) -> Picture:
    if pixels.ndim not in (2, 3) or 0 in pixels.shape or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError(f"expected an array of shape (H, W) or (H, W, 3); got {pixels.shape}")
    if pixels.dtype.kind not in "biuf":
        raise ValueError(f"expected an array of numbers; got {pixels.dtype}")
    highest = 255 if pixels.dtype.kind in "iu" else 1
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= highest):
        kind = "integers from 0 to 255, or other numbers from 0 to 1"
        raise ValueError(f"expected {kind}; got {pixels.dtype} from {low} to {high}")
    grey = pixels.astype(np.float32) * np.float32(255 / highest)
    if grey.ndim == 3:
        grey = grey @ np.array(LUMINANCE, np.float32)
    return Picture(_reduced(grey), (grey.shape[1], grey.shape[0]))


def _reduced(grey: Grey) -> Grey:
    """Return the means of square blocks of pixels, if there are too many; those at the far edges may be smaller."""
    step = _factor(grey.shape)
    for axis in (0, 1) if step > 1 else ():
        starts = np.arange(0, grey.shape[axis], step)
        counts = np.diff(starts, append=grey.shape[axis]).astype(np.float32)
        grey = np.asarray(np.add.reduceat(grey, starts, axis) / (counts[:, None] if axis == 0 else counts), np.float32)
    return grey


def _factor(size: tuple[int, ...]) -> int:
    """Return how many pixels become one, along each side."""
    return -(-max(size) // ENOUGH)
