#!/usr/bin/env python3
"""Draw the pictures of README.md and docs/ anew, into docs/images/.

python -m scripts.make_pictures [NAME ...]     all of them, or some, in the repository's folder

It needs what the extra `test` installs, Graphviz and, for pages, chromium with its driver.
"""

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, PngImagePlugin

from mnist_bp.nn.check import graph
from mnist_bp.report import graph_page
from mnist_bp.run import files
from tests.helpers import browser, hands

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000  # bytes
FIVE = (  # strokes, as parts of the pad's width and height
    (
        (0.34, 0.16),
        (0.33, 0.27),
        (0.31, 0.44),
        (0.45, 0.41),
        (0.59, 0.46),
        (0.65, 0.6),
        (0.6, 0.76),
        (0.46, 0.85),
        (0.3, 0.8),
    ),
    ((0.34, 0.16), (0.5, 0.155), (0.66, 0.14)),
)


def apples() -> bytes:
    """Return the graph of two apples with tax: figure 5.15 of Saitoh, Deep Learning from Scratch."""
    price, count, tax = graph.variable(100, "apple"), graph.variable(2, "number"), graph.variable(1.1, "tax")
    return _drawn(price * count * tax)


def fruit() -> bytes:
    """Return the graph of two apples and three oranges with tax: figure 5.17 there."""
    apple, apples = graph.variable(100, "apple"), graph.variable(2, "number of apples")
    orange, oranges = graph.variable(150, "orange"), graph.variable(3, "number of oranges")
    return _drawn((apple * apples + orange * oranges) * graph.variable(1.1, "tax"))


def _drawn(price: graph.Node) -> bytes:
    graph.backward(price)
    return graph_page.svg(graph_page.dot(price, "price")).encode()


def digits() -> bytes:
    """Return digits that the package draws."""
    return _shown("synthetic")


def distorted() -> bytes:
    """Return digits as configs/quickstart.yaml is trained on them."""
    return _shown("--config", str(ROOT / "configs/quickstart.yaml"))


def _shown(*what: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _bp(folder, "data", "show", *what, "-o", "digits.png")
        return Path(folder, "digits.png").read_bytes()


def report() -> bytes:
    """Return the top of the report on configs/quickstart.yaml, with the images of a cell, as a browser shows it."""
    with tempfile.TemporaryDirectory() as folder:
        _bp(folder, "train", "--config", str(ROOT / "configs/quickstart.yaml"), "--quiet")
        _bp(folder, "report", "runs/quickstart")
        return _screenshot(Path(folder, "report.html"), _click_on_a_confusion, 1040, 1110)


def draw() -> bytes:
    """Return the page to draw on, with a drawn digit that the network of configs/quickstart.yaml reads."""
    with tempfile.TemporaryDirectory() as folder:
        _bp(folder, "train", "--config", str(ROOT / "configs/quickstart.yaml"), "--quiet")
        _bp(folder, "draw", "runs/quickstart")
        return _screenshot(Path(folder, "draw.html"), _draw_a_five, 960, 680)


def _click_on_a_confusion(chromium: "Chrome") -> None:
    chromium.find_element("css selector", "[data-true='7'][data-said='4']").click()


def _draw_a_five(chromium: "Chrome") -> None:
    hands.by_mouse(chromium, [np.array(stroke) for stroke in FIVE])


def _bp(folder: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "mnist_bp", *arguments], cwd=folder, check=True)


def _screenshot(page: Path, act: Callable[["Chrome"], None], width: int, height: int) -> bytes:
    """Return the top of a page in chromium, after something has been done there, as PNG."""
    with browser.opened() as chromium:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        chromium.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        chromium.get(page.as_uri())
        act(chromium)
        shown = Image.open(io.BytesIO(chromium.get_screenshot_as_png())).convert("RGB")
    about, file = PngImagePlugin.PngInfo(), io.BytesIO()
    about.add_text("Software", files.MARK)
    shown.save(file, "PNG", optimize=True, pnginfo=about)
    return file.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "apples.svg": apples,
    "fruit.svg": fruit,
    "digits.png": digits,
    "distorted.png": distorted,
    "report.png": report,
    "draw.png": draw,
}


def main(names: list[str]) -> None:
    """Draw some pictures, or all."""
    IMAGES.mkdir(exist_ok=True)
    for name in names or PICTURES:
        picture = PICTURES[name]()
        if len(picture) > LARGEST:
            sys.exit(f"{name}: expected at most {LARGEST:,} bytes; got {len(picture):,}")
        files.save(IMAGES / name, picture)
        print(f"{name}: {len(picture):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
