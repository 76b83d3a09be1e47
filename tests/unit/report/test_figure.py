"""Tests for plots as figures, mostly by what stands in the SVG."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mnist_bp.report.charts import Axis, epoch_axis
from mnist_bp.report.figure import COLOURS, METADATA, drawn
from mnist_bp.report.plot import Line, Plot
from mnist_bp.run import files

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


def paths(root: ElementTree.Element) -> list[ElementTree.Element]:
    """Return the lines in the axes."""
    in_legends = [path for part in root.iter() if "legend" in part.get("id", "") for path in part.iter()]
    found = [path for path in root.iter(f"{SVG}path") if "stroke-width: 1.5" in path.get("style", "")]
    return [path for path in found if path not in in_legends]


def look(path: ElementTree.Element) -> tuple[str, bool, int]:
    """Return the colour of a line, whether it is dashed, and how many points it has."""
    style = path.get("style", "")
    return re.findall(r"stroke: (#\w+)", style)[0].upper(), "dasharray" in style, len(numbers(path)) // 2


def place(root: ElementTree.Element, said: str) -> tuple[float, float]:
    """Return where a text begins, from the left and from the top."""
    (text,) = (text for text in root.iter(f"{SVG}text") if text.text == said)
    return float(str(text.get("x"))), float(str(text.get("y")))


def test_the_figure_of_a_run_is_the_books() -> None:
    root = svg(plotted(line("book", TRAIN, 0.5, 0.9), line("book", TEST, 0.5, 0.8)))
    assert [*map(look, paths(root))] == [(COLOURS[0], False, 2), (COLOURS[1], True, 2)]
    assert texts(root) == ["1", "2", "epochs", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "accuracy", TRAIN, TEST]
    parts = {part.get("id"): part for part in root.iter()}
    edges = numbers(next(parts["patch_2"].iter(f"{SVG}path")))[1::2]
    zero, one = (float(str(next(parts[f"ytick_{place}"].iter(f"{SVG}use")).get("y"))) for place in (1, 6))
    assert (zero, one) == pytest.approx((max(edges), min(edges)))
    assert {place(root, TRAIN)[0] > 230, place(root, TRAIN)[1] > (zero + one) / 2} == {True}  # to the right, below


def test_settings_have_a_colour_each_bands_and_a_legend_below() -> None:
    deviations = (0.1, 0.1)
    labels = ["_a$x^2$", "<script>alert(1)</script>"]
    lines = [line(label, kind, 0.5, 0.9, deviations=deviations) for kind in (TRAIN, TEST) for label in labels]
    root = svg(plotted(*lines, notes=("not counted: seed 3 of _a$x^2$ (failed)",)))
    assert [*map(look, paths(root))] == [(colour, dashed, 2) for dashed in (False, True) for colour in COLOURS[:2]]
    bands = [part for part in root.iter() if str(part.get("id")).startswith("FillBetween")]
    assert len(bands) == 4
    assert place(root, "epochs")[1] < place(root, "not counted: seed 3 of _a$x^2$ (failed)")[1]
    assert place(root, "not counted: seed 3 of _a$x^2$ (failed)")[1] < place(root, labels[0])[1]
    assert place(root, labels[0])[1] == place(root, labels[1])[1]  # side by side
    assert place(root, TEST)[1] < place(root, "epochs")[1]


def test_gaps_single_epochs_and_many_or_long_or_foreign_labels_are_drawn() -> None:
    lines = [line(f"{number} {'very ' * 30}long", TEST, 0.1, math.nan, 0.3) for number in range(24)]
    root = svg(plotted(*lines, line("手書き", TEST, 0.5)))
    width = float(str(root.get("width")).removesuffix("pt"))
    assert width == pytest.approx(6.4 * 72)
    assert "手書き" in texts(root)
    assert all(len(text) <= 60 for text in texts(root))
    wide = texts(svg(plotted(line("W" * 60, TEST, 0.5), line("b", TEST, 0.5))))
    assert [text for text in wide if re.fullmatch("W{25,45}…", text)]


def test_short_labels_stay_whole_and_within_the_figure() -> None:
    """At 11 points, a W is 11 points wide."""
    for length in (1, 9):
        labels = [chr(ord("A") + number) + "W" * (length - 1) for number in range(9)]
        root = svg(plotted(*(line(label, TEST, 0.1, 0.3) for label in labels)))
        assert all(0 < place(root, label)[0] < 6.4 * 72 - 11 * length for label in labels)


def test_what_is_beyond_a_logarithmic_axis_is_drawn_at_its_edge() -> None:
    y = Axis(0.01, 1, 0, 1, [0.01, 0.1, 1], log=True)
    lines = [line("run", "train loss", 1.0, 0.0, 1.2e308, deviations=(2.0, math.nan, 1e308))]
    root = svg(Plot(lines, epoch_axis([1, 2, 3]), y, "epochs", "train loss", []))
    assert texts(root)[4:7] == ["0.01", "0.1", "1"]
    _, high, _, low, _, again = numbers(*paths(root))
    edges = numbers(next(next(part for part in root.iter() if part.get("id") == "patch_2").iter(f"{SVG}path")))[1::2]
    assert (high, low, again) == pytest.approx((min(edges), max(edges), min(edges)))


@pytest.mark.parametrize("suffix", [*METADATA])
def test_the_bytes_repeat_and_say_who_made_them_whatever_the_style_of_the_user(suffix: str) -> None:
    plot = plotted(line("book", TRAIN, 0.5, 0.9), line("book", TEST, 0.5, 0.8))
    first = drawn(plot, suffix)
    assert b"date" not in first.lower()
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 30}):
        assert drawn(plot, suffix) == first
        assert matplotlib.rcParams["font.size"] == 30
    path = Path(f"figure{suffix}")
    files.save(path, first)
    files.require_replaceable(path)
