"""What a plot shows, however it is drawn: lines, each of something (a setting, a function) and of a kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from mnist_bp.build import ACTIVATIONS
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.activations import Elementwise, Step
from mnist_bp.report.charts import Axis, accuracy_axis, epoch_axis, loss_axis, nice
from mnist_bp.report.curves import Curve, curves
from mnist_bp.report.gathering import Gathered
from mnist_bp.run.outcome import State
from mnist_bp.sweep.settings import rounded

TOGETHER = {"accuracy": ("train_accuracy", "test_accuracy"), "loss": ("train_loss", "test_loss")}
FUNCTIONS: dict[str, Callable[[], Elementwise]] = {**ACTIVATIONS, "step": Step}
MOST = 24  # settings that can be told apart
NAMED = 6  # settings with runs that are not counted, and seeds of one, before the rest is only a number


@dataclass(frozen=True)
class Line:
    """A line of a plot, with gaps where y is NaN, in a band of ± `deviations`; `last` is where it ends, in words."""

    label: str
    kind: str
    x: Sequence[float]
    y: Sequence[float]
    deviations: Sequence[float] | None = None
    last: str = ""


@dataclass(frozen=True)
class Plot:
    """Lines between axes, and what must be said about them."""

    lines: list[Line]
    x: Axis
    y: Axis
    x_label: str
    y_label: str
    notes: list[str]

    @property
    def labels(self) -> list[str]:
        """What the lines are of."""
        return list(dict.fromkeys(line.label for line in self.lines))

    @property
    def kinds(self) -> list[str]:
        """The kinds of the lines."""
        return list(dict.fromkeys(line.kind for line in self.lines))


def measured(gathered: Gathered, metric: str | None = None) -> list[Curve]:
    """Return the curves of a metric, or of those that are TOGETHER; without one, of the accuracies, as in the book."""
    name = metric or "accuracy"
    return [curve for each in TOGETHER.get(name, (name,)) for curve in curves(gathered, each)]


def of_runs(gathered: Gathered, metric: str | None = None) -> Plot:
    """Return the plot of `measured`, with an axis of its own range, or without a metric of the book's, from 0 to 1.

    Raises BpError (exit 2) if no run has an epoch to draw.
    """
    found = measured(gathered, metric)
    if not found:
        what = f"that measured {metric}" if metric else "with an epoch at its end"
        raise BpError(f"{gathered.title}: expected a run {what}; got none", code=Exit.USAGE)
    drawn = list(dict.fromkeys(curve.label for curve in found))
    found = [curve for curve in found if curve.label in drawn[:MOST]]
    runs = {label: len(setting.runs) for label, setting in zip(gathered.labels, gathered.settings, strict=True)}
    lines = [
        Line(
            _counted(curve, runs[curve.label]),
            curve.metric.replace("_", " ").replace("accuracy", "acc"),  # as the book's legend says
            curve.epochs,
            curve.values,
            curve.deviations,
            rounded(curve.metric, curve.values[-1], curve.deviations[-1] if curve.deviations else None),
        )
        for curve in found
    ]
    n = "n" if len(drawn) > 1 else found[0].n
    notes = [f"mean ± standard deviation over {n} seeds"] if any(curve.deviations for curve in found) else []
    if len(drawn) > MOST:
        notes.append(f"the first {MOST} of {len(drawn)} settings")
    spans = [span for curve in found for span in curve.points.values()]
    return Plot(
        lines,
        epoch_axis(sorted({epoch for curve in found for epoch in curve.epochs})),
        _axis(0, 1) if metric is None else (accuracy_axis if metric.endswith("accuracy") else loss_axis)(spans),
        "epochs",
        metric.replace("_", " ") if metric else "accuracy",
        notes + _not_counted(gathered, found),
    )


def of_functions(names: Sequence[str]) -> Plot:
    """Return the plot of activation functions and their slopes, as the package's own layers compute them."""
    x = np.linspace(-5, 5, 1001)
    functions, slopes, notes = [], [], []
    for name in dict.fromkeys(names):
        layer = FUNCTIONS[name]()
        functions.append(Line(name, "function", x.tolist(), layer.forward(x).tolist()))
        try:
            slopes.append(Line(name, "slope", x.tolist(), layer.backward(np.ones_like(x)).tolist()))
        except TypeError:
            notes.append(f"{name}: no slope is drawn; it is 0, and there is none at the jump")
    lines = functions + slopes
    low, high = min(min(line.y) for line in lines), max(max(line.y) for line in lines)
    room = (high - low) / 20
    return Plot(lines, _axis(-5, 5), _axis(low - room, high + room), "x", "y", notes)


def _axis(low: float, high: float) -> Axis:
    ticks = [tick for tick in nice(low, high, 6) if low <= tick <= high]
    return Axis(low, high, 0, 1, ticks)


def _counted(curve: Curve, runs: int) -> str:
    """Return the label of a curve with how many runs are in it, if that says something."""
    label = _printable(curve.label)
    if curve.unfinished or runs == 1:
        return label
    return f"{label} (n = {curve.n}{f' of {runs}' if curve.n < runs else ''})"


def _not_counted(gathered: Gathered, found: Sequence[Curve]) -> list[str]:
    """Return what the lines do not tell: which are of unfinished runs, and which runs are in none."""
    unfinished = {curve.label for curve in found if curve.unfinished}
    notes, apart = [], []
    for label, setting in zip(gathered.labels, gathered.settings, strict=True):
        if label in unfinished:
            why = "no run is finished, the longest is" if len(setting.runs) > 1 else f"{setting.runs[0].state},"
            notes.append(f"{label}: {why} drawn so far")
            continue
        for state in get_args(State):
            if state != "finished" and (seeds := setting.seeds(state)):
                which = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
                apart.append(f"{label} ({which if len(seeds) <= NAMED else f'{len(seeds)} seeds'} {state})")
    if apart:
        more = [f"and {len(apart) - NAMED} more"] if len(apart) > NAMED else []
        notes.append(f"not counted: {', '.join([*apart[:NAMED], *more])}")
    return [*map(_printable, notes)]


def _printable(text: str) -> str:
    """Return text from files and paths with its control characters made visible: not all can be drawn or written."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
