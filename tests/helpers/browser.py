"""A real browser for tests: chromium, driven by Selenium, which opens files and reaches nothing else."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

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


def drag(chromium: "Chrome", element: str, points: Sequence[tuple[float, float]], kind: str = "mouse") -> None:
    """Lead a "mouse" with its button down, or a finger ("touch"), over an element; points are parts of its size."""
    box = chromium.find_element("css selector", element).rect
    for number, (x, y) in enumerate([points[0], *points, points[-1]]):
        at: dict[str, float] = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        last = number > len(points)
        if kind == "touch":
            name = "touchEnd" if last else "touchMove" if number else "touchStart"
            chromium.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": name, "touchPoints": [] if last else [at]})
        else:
            name = "mouseReleased" if last else "mouseMoved" if number else "mousePressed"
            button = {"button": "left", "buttons": 0 if last else 1, "clickCount": 1}
            chromium.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": name, **at, **button})
