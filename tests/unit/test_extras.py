"""Tests for libraries that may be missing."""

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.extras import extra


def test_a_missing_library_is_named_with_the_extra_that_installs_it() -> None:
    with pytest.raises(BpError, match="expected the library jinja3") as missing, extra("report"):
        import jinja3.environment  # type: ignore[import-not-found]  # noqa: F401, PLC0415
    assert missing.value.code is Exit.FAILURE
    assert missing.value.hint == "pip install 'mnist-bp[report]' installs it"


def test_a_broken_library_is_named_with_what_is_wrong() -> None:
    with (
        pytest.raises(BpError, match=r"expected the library Pillow, .*; importing fails: cannot .*import"),
        extra("report"),
    ):
        raise ImportError("cannot be imported", name="PIL")
    with pytest.raises(BpError, match=r"importing fails: libz\.so: cannot open"), extra("report"):
        raise ImportError("libz.so: cannot open")
