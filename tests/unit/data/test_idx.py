"""An IDX file is read as it was written, or it is refused with the reason."""

import gzip
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnist_bp.data import idx
from mnist_bp.data.archives import FILES
from mnist_bp.errors import BpError, Exit
from tests.helpers import data as small_data
from tests.helpers.data import MNIST

PATH = Path("train-labels-idx1-ubyte")
SMALL = small_data.idx(np.arange(12, dtype=np.uint8).reshape(3, 2, 2))
ENCODINGS = pytest.mark.parametrize("encode", [bytes, gzip.compress], ids=["plain", "gzip"])

Encode = Callable[[bytes], bytes]


def read(raw: bytes, dimensions: int = 3) -> np.ndarray:
    PATH.write_bytes(raw)
    return read_file(dimensions)


def read_file(dimensions: int) -> np.ndarray:
    with idx.opened(PATH, dimensions) as file:
        return file.values()


def header(*sizes: int, magic: bytes = b"\0\0\x08") -> bytes:
    return magic + bytes([len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)


def refuses(raw: bytes, reason: str, dimensions: int = 3) -> None:
    with pytest.raises(BpError, match=reason) as caught:
        read(raw, dimensions)
    assert caught.value.code == Exit.NO_DATA
    assert str(caught.value).startswith(f"{PATH}: expected ")


@given(
    array=st.sampled_from([1, 3]).flatmap(
        lambda dims: arrays(np.uint8, array_shapes(min_dims=dims, max_dims=dims, min_side=0, max_side=5))
    ),
    encode=st.sampled_from([bytes, gzip.compress]),
)
def test_an_array_that_was_written_is_read_back(array: np.ndarray, encode: Encode) -> None:
    got = read(encode(small_data.idx(array)), array.ndim)

    np.testing.assert_array_equal(got, array, strict=True)


HEADERS = st.builds(
    lambda sizes: header(*sizes), st.lists(st.integers(0, 4) | st.integers(0, 2**32 - 1), min_size=1, max_size=3)
)


@given(
    raw=st.one_of(
        st.binary(),
        st.builds(bytes.__add__, HEADERS, st.binary()),
        st.builds(bytes.__add__, HEADERS, st.binary()).map(lambda raw: gzip.compress(raw, mtime=0)),
        st.binary().map(b"\x1f\x8b\x08".__add__),
    ),
    dimensions=st.sampled_from([1, 3]),
)
@example(raw=header(0, 2**32 - 1, 2**32 - 1), dimensions=3)
def test_any_bytes_are_an_array_that_writes_the_same_bytes_or_an_error(raw: bytes, dimensions: int) -> None:
    try:
        array = read(raw, dimensions)
    except BpError as error:
        assert error.code == Exit.NO_DATA  # noqa: PT017
    else:
        assert array.dtype == np.uint8
        assert array.ndim == dimensions
        assert small_data.idx(array) == (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw)


@ENCODINGS
@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "an IDX file, which starts with two zero bytes.*; got nothing"),
        (b"\0\0\x08", "an IDX file, .*; got 00 00 08$"),
        (b"<html>Please log in</html>", "an IDX file, which starts with two zero bytes.*; got 3c 68"),
        (header(3, 2, 2, magic=b"\0\x01\x08") + bytes(12), "two zero bytes.*; got 00 01"),
        (header(3, 2, 2, magic=b"\0\0\x0d") + bytes(48), "unsigned bytes, IDX type 0x08; got type 0x0d"),
        (header(12) + bytes(12), "3 dimensions; got 1"),
        (header(3, 2, 2, 1) + bytes(12), "3 dimensions; got 4"),
        (header(60_000, 28, 1 << 20), f"at most {1 << 30} values; got a header that claims {60_000 * 28 << 20}"),
        (header(3, 2, 3) + bytes(12), "18 values; got only 12"),
        (header(3, 2, 1) + bytes(12), "6 values; got more bytes after them"),
        (SMALL + b"\n", "12 values; got more bytes after them"),
    ],
    ids=[
        "empty", "fragment", "HTML", "magic", "type", "too few dimensions", "too many dimensions", "claims of too much",
        "count too high", "count too low", "trailing byte",
    ],
)  # fmt: skip
def test_malformed_contents_are_refused(encode: Encode, raw: bytes, reason: str) -> None:
    refuses(encode(raw), reason)


@ENCODINGS
def test_a_file_truncated_anywhere_is_refused(encode: Encode) -> None:
    whole = encode(SMALL)
    for length in range(len(whole)):
        refuses(whole[:length], "expected")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda raw: raw + b"\n", "a sound gzip stream; got one with a fault: Not a gzipped file"),
        (lambda raw: raw + gzip.compress(b"\0"), "12 values; got more bytes after them"),
        (lambda raw: raw[:-8] + bytes([raw[-8] ^ 1]) + raw[-7:], "a sound gzip stream; got .*CRC check failed"),
        (lambda raw: raw[:-4] + bytes([raw[-4] ^ 1]) + raw[-3:], "a sound gzip stream; got .*Incorrect length"),
        (lambda raw: raw[:-1], "one whole gzip stream; got a truncated one"),
        (lambda raw: raw + raw[:5], "one whole gzip stream; got a truncated one"),
        (lambda raw: raw[:10] + b"\xff" + raw[11:], "a sound gzip stream; got .*invalid block type"),
    ],
    ids=["trailing byte", "another member", "checksum", "length", "truncated checksum", "truncated member", "block"],
)
def test_an_unsound_gzip_stream_is_refused(spoil: Callable[[bytes], bytes], reason: str) -> None:
    refuses(spoil(gzip.compress(SMALL)), reason)


@pytest.mark.parametrize("cut", [0, 3, 16, 20, len(SMALL)])
def test_members_of_a_gzip_file_are_read_one_after_the_other(cut: int) -> None:
    """Source: RFC 1952, section 2.2. Zeros behind them are padding, as for gzip(1)."""
    members = gzip.compress(SMALL[:cut]) + gzip.compress(SMALL[cut:])

    for raw in (members, members + bytes(5)):
        assert small_data.idx(read(raw)) == SMALL


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ((3, 2, 2), "12 values; got more bytes after them"),
        ((64, 1 << 10, 1 << 10), f"at most 255 values for each of its .* gzipped bytes; got {64 << 20}"),
        ((60_000, 28, 1 << 20), f"at most {1 << 30} values"),
    ],
    ids=["claims little", "claims what it holds", "claims too much"],
)
def test_a_gzip_bomb_takes_hardly_any_memory(sizes: tuple[int, ...], reason: str) -> None:
    """64 MB of zeros are 65 kB of gzip; 2 MB are room for a piece of a stream."""
    PATH.write_bytes(gzip.compress(header(*sizes) + bytes(64 << 20)))
    assert peak_of(lambda: refuses(PATH.read_bytes(), reason)) < 2 << 20


def peak_of(act: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@ENCODINGS
def test_values_are_decoded_to_where_they_stay(encode: Encode, rng: np.random.Generator) -> None:
    """Beside them there is room for a few pieces of a stream, however large the file."""
    size = 8 << 20
    raw = encode(header(8, 1 << 10, 1 << 10) + rng.integers(0, 256, size, np.uint8).tobytes())
    PATH.write_bytes(raw)

    assert peak_of(lambda: read_file(3)) < size + 4 * idx.CHUNK


def test_blank_images_and_equal_labels_are_no_bombs() -> None:
    assert read(gzip.compress(small_data.idx(np.zeros((1000, 28, 28), np.uint8)))).shape == (1000, 28, 28)
    assert read(gzip.compress(small_data.idx(np.zeros(4 << 20, np.uint8))), 1).shape == (4 << 20,)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: None, "No such file"),
        (PATH.mkdir, "expected a file; got a folder"),
        (lambda: os.mkfifo(PATH), "expected a file; got a FIFO"),
        (lambda: PATH.symlink_to("/dev/zero"), "expected a file; got a device"),
    ],
    ids=["missing", "folder", "FIFO", "device"],
)
def test_what_cannot_be_read_is_refused_at_once(make: Callable[[], None], reason: str) -> None:
    make()
    with pytest.raises(BpError, match=f"{PATH}: cannot read it: {reason}") as caught:
        read_file(1)

    assert caught.value.code == Exit.NO_DATA


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({0: (210, 8, 8), 1: (209,)}, "as many train images as labels, at least one; got 210 and 209"),
        ({2: (60, 8, 9)}, "test images of 8×8 pixels; got 8×9"),
        ({0: (210, 0, 8)}, "train images with pixels; got 0×8"),
        ({2: (0, 8, 8), 3: (0,)}, "as many test images as labels, at least one; got 0 and 0"),
    ],
    ids=["counts", "shapes", "no pixels", "no images"],
)
def test_files_that_do_not_fit_together_are_refused_by_their_headers(
    claims: dict[int, tuple[int, ...]], reason: str, archive_folder: Path
) -> None:
    """None of the values is there: to look for them would be another error."""
    paths = [archive_folder / name for name in FILES]
    for path, sizes in zip(paths, [(210, 8, 8), (210,), (60, 8, 8), (60,)], strict=True):
        path.write_bytes(gzip.compress(header(*claims.get(paths.index(path), sizes))))
    with pytest.raises(BpError, match=f"data set own: expected {reason}") as caught:
        idx.read_four("own", paths)

    assert caught.value.code == Exit.NO_DATA


@pytest.mark.parametrize("name", ["{}-idx{}-ubyte.gz", "{}-idx{}-ubyte", "{}.idx{}-ubyte", "emnist-{}-idx{}-ubyte.gz"])
def test_the_four_files_are_found_under_their_usual_names(name: str, tmp_path: Path) -> None:
    written: dict[str, np.ndarray] = {}
    for part, stem, dimensions in (
        ("train_images", "train-images", 3),
        ("train_labels", "train-labels", 1),
        ("test_images", "t10k-images", 3),
        ("test_labels", "t10k-labels", 1),
    ):
        written[part] = np.full((3,) * dimensions, len(written), np.uint8)
        raw = small_data.idx(written[part])
        Path(name.format(stem, dimensions)).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)

    got = idx.read_four("own", idx.find_four(Path()))

    assert got.keys() == written.keys()
    for part, array in written.items():
        np.testing.assert_array_equal(got[part], array, strict=True)


def test_a_plain_file_is_taken_before_the_gzipped_one_beside_it(archive_folder: Path) -> None:
    plain = archive_folder / "train-labels-idx1-ubyte"
    plain.touch()

    assert idx.find_four(archive_folder)[1] == plain


def test_hidden_files_are_not_candidates(archive_folder: Path) -> None:
    """Such as what a killed download leaves behind."""
    (archive_folder / ".train-labels-idx1-ubyte.gz.1234-abcd.part").touch()

    assert [path.name for path in idx.find_four(archive_folder)] == list(FILES)


@pytest.mark.parametrize("stem", ["train-images", "train-labels", "t10k-images", "t10k-labels"])
def test_a_missing_file_is_named(stem: str, archive_folder: Path) -> None:
    next(archive_folder.glob(f"{stem}*")).unlink()
    with pytest.raises(BpError, match=rf"expected one file named \*{stem}\*; got none") as caught:
        idx.find_four(archive_folder)

    assert caught.value.code == Exit.NO_DATA


def test_two_candidates_are_one_too_many(archive_folder: Path) -> None:
    (archive_folder / "my-train-labels.gz").write_bytes(b"")
    with pytest.raises(BpError, match=r"got my-train-labels\.gz, train-labels-idx1-ubyte\.gz") as caught:
        idx.find_four(archive_folder)

    assert caught.value.code == Exit.NO_DATA


def test_a_fifo_is_a_candidate_so_that_it_is_refused_in_words(archive_folder: Path) -> None:
    (archive_folder / FILES[1]).unlink()
    os.mkfifo(archive_folder / FILES[1])
    with pytest.raises(BpError, match=f"{FILES[1]}: cannot read it: expected a file; got a FIFO"):
        idx.read_four("own", idx.find_four(archive_folder))


def test_folders_are_not_candidates(archive_folder: Path) -> None:
    (archive_folder / "train-labels-idx1-ubyte.unpacked").mkdir()
    assert [path.name for path in idx.find_four(archive_folder)] == list(FILES)


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(BpError, match="nowhere: expected a folder with four IDX files; there is none") as caught:
        idx.find_four(Path("nowhere"))

    assert caught.value.code == Exit.NO_DATA


@pytest.mark.skipif(not MNIST.is_dir(), reason="the real archives are not here")
def test_mnist_has_as_many_digits_of_each_class_as_it_is_known_to_have() -> None:
    """Source: the class counts published with every copy of MNIST, and the 0.1307 that PyTorch's example subtracts."""
    arrays = idx.read_four("mnist", [MNIST / name for name in FILES])

    assert arrays["train_images"].shape == (60_000, 28, 28)
    assert arrays["test_images"].shape == (10_000, 28, 28)
    assert np.bincount(arrays["train_labels"]).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(arrays["test_labels"]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert round(float(arrays["train_images"].mean()) / 255, 4) == 0.1307
