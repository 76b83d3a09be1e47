"""A browser for the tests of a module."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.helpers import browser

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture(scope="module")
def chromium() -> Iterator["Chrome"]:
    if missing := browser.missing():
        pytest.skip(f"not installed: {', '.join(missing)}")
    with browser.opened() as chromium:
        yield chromium
