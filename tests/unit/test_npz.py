"""The arrays of an .npz file are those that were saved, or the file is refused."""

import io
import struct
import warnings
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnist_bp import npz

Saved = dict[str, np.ndarray]


def saved(members: Saved, save: Any = np.savez) -> bytes:
    file = io.BytesIO()
    save(file, **members)
    return file.getvalue()


def read(raw: bytes) -> Saved:
    return npz.arrays(io.BytesIO(raw), raw)


def zipped(**members: bytes) -> bytes:
    """Return a zip of members that need not be arrays."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, raw in members.items():
            archive.writestr(f"{name}.npy", raw)
    return file.getvalue()


def npy(header: str, body: bytes = b"") -> bytes:
    """Return an array file, as numpy.lib.format describes version 1.0, with a header that may say anything."""
    raw = header.encode("latin1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw + body


def described(descr: str = "'|u1'", shape: str = "(4,)", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


ARRAYS = st.sampled_from(["u1", "i8", "f4", "f8", "b1", "U5", "S3", ">f4"]).flatmap(
    lambda dtype: arrays(np.dtype(dtype), array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)


@settings(max_examples=50)
@given(st.dictionaries(st.text("Wbx.0", min_size=1, max_size=5), ARRAYS | ARRAYS.map(np.transpose), max_size=4))
def test_arrays_that_numpy_saved_are_read_without_a_copy(members: Saved) -> None:
    raw = saved(members)
    found = read(raw)

    assert found.keys() == members.keys()
    for name, array in members.items():
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype)
        assert found[name].tobytes() == array.tobytes()  # of NaN, too
        assert not found[name].flags.writeable
        assert not array.size or np.shares_memory(found[name], np.frombuffer(raw, np.uint8))


def test_the_array_that_the_damaged_ones_below_are_made_of_is_read() -> None:
    np.testing.assert_array_equal(read(zipped(x=npy(described(), b"four")))["x"], np.frombuffer(b"four", np.uint8))


def overlapping() -> bytes:
    """Return a file that has one array under two names; with thousands, all arrays are a thousand files large."""
    raw = saved({"x": np.zeros(1000, np.uint8)})
    start, end = raw.rindex(b"PK\1\2"), raw.rindex(b"PK\5\6")
    entries = raw[start:end] + raw[start:end].replace(b"x.npy", b"y.npy")
    return raw[:start] + entries + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(entries), start, 0)


REFUSED = {
    "nothing": b"",
    "no zip": b"<html>Please log in</html>",
    "compressed": saved({"x": np.zeros(1000)}, np.savez_compressed),
    "a text": zipped(x=b"not an array"),
    "another version": zipped(x=npy(described(), b"four").replace(b"NUMPY\x01", b"NUMPY\x02")),
    "objects": zipped(x=npy(described("'|O'"), bytes(32))),
    "objects in a structure": zipped(x=npy(described("[('a', '|O')]"), bytes(32))),
    "a shape beyond the file": zipped(x=npy(described(shape="(1000000,)"), b"four")),
    "a shape beyond memory": zipped(x=npy(described("'<f8'", "(2000000000, 2000000000)"), b"four")),
    "a shape beyond all numbers": zipped(x=npy(described(shape=f"({'9' * 400},)"), b"four")),
    "a negative shape": zipped(x=npy(described(shape="(-1,)"), b"four")),
    "a negative shape that makes a count": zipped(x=npy(described(shape="(-2, -2)"), b"four")),
    "an element of no size": zipped(x=npy(described("'|V0'"), b"four")),
    "no dtype": zipped(x=npy(described("'nonsense'"), b"four")),
    "a header that is code": zipped(x=npy("__import__('os').abort()", b"four")),
    "a header without end": zipped(x=npy("(" * 5000, b"four")),
    "more than the array": zipped(x=npy(described(), b"fours")),
    "less than the array": zipped(x=npy(described(), b"for")),
    "an array under two names": overlapping(),
    "two of a name": zipped(x=npy(described(), b"four"), y=npy(described(), b"four")).replace(b"y.npy", b"x.npy"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_any_other_file_is_refused(what: str) -> None:
    with pytest.raises(ValueError, match=r"^not an uncompressed \.npz file of arrays: "):
        read(REFUSED[what])


def test_a_header_that_numpy_would_correct_is_refused_even_if_warnings_are_ignored() -> None:
    """As Python 2 wrote some: with an L behind a long integer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="Python 2"):
            read(zipped(x=npy(described(shape="(4L,)"), b"four")))
