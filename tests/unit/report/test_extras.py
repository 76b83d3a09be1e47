"""Tests for libraries that may be missing."""

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.report.extras import extra


def test_a_missing_library_is_named_with_the_extra_that_installs_it() -> None:
    with pytest.raises(BpError, match="expected the library jinja3") as missing, extra("report"):
        import jinja3.environment  # type: ignore[import-not-found]  # noqa: F401, PLC0415
    assert missing.value.code is Exit.FAILURE
    assert missing.value.hint == "pip install 'mnist-bp[report]' installs it"
