"""Tests for curves as charts: where things are, and what is written there."""

import math
import re
from collections.abc import Sequence

import pytest

from mnist_bp.report import charts as module
from mnist_bp.report.charts import BOTTOM, LEFT, POINTS, RIGHT, TOP, Chart, Line, charts
from mnist_bp.report.curves import Curve
from mnist_bp.report.gathering import gather
from tests.helpers.making import config, finished

nan = math.nan


def curve(
    values: Sequence[float], metric: str = "test_accuracy", label: str = "a", deviations: Sequence[float] | None = None
) -> Curve:
    epochs = tuple(range(1, len(values) + 1))
    return Curve(label, metric, epochs, tuple(values), tuple(deviations) if deviations else None, 1, False)


def chart(title: str, curves: Sequence[Curve]) -> Chart:
    """Return the chart of curves that are of all settings."""
    return module.chart(title, curves, list(dict.fromkeys(curve.label for curve in curves)))


def places(path: str) -> list[list[tuple[float, float]]]:
    """Return the points of an SVG path, stretch by stretch."""
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([\d.-]+),([\d.-]+)", part)] for part in path.split("M") if part
    ]


def only(*values: float, metric: str = "test_accuracy", deviations: Sequence[float] | None = None) -> Line:
    (line,) = chart("", [curve(values, metric, deviations=deviations)]).lines
    return line


def test_a_curve_goes_through_its_values() -> None:
    (stretch,) = places(only(0.5, 0.75, 1.0).path)
    assert stretch == [(LEFT, BOTTOM), ((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2), (RIGHT, TOP)]


def test_ticks_are_round_numbers_around_the_values_with_as_many_digits_as_they_need() -> None:
    drawn = chart("", [curve([0.902, 0.979])])
    assert [text for _, text in drawn.y.marks] == ["0.90", "0.92", "0.94", "0.96", "0.98"]
    assert [place for place, _ in drawn.y.marks] == [BOTTOM, 172, 118, 64, TOP]
    assert [text for _, text in chart("", [curve([0.5] * 17)]).x.marks] == ["5", "10", "15"]
    assert [text for _, text in chart("", [curve([0.11, 0.4], "test_loss")]).y.marks] == [
        "0.0",
        "0.1",
        "0.2",
        "0.3",
        "0.4",
    ]


def test_losses_of_more_than_a_decade_have_a_logarithmic_axis() -> None:
    drawn = chart("", [curve([1.0, 0.1, 0.01], "test_loss")])
    assert drawn.y.log
    (stretch,) = places(drawn.lines[0].path)
    assert [y for _, y in stretch] == [TOP, (TOP + BOTTOM) / 2, BOTTOM]
    assert not chart("", [curve([1.0, 0.2], "test_loss")]).y.log


@pytest.mark.parametrize("losses", [[0.0, 0.0], [1.7e308, 1.0], [1e300, 1e-300], [1.0, 5e-324, 0.0]])
def test_losses_of_any_size_are_drawn_between_a_few_ticks(losses: list[float]) -> None:
    drawn = chart("", [curve(losses, "test_loss")])
    (stretch,) = places(drawn.lines[0].path)
    assert all(TOP <= y <= BOTTOM for _, y in stretch)
    assert 2 <= len([*drawn.y.marks]) <= 12


@pytest.mark.parametrize(
    ("values", "metric", "expected"),
    [
        ([0.0, 0.0], "test_loss", ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([3e-6, 1.5e-6], "test_loss", ["0", "1e-06", "2e-06", "3e-06"]),
        ([1.0, 1.0], "test_accuracy", ["0.999", "1.000"]),
        ([0.0, 0.0], "test_accuracy", ["0", "0.001"]),
    ],
)
def test_tiny_or_equal_values_have_a_readable_axis(values: list[float], metric: str, expected: list[str]) -> None:
    drawn = chart("", [curve(values, metric)])
    assert [text for _, text in drawn.y.marks] == expected
    assert all(TOP <= y <= BOTTOM for _, y in places(drawn.lines[0].path)[0])


def test_a_band_that_comes_near_to_0_does_not_stretch_a_logarithmic_axis_nor_push_its_curve_off_it() -> None:
    assert chart("", [curve([1.0, 0.5], "test_loss", deviations=[0.999999, 0.1])]).y.low == 0.1
    low = curve([0.5, 0.5], "test_loss", "low", deviations=[0.7, 0.7])
    assert chart("", [low, curve([20.0, 20.0], "test_loss", "high")]).y.low < 0.5


def test_what_is_not_finite_is_a_gap_and_a_value_alone_is_a_dot() -> None:
    line = only(0.5, 0.6, nan, 0.7, nan, 0.8, 0.9)
    assert [len(stretch) for stretch in places(line.path)] == [2, 2]
    assert len(line.dots) == 1
    assert line.cells == ["0.5", "0.6", "", "0.7", "", "0.8", "0.9"]
    assert only(nan, nan).path == only(nan, nan, metric="test_loss").path == ""


def test_a_band_reaches_a_deviation_to_each_side_and_stays_on_the_chart() -> None:
    line = only(0.6, 0.9, deviations=[0.1, 0.3])
    (edge,) = places(line.band)
    low, middle, high = 0.5, 0.6, 1.0
    assert [x for x, _ in edge] == [LEFT, RIGHT, RIGHT, LEFT]
    scale = (BOTTOM - TOP) / (high - low)
    expected = [BOTTOM - (middle + 0.1 - low) * scale, TOP, BOTTOM - (middle - low) * scale, BOTTOM]
    assert [y for _, y in edge] == pytest.approx(expected, abs=0.06)  # a tenth of a pixel, rounded
    assert line.cells == ["0.6 ± 0.1", "0.9 ± 0.3"]


def test_splits_of_one_setting_differ_in_colour_and_dash_settings_in_colour_and_name() -> None:
    splits = chart("", [curve([0.5], "train_accuracy"), curve([0.5], "test_accuracy")]).lines
    assert [(line.name, line.colour, line.dash) for line in splits] == [("train", 0, ""), ("test", 1, "dashed")]
    settings = chart("", [curve([0.5], label="a"), curve([0.5], label="b")]).lines
    assert [(line.name, line.colour, line.dash) for line in settings] == [("a", 0, ""), ("b", 1, "")]
    many = chart("", [curve([0.5], label=f"{number}") for number in range(9)]).lines
    assert (many[8].colour, many[8].dash) == (0, "dashed")
    (measured,) = module.chart("", [curve([0.5], label="b")], ["a", "b"]).lines
    assert (measured.name, measured.colour, measured.dash) == ("b", 1, "")


def test_many_epochs_are_thinned_and_the_last_one_stays() -> None:
    drawn = chart("", [curve([0.5] * 3000)])
    assert len(drawn.epochs) <= POINTS + 1
    assert drawn.epochs[-1] == 3000


def test_a_curve_that_ends_before_the_others_is_drawn_to_its_end() -> None:
    short, long = chart("", [curve([0.25, 0.5, 0.75], label="short"), curve([0.5] * 3000, label="long")]).lines
    assert [cell for cell in short.cells if cell] == ["0.25", "0.75"]
    assert len(long.cells) <= POINTS + 2


def test_a_chart_says_in_words_where_its_curves_begin_and_end() -> None:
    assert chart("Accuracy", [curve([0.5, 0.75], "train_accuracy"), curve([0.25, nan])]).description == (
        "Accuracy over epochs 1 to 2. train: from 0.5 to 0.75; test: from 0.25 to 0.25."
    )


def test_a_setting_has_charts_of_all_its_splits_and_several_have_one_for_each_split() -> None:
    one = str(finished(config(), validation_accuracy=0.5))
    assert [(each.title, [line.name for line in each.lines]) for each in charts(gather([one]))] == [
        ("Accuracy", ["train", "validation", "test"]),
        ("Loss", ["train", "test"]),
    ]
    other = str(finished(config(train_learning_rate=0.7)))
    assert [(each.title, len(each.lines)) for each in charts(gather([one, other]))] == [
        ("Test accuracy", 2), ("Validation accuracy", 1), ("Train accuracy", 2), ("Test loss", 2), ("Train loss", 2),
    ]  # fmt: skip
