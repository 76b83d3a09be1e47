"""Tests for plots as figures, mostly by what stands in the SVG."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mnist_bp.report import files
from mnist_bp.report.charts import Axis, epoch_axis
from mnist_bp.report.figure import COLOURS, METADATA, drawn
from mnist_bp.report.plot import Line, Plot

matplotlib = pytest.importorskip("matplotlib")
SVG = "{http://www.w3.org/2000/svg}"
TRAIN, TEST = "train acc", "test acc"


def plotted(*lines: Line, notes: tuple[str, ...] = ()) -> Plot:
    y = Axis(0, 1, 0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1])
    return Plot([*lines], epoch_axis([1, 2]), y, "epochs", "accuracy", [*notes])


def line(label: str, kind: str, *y: float, deviations: tuple[float, ...] | None = None) -> Line:
    return Line(label, kind, range(1, len(y) + 1), y, deviations)


def svg(plot: Plot) -> ElementTree.Element:
    return ElementTree.fromstring(drawn(plot, ".svg"))


def texts(root: ElementTree.Element) -> list[str]:
    return [str(text.text) for text in root.iter(f"{SVG}text")]


def numbers(path: ElementTree.Element) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", path.get("d", ""))]


def curves(root: ElementTree.Element) -> list[tuple[str, bool, int]]:
    """Return colour, whether it is dashed, and how many points it has, of each line in the axes."""
    found = []
    for path in root.iter(f"{SVG}path"):
        colour = re.search(r"stroke: (#\w+); stroke-width: 1.5", style := path.get("style", ""))
        colour = colour or re.search(r"stroke-width: 1.5; stroke: (#\w+)|stroke: (#\w+)", style)
        if path.get("clip-path") and colour and "stroke-width: 0.8" not in style:
            found.append((colour[1].upper(), "dasharray" in style, len(numbers(path)) // 2))
    return found


def test_the_figure_of_a_run_is_the_books() -> None:
    root = svg(plotted(line("book", TRAIN, 0.5, 0.9), line("book", TEST, 0.5, 0.8)))
    assert curves(root) == [(COLOURS[0], False, 2), (COLOURS[1], True, 2)]
    assert texts(root) == ["1", "2", "epochs", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "accuracy", TRAIN, TEST]
    parts = {part.get("id"): part for part in root.iter()}
    edges = numbers(next(parts["patch_2"].iter(f"{SVG}path")))[1::2]
    zero, one = (float(str(next(parts[f"ytick_{place}"].iter(f"{SVG}use")).get("y"))) for place in (1, 6))
    assert (zero, one) == pytest.approx((max(edges), min(edges)))
    entries = [text for text in root.iter(f"{SVG}text") if text.text in (TRAIN, TEST)]
    middle = (zero + one) / 2
    assert all(
        float(re.findall(r"[\d.]+", str(text.get("transform")) + str(text.get("y")))[-1]) > middle for text in entries
    )


def test_settings_have_a_colour_each_bands_and_a_legend_below() -> None:
    deviations = (0.1, 0.1)
    labels = ["_a$x^2$", "<script>alert(1)</script>"]
    lines = [line(label, kind, 0.5, 0.9, deviations=deviations) for kind in (TRAIN, TEST) for label in labels]
    root = svg(plotted(*lines, notes=("not counted: seed 3 of _a$x^2$ (failed)",)))
    assert curves(root) == [(colour, dashed, 2) for dashed in (False, True) for colour in COLOURS[:2]]
    bands = [part for part in root.iter() if str(part.get("id")).startswith("FillBetween")]
    assert len(bands) == 4
    said = texts(root)
    assert said[-3:] == ["not counted: seed 3 of _a$x^2$ (failed)", *labels] or {*labels} <= {*said}
    assert {TRAIN, TEST} <= {*said}


def test_gaps_single_epochs_and_many_or_long_or_foreign_labels_are_drawn() -> None:
    lines = [line(f"{number} {'very ' * 30}long", TEST, 0.1, math.nan, 0.3) for number in range(24)]
    root = svg(plotted(*lines, line("手書き", TEST, 0.5)))
    width = float(str(root.get("width")).removesuffix("pt"))
    assert width == pytest.approx(6.4 * 72)
    assert "手書き" in texts(root)
    assert all(len(text) <= 60 for text in texts(root))
    drawn(plotted(line("手書き", TEST, 0.5), line("b", TEST, 0.5)), ".png")


@pytest.mark.parametrize("suffix", [*METADATA])
def test_the_bytes_repeat_and_say_who_made_them_whatever_the_style_of_the_user(suffix: str) -> None:
    plot = plotted(line("book", TRAIN, 0.5, 0.9), line("book", TEST, 0.5, 0.8))
    first = drawn(plot, suffix)
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 30}):
        assert drawn(plot, suffix) == first
        assert matplotlib.rcParams["font.size"] == 30
    path = Path(f"figure{suffix}")
    files.save(path, first)
    files.require_replaceable(path)
