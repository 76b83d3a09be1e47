"""A plot as a figure for a report or a slide: SVG, PNG or PDF, drawn by matplotlib."""

import io
import textwrap
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_bp.extras import extra
from mnist_bp.report.plot import Line, Plot
from mnist_bp.run.files import MARK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Those of Okabe & Ito, Color Universal Design (2008), without the yellow, which is pale on white."""
MARKERS = ("", "o", "s", "^")  # one for each time that the colours are used
DASHES: tuple[Any, ...] = ("-", (0, (4, 2)))  # of the first and the second kind
METADATA: dict[str, dict[str, Any]] = {
    ".svg": {"Creator": MARK, "Date": None},
    ".png": {"Software": MARK},
    ".pdf": {"Creator": MARK, "CreationDate": None},
}
STYLE: Any = {
    "font.size": 12,
    "legend.fontsize": 11,
    "legend.title_fontsize": 10,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "mnist_bp",
    "text.parse_math": False,
}
INCHES = (6.4, 4.2)
LONGEST = 60  # characters of a label
BESIDE = 0.8  # inches that a column of the legend takes besides its labels
LINE = 76  # characters that a line below the axes has room for


def require_matplotlib() -> None:
    """Raise BpError if matplotlib is not installed."""
    with extra("report"):
        import matplotlib.figure  # noqa: F401


def drawn(plot: Plot, suffix: str) -> bytes:
    """Return a plot as the content of a file whose suffix is in METADATA: the same bytes for the same plot."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    file = io.BytesIO()
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # a box stands in its place
        mpl.rcdefaults()  # not the style of whoever runs this
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=INCHES, layout="constrained")
        _draw(plot, figure)
        figure.savefig(file, format=suffix[1:], dpi=200, metadata=METADATA[suffix])
    return file.getvalue()


def _draw(plot: Plot, figure: "Figure") -> None:
    axes = figure.add_subplot()
    of_label: dict[str, Any] = {}
    of_kind: dict[str, Any] = {}
    for line in plot.lines:
        style = _style(plot, line)
        (handle,) = axes.plot(line.x, np.clip(line.y, plot.y.low, plot.y.high), **style)
        of_label.setdefault(line.label, handle)
        of_kind.setdefault(line.kind, handle)
        if line.deviations:
            off = np.array(line.deviations)
            with np.errstate(over="ignore"):  # which is clipped, too
                low, high = (np.clip(np.add(line.y, sign * off), plot.y.low, plot.y.high) for sign in (-1, 1))
            axes.fill_between(line.x, low, high, color=style["color"], alpha=0.15, linewidth=0)
    axes.set_yscale("log" if plot.y.log else "linear")
    axes.set_ylim(plot.y.low, plot.y.high)
    for axis, side in ((plot.x, axes.xaxis), (plot.y, axes.yaxis)):
        side.set_ticks(axis.ticks, [label for _, label in axis.marks])
    axes.minorticks_off()
    axes.set_xlabel(plot.x_label)
    axes.set_ylabel(plot.y_label)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    if len(plot.kinds) > 1 or len(plot.labels) == 1:
        legend = axes.legend(of_kind.values(), of_kind, loc="lower right" if plot.y_label == "accuracy" else "best")
        if len(plot.labels) > 1:
            for handle in legend.get_lines():
                handle.set_color("0.4")
    _say_below(plot, figure, of_label if len(plot.labels) > 1 else {})


def _style(plot: Plot, line: Line) -> dict[str, Any]:
    """Return how a line looks: of several settings, train and test share a colour; of one, they have two."""
    kind = plot.kinds.index(line.kind)
    number = plot.labels.index(line.label) if len(plot.labels) > 1 else kind
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": DASHES[kind],
        "marker": "o" if len(line.x) == 1 else MARKERS[number // len(COLOURS)],
        "markersize": 4,
        "markevery": max(1, len(line.x) // 10),
        "zorder": 3 + kind,  # dashes upon a line, and both upon the frame
        "clip_on": False,
    }


def _say_below(plot: Plot, figure: "Figure", handles: dict[str, Any]) -> None:
    """Say below the axes what the colours are, and the notes; the figure becomes higher by what that takes."""
    notes = [line for note in plot.notes for line in textwrap.wrap(note, LINE)]
    if not handles and not notes:
        return
    labels = [_fitting(figure, label) for label in handles]
    widest = max((_inches(figure, label) for label in labels), default=INCHES[0])
    columns = max(1, int(INCHES[0] / (BESIDE + widest)))
    figure.legend(
        handles.values(),
        labels,
        loc="outside lower center",
        ncols=columns,
        title="\n".join(notes) or None,
        frameon=False,
    )
    figure.set_figheight(INCHES[1] + 0.24 * (len(notes) + -(-len(handles) // columns)))


def _fitting(figure: "Figure", label: str) -> str:
    """Return a label, cut to what a line has room for."""
    if len(label) > LONGEST:
        label = f"{label[: LONGEST - 1]}…"
    while _inches(figure, label) > INCHES[0] - BESIDE:
        label = f"{label[:-2]}…"
    return label


def _inches(figure: "Figure", label: str) -> float:
    """Return how wide a label is in a legend."""
    text = figure.text(0, 0, label, fontsize=STYLE["legend.fontsize"])
    width = text.get_window_extent().width / figure.dpi
    text.remove()
    return float(width)
