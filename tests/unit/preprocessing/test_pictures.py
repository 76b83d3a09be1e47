"""Pictures of many formats, and what is none; a picture here is dark on the left and light on the right."""

import io
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing import pictures
from mnist_bp.preprocessing.pictures import picture, pictures_in

GREY = np.array([[10] * 6 + [200] * 4], np.uint8).repeat(5, axis=0)  # (5, 10)
ABOUT: dict[str, dict[str, Any]] = {
    "PNG": {},
    "PPM": {},
    "BMP": {},
    "GIF": {},
    "TIFF": {},
    "JPEG": {"quality": 100},
    "WEBP": {"lossless": True},
}


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ABOUT)
def test_every_format_gives_its_pixels(kind: str) -> None:
    found = picture(saved(Image.fromarray(GREY), kind, **ABOUT[kind]))
    assert found.size == (10, 5)
    np.testing.assert_allclose(found.grey, GREY, atol=1.5)  # JPEG rounds


MODES = {
    "colours": Image.fromarray(GREY).convert("RGB"),
    "a palette": Image.fromarray(GREY).convert("P"),
    "16 bits": Image.fromarray(GREY.astype(np.uint16) * 257),
    "32 bits": Image.fromarray(GREY.astype(np.int32) * 257),
    "inks of a printer": Image.fromarray(GREY).convert("RGB").convert("CMYK"),
    "all opaque": Image.fromarray(GREY).convert("RGBA"),
}


@pytest.mark.parametrize("image", MODES.values(), ids=MODES)
def test_every_kind_of_pixel_becomes_grey(image: Image.Image) -> None:
    np.testing.assert_allclose(picture(saved(image, "TIFF")).grey, GREY, atol=1.5)


def test_black_and_white_are_the_darkest_and_the_lightest() -> None:
    found = picture(saved(Image.fromarray(GREY > 99), "PNG")).grey
    np.testing.assert_array_equal(found, np.where(GREY > 99, 255, 0))


@pytest.mark.parametrize(("drawn", "under"), [(0, 255), (255, 0)])
@pytest.mark.parametrize("kind", ["RGBA", "P"])
def test_what_is_transparent_contrasts_with_what_is_drawn(drawn: int, under: int, kind: str) -> None:
    layers = np.full((5, 10, 4), drawn, np.uint8)
    layers[..., 3] = np.where(GREY > 99, 255, 0)
    found = picture(saved(Image.fromarray(layers).convert(kind))).grey
    np.testing.assert_array_equal(found, np.where(GREY > 99, drawn, under))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(10))
def test_a_photo_is_upright(kind: str, orientation: int) -> None:
    """Orientation 6 says that the top of the file is the right side of the scene: it is turned clockwise."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    large = GREY.repeat(16, axis=0).repeat(16, axis=1)
    large[:48, :48] = 120
    found = picture(saved(Image.fromarray(large), kind, exif=exif))
    turned = {3: np.rot90(large, 2), 6: np.rot90(large, 3), 8: np.rot90(large)}  # what cameras write
    mirrored = {2: large[:, ::-1], 4: large[::-1], 5: large.T, 7: np.rot90(large, 2).T}
    np.testing.assert_allclose(found.grey, (turned | mirrored).get(orientation, large), atol=3)
    assert found.size == found.grey.shape[::-1]


def test_of_several_frames_the_first_is_taken() -> None:
    frames = [Image.fromarray(each) for each in (GREY, 255 - GREY)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(picture(content).grey, GREY)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "array"])
def test_a_large_picture_is_reduced_to_means_and_keeps_its_size(kind: str) -> None:
    large = GREY.repeat(300, axis=0).repeat(301, axis=1)  # (1500, 3010)
    found = picture(large if kind == "array" else saved(Image.fromarray(large), kind))
    assert found.size == (3010, 1500)
    assert max(found.grey.shape) <= pictures.ENOUGH
    np.testing.assert_allclose(found.grey[1:-1, 1:-1][:, [0, -1]].mean(axis=0), [10, 200], atol=1.5)
    assert abs(found.grey.mean() - large.mean()) < 1


def test_a_picture_of_one_line_is_reduced_too() -> None:
    assert picture(np.zeros((1, 5000), np.uint8)).grey.shape == (1, 1000)


ARRAYS: dict[str, npt.ArrayLike] = {
    "bytes": GREY, "integers": GREY.tolist(), "from 0 to 1": GREY / 255, "colours": np.dstack([GREY] * 3),
}  # fmt: skip


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_arrays_are_pictures_too(array: npt.ArrayLike) -> None:
    np.testing.assert_allclose(picture(array).grey, GREY, atol=1e-4)


def test_a_file_is_a_picture_by_its_path_its_bytes_or_open() -> None:
    path = Path("a.png")
    path.write_bytes(saved(Image.fromarray(GREY)))
    for source in (path, "a.png", path.read_bytes(), io.BytesIO(path.read_bytes())):
        np.testing.assert_array_equal(picture(source).grey, GREY)


WRONG: dict[str, tuple[npt.ArrayLike, str]] = {
    "a row": (np.zeros(5, np.uint8), r"shape \(H, W\) or \(H, W, 3\); got \(5,\)"),
    "four colours": (np.zeros((5, 5, 4), np.uint8), r"got \(5, 5, 4\)"),
    "nothing": (np.zeros((0, 5), np.uint8), r"got \(0, 5\)"),
    "words": ([["a"]], "expected an array of numbers; got <U1"),
    "above 255": (np.full((5, 5), 256), "integers from 0 to 255, or .*; got int64 from 256 to 256"),
    "above 1": (np.full((5, 5), 1.5), r"got float64 from 1\.5 to 1\.5"),
    "no number": (np.full((5, 5), np.nan), "got float64 from nan to nan"),
}


@pytest.mark.parametrize(("array", "message"), WRONG.values(), ids=WRONG)
def test_other_arrays_are_refused(array: npt.ArrayLike, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        picture(array)


def bomb() -> bytes:
    """Return a PNG file whose header says that it holds 100,000 × 100,000 pixels."""
    content = bytearray(saved(Image.fromarray(GREY)))
    content[16:24] = (100_000).to_bytes(4, "big") * 2
    content[29:33] = crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


NO_PICTURES = {
    "nothing": (b"", "expected a picture; got another kind of file"),
    "words": (b"seven", "expected a picture; got another kind of file"),
    "a drawing of vectors": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "got another kind of file"),
    "a truncated one": (saved(Image.fromarray(GREY))[:60], "expected a picture; got a broken one: "),
    "a truncated photo": (saved(Image.fromarray(GREY.repeat(99, axis=0)), "JPEG")[:-300], "got a broken one: "),
    "a bomb": (bomb(), "expected a picture of at most 67,108,864 pixels; got a larger one"),
}


@pytest.mark.parametrize(("content", "message"), NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_picture_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(BpError, match=message) as caught:
        picture(content)
    assert caught.value.code == Exit.NO_DATA


def test_a_file_that_is_not_there_is_an_error_of_the_system() -> None:
    with pytest.raises(FileNotFoundError):
        picture("gone.png")


def test_the_pictures_in_a_folder_are_those_with_such_an_ending_by_name() -> None:
    folder = Path("scans")
    (folder / "more.png").mkdir(parents=True)
    with pytest.raises(BpError, match="expected a folder with pictures") as caught:
        pictures_in(folder)
    assert caught.value.code == Exit.NO_DATA
    for name in ("b 10.png", "b 2.png", "a.JPG", "notes.txt"):
        (folder / name).touch()
    assert [path.name for path in pictures_in(folder)] == ["a.JPG", "b 2.png", "b 10.png"]
