"""Curves as charts for a page: axes, paths, and a table that says the same; templates/chart.html.jinja draws them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mnist_bp.report.curves import Curve, curves
from mnist_bp.report.gathering import Gathered
from mnist_bp.train.records import SPLITS

LEFT, TOP, RIGHT, BOTTOM = 50, 10, 428, 226
"""The plot's edges in an SVG of 440 × 272 pixels."""
COLOURS = 8
"""How many the style sheet has, as --c0 and so on; further curves have them again."""
OF_SETTING = ("train", "test", "validation")
"""The splits in the order of their colours and dashes."""
DASHES = ("", "dashed", "dotted", "dash-dotted")
"""How curves differ that are of other splits, or have the same colour."""
POINTS = 600
"""The most epochs that are drawn."""
FARTHEST = 1e99
"""The largest loss that is not drawn at the edge: from here on, drawing might overflow."""
SAID = 8
"""The most curves of which the description tells each."""


@dataclass(frozen=True)
class Axis:
    """From values to places: `start` is where `low` is, `end` where `high` is."""

    low: float
    high: float
    start: int
    end: int
    ticks: Sequence[float]
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value, to a tenth of a pixel."""
        scale = math.log if self.log else float
        part = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return round(self.start + part * (self.end - self.start), 1)

    @property
    def marks(self) -> Iterator[tuple[float, str]]:
        """The places of the ticks, with what is written there."""
        digits = _decimals(self.ticks[1] - self.ticks[0])
        as_written = self.log or not 1e-3 < self.high < 1e6
        return ((self(tick), f"{tick:g}" if as_written else f"{tick:.{digits}f}") for tick in self.ticks)


@dataclass(frozen=True)
class Line:
    """A curve as it is drawn: name, number of its colour, one of DASHES, SVG paths, and the text of each table row."""

    name: str
    colour: int
    dash: str
    path: str
    band: str
    dots: Sequence[tuple[float, float]]
    cells: Sequence[str]


@dataclass(frozen=True)
class Chart:
    """A chart: what it shows, its axes, its curves."""

    title: str
    description: str
    x: Axis
    y: Axis
    lines: Sequence[Line]
    epochs: Sequence[int]


Points = dict[int, tuple[float, float]]  # value and deviation by the epoch


def charts(gathered: Gathered) -> list[Chart]:
    """Return the charts of all that was measured: accuracy and loss of one setting, or of several for each split."""
    found = []
    for measure in ("accuracy", "loss"):
        of_split = {split: curves(gathered, f"{split}_{measure}") for split in reversed(SPLITS)}
        if len(gathered.settings) == 1:
            found.append((measure, [curve for split in SPLITS for curve in of_split[split]]))
        else:
            found += [(f"{split} {measure}", lines) for split, lines in of_split.items()]
    return [chart(title.capitalize(), lines, gathered.labels) for title, lines in found if lines]


def chart(title: str, curves: Sequence[Curve], labels: Sequence[str]) -> Chart:
    """Return the chart of curves of one measure, losses or accuracies, over epochs; what is not finite is a gap.

    They are of several splits and one setting, or of one split and some of several settings: `labels` are those of all,
    so that a setting has the same colour in every chart.
    """
    epochs = _thinned(curves)
    known = [curve.points for curve in curves]
    spans = [span for points in known for span in points.values()]
    x = epoch_axis(epochs)
    y = loss_axis(spans) if curves and curves[0].metric.endswith("loss") else accuracy_axis(spans)
    several, lines = len(labels) > 1, []
    for curve, points in zip(curves, known, strict=True):
        split = _split(curve)
        name, number = (curve.label, labels.index(curve.label)) if several else (split, OF_SETTING.index(split))
        dash = DASHES[number // COLOURS % len(DASHES) if several else number]
        name += " (so far)" if curve.unfinished and several else ""
        lines.append(_line(name, number % COLOURS, dash, points, epochs, x, y))
    return Chart(title, _description(title, lines, epochs), x, y, lines, epochs)


def _line(name: str, colour: int, dash: str, points: Points, epochs: Sequence[int], x: Axis, y: Axis) -> Line:
    def place(epoch: int, sign: int = 0) -> tuple[float, float]:
        value, deviation = points[epoch]
        return x(epoch), y(min(max(value + sign * deviation, y.low), y.high))

    stretches = [list(stretch) for there, stretch in groupby(epochs, key=points.__contains__) if there]
    path = "".join(_path([place(epoch) for epoch in stretch]) for stretch in stretches if len(stretch) > 1)
    banded = [stretch for stretch in stretches if any(points[epoch][1] for epoch in stretch)]
    edges = [[place(epoch, 1) for epoch in each] + [place(epoch, -1) for epoch in reversed(each)] for each in banded]
    band = "".join(f"{_path(edge)}Z" for edge in edges)
    dots = [place(*stretch) for stretch in stretches if len(stretch) == 1]
    cells = [_said(*points[epoch]) if epoch in points else "" for epoch in epochs]
    return Line(name, colour, dash, path, band, dots, cells)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + " ".join(f"{x:g},{y:g}" for x, y in places)


def _split(curve: Curve) -> str:
    return curve.metric.partition("_")[0]


def _said(value: float, deviation: float) -> str:
    return f"{value:.4g} ± {deviation:.2g}" if deviation else f"{value:.4g}"


def _description(title: str, lines: Sequence[Line], epochs: Sequence[int]) -> str:
    """Return the chart in words: where each curve starts and ends, or how many there are."""
    span = f"{title} over epochs {epochs[0]} to {epochs[-1]}" if epochs else f"{title}: nothing measured"
    if len(lines) > SAID:
        return f"{span}, {len(lines)} curves. The table below the chart has all values."
    ways = []
    for line in lines:
        said = [cell for cell in line.cells if cell] or ["nothing finite"]
        ways.append(f"{line.name}: from {said[0]} to {said[-1]}")
    return f"{span}. {'; '.join(ways)}."


def _thinned(curves: Sequence[Curve]) -> list[int]:
    """Return the epochs that are drawn: POINTS of them or fewer, and those at which curves end."""
    epochs = sorted({epoch for curve in curves for epoch in curve.epochs})
    step = math.ceil(len(epochs) / POINTS) or 1
    return sorted({*epochs[::step], *(curve.epochs[-1] for curve in curves)})


def _decimals(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9))


def nice(low: float, high: float, count: int, least: float = 0) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten from below `low` to above `high`, about `count` of them."""
    rough = max((high - low) / count, least)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def epoch_axis(epochs: Sequence[int]) -> Axis:
    """Return an axis from the first of the epochs to the last, with ticks at whole ones."""
    low, high = (epochs[0], epochs[-1]) if epochs else (0, 1)
    if low == high:
        return Axis(low - 1, high + 1, LEFT, RIGHT, [low, low + 1])
    ticks = [tick for tick in nice(low, high, 6, least=1) if low <= tick <= high]
    return Axis(low, high, LEFT, RIGHT, ticks)


def accuracy_axis(spans: Sequence[tuple[float, float]]) -> Axis:
    """Return an axis that has room for accuracies, each a value and its deviation."""
    low = max(min((value - off for value, off in spans), default=0), 0)
    high = min(max((value + off for value, off in spans), default=1), 1)
    ticks = nice(min(low, 0.999), high, 5, least=0.001)
    return Axis(ticks[0], ticks[-1], BOTTOM, TOP, ticks)


def loss_axis(spans: Sequence[tuple[float, float]]) -> Axis:
    """Return an axis from 0 on, or a logarithmic one for losses of more than one decade; it ends at FARTHEST.

    On the latter, a band that comes near to 0 is cut off a decade below its curve.
    """
    high = min(max((value + off for value, off in spans), default=1.0), FARTHEST)
    low = min((max(value - off, value / 10, 1 / FARTHEST) for value, off in spans if value > 0), default=math.inf)
    if high <= 10 * low:
        ticks = nice(0, high if high > 0 else 1, 5)
        return Axis(0, ticks[-1], BOTTOM, TOP, ticks)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = math.ceil((last - first) / 10)
    decades = range(first, last + step, step)
    factors = (1, 2, 5) if len(decades) < 4 else (1,)
    ticks = [factor * 10.0**decade for decade in decades for factor in factors]
    below = max((tick for tick in ticks if tick <= low), default=low)
    above = min((tick for tick in ticks if tick >= high), default=high)
    return Axis(below, above, BOTTOM, TOP, [tick for tick in ticks if below <= tick <= above], log=True)
