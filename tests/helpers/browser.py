"""A real browser for tests: chromium, driven by Selenium, which opens files and reaches nothing else."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

PROGRAMS = ("chromium", "chromedriver")  # of Debian's packages chromium and chromium-driver
OPTIONS = (
    "--headless=new",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # which is small in many a container
    "--force-device-scale-factor=1",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
)


def missing() -> list[str]:
    """Return what is not installed of what a browser needs."""
    return [each for each in PROGRAMS if not shutil.which(each)] + [
        each for each in ["selenium"] if not find_spec(each)
    ]


@contextmanager
def opened() -> Iterator["Chrome"]:
    """Start a browser with a fresh profile, of which `get_log` tells all complaints, and end it."""
    from selenium import webdriver  # noqa: PLC0415  # which may be missing

    program, driver = map(shutil.which, PROGRAMS)
    options = webdriver.ChromeOptions()
    options.binary_location = str(program)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    alone = {"SE_OFFLINE": "true", "no_proxy": "localhost"}  # Selenium downloads nothing, and its driver is near
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile, patch.dict(os.environ, alone):
        for option in (*OPTIONS, *root, f"--user-data-dir={profile}"):
            options.add_argument(option)
        browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
        browser.set_script_timeout(120)
        try:
            yield browser
        finally:
            browser.quit()


def show(
    chromium: "Chrome",
    page: Path,
    *,
    width: int = 1000,
    height: int = 800,
    ratio: float = 1,
    scheme: str = "light",
    media: str = "",
    scripts: bool = True,
    touch: bool = False,
) -> None:
    """Open a page in a window of a size and a device pixel ratio, light or dark, on a touch screen or not."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    chromium.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})
    resize(chromium, width, height, ratio)
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    chromium.get("about:blank")
    chromium.get_log("browser")  # type: ignore[no-untyped-call]  # of the page before
    chromium.get(page.as_uri())


def resize(chromium: "Chrome", width: int, height: int, ratio: float = 1) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def css(where: "Chrome | WebElement", selector: str) -> "list[WebElement]":
    return where.find_elements("css selector", selector)


def brightness(colour: str) -> float:
    """Return how bright a colour is, from 0 to 1, of CSS's rgb() or rgba()."""
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / (3 * 255)


def require_valid(page: Path) -> None:
    html5lib = pytest.importorskip("html5lib")
    html5lib.HTMLParser(strict=True).parse(page.read_bytes(), transport_encoding="utf-8")


def require_narrow_and_quiet(chromium: "Chrome") -> None:
    """Require that the page fits its window's width, asks for nothing, runs no name and complains of nothing."""
    root = "document.scrollingElement"
    assert chromium.execute_script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
    assert chromium.execute_script("return performance.getEntriesByType('resource').map(each => each.name)") == []
    assert chromium.execute_script("return window.hacked") is None
    assert chromium.get_log("browser") == []  # type: ignore[no-untyped-call]
    [policy] = css(chromium, "meta[http-equiv=Content-Security-Policy]")
    assert str(policy.get_attribute("content")).startswith("default-src 'none'; img-src data:;")


def require_no_barrier(chromium: "Chrome", scheme: str) -> None:
    """Require that axe finds no barrier in the page, and that it is as light or dark as a scheme wants it."""
    found = find_spec("axe_selenium_python")
    if not (found and found.origin):
        pytest.skip("not installed: axe-selenium-python-nhsuk")
    chromium.execute_script(Path(found.origin).with_name("node_modules").joinpath("axe-core/axe.min.js").read_text())
    said = chromium.execute_async_script(
        "const done = arguments[0]; axe.run({ resultTypes: ['violations'] }).then(done, error => done(String(error)))"
    )
    barriers = [(each["id"], [node["html"] for node in each["nodes"]]) for each in said["violations"]]
    assert barriers == []
    assert brightness(css(chromium, "body")[0].value_of_css_property("background-color")) == pytest.approx(
        {"light": 1, "dark": 0}[scheme], abs=0.2
    )
