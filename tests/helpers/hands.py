"""Hands that draw strokes on the pad of a page: small or large, aslant, fast or slow, by mouse or by finger."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_bp.data.glyphs import GLYPHS
from mnist_bp.data.synthetic import choose, deform, skeletons, spline

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

Strokes = list[np.ndarray]
"""Each (n, 2), x and y, y downwards; on the pad, which is 1 wide and 1 high."""

SCRIPT = """
const frames = [], drawings = arguments[0], { left, top, width, height } = pad.getBoundingClientRect();
const told = requestAnimationFrame;
window.requestAnimationFrame = frame => frames.push(frame);
const event = (kind, [x, y], coalescedEvents = []) => new PointerEvent(kind, {
  pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true, cancelable: true, coalescedEvents,
  button: kind === "pointermove" ? -1 : 0, buttons: kind === "pointerup" ? 0 : 1,
  clientX: left + x * width, clientY: top + y * height,
});
const shown = drawings.map(drawing => {
  document.getElementById("clear").click();
  for (const stroke of drawing) {
    pad.dispatchEvent(event("pointerdown", stroke[0]));
    for (let i = 1; i < stroke.length; i += 3) {  // as browsers do, a few moves are one event
      const part = stroke.slice(i, i + 3);
      pad.dispatchEvent(event("pointermove", part.at(-1), part.map(each => event("pointermove", each))));
    }
    pad.dispatchEvent(event("pointerup", stroke.at(-1)));
  }
  while (frames.length) frames.shift()();
  return (SHOWN)();
});
window.requestAnimationFrame = told;
return shown;
"""
SHOWN = """() => {
  const prediction = document.getElementById("prediction"), said = prediction.dataset.probabilities;
  const { data } = document.getElementById("seen").getContext("2d").getImageData(0, 0, 28, 28);
  const pixels = [...data].filter((_, place) => place % 4 === 0);
  return {
    answer: prediction.textContent, state: document.getElementById("state").textContent, pixels,
    probabilities: said ? JSON.parse(said) : null, logits: window.bp.logits(pixels),
  };
}"""


@dataclass(frozen=True)
class Hand:
    """How somebody draws: how large and where, in parts of the pad and of the room left; how far points lie apart."""

    size: float = 0.7
    at: tuple[float, float] = (0.5, 0.5)
    slant: float = 0.0  # x per y
    step: float = 0.05  # of the drawing's size

    def __call__(self, strokes: Strokes) -> Strokes:
        """Return strokes, given in any unit, as this hand draws them on the pad."""
        slanted = [stroke @ [[1, 0], [-self.slant, 1]] for stroke in strokes]
        points = np.concatenate(slanted)
        low, extent = points.min(axis=0), np.ptp(points, axis=0)
        scale = self.size / max(extent.max(), 1e-9)
        start = (1 - extent * scale) * self.at
        return [stepped((stroke - low) * scale + start, self.step * self.size) for stroke in slanted]


HANDS = {
    "small": Hand(size=0.15, at=(0.9, 0.1)),
    "large": Hand(size=0.96),
    "shifted": Hand(size=0.5, at=(0.05, 0.95)),
    "left": Hand(slant=-0.15),
    "right": Hand(slant=0.15),
    "fast": Hand(step=0.15),
    "slow": Hand(step=0.02),
}


def written(labels: np.ndarray, rng: np.random.Generator) -> list[Strokes]:
    """Return the strokes of the digits that `synthetic.write` makes images of, given an equal generator."""
    table, styles = skeletons(), choose(labels, rng)
    points = table.points[styles]
    points = deform(points, np.take_along_axis(points, table.next_points[styles][..., None], axis=1), rng)
    glyphs = [glyph.strokes() for each in GLYPHS.values() for glyph in each]
    digits = []
    for strokes, own in zip((glyphs[style] for style in styles), points, strict=True):
        names = sorted({point for stroke in strokes for point in stroke})
        paths = [own[[names.index(point) for point in stroke]] for stroke in strokes]
        digits.append([spline(np.linspace(0, len(path) - 1, 8 * len(path)), len(path)) @ path for path in paths])
    return digits


def stepped(stroke: np.ndarray, step: float) -> np.ndarray:
    """Return points of a stroke that lie about a step apart, along the lines between its own, with both its ends."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    at = np.linspace(0, along[-1], max(2, round(along[-1] / step) + 1) if along[-1] else 1)
    return np.column_stack([np.interp(at, along, axis) for axis in stroke.T])


def shown(chromium: "Chrome") -> dict[str, Any]:
    """Return what the page says, once it has drawn another frame."""
    wait = "const done = arguments[0]; requestAnimationFrame(() => setTimeout(() => done(SHOWN())))"
    found: dict[str, Any] = chromium.execute_async_script(wait.replace("SHOWN", f"({SHOWN})"))
    return found


def drawn(chromium: "Chrome", drawings: list[Strokes]) -> list[dict[str, Any]]:
    """Draw by the page's events alone, each drawing on an empty pad; return what the page says of each."""
    found: list[dict[str, Any]] = chromium.execute_script(
        SCRIPT.replace("SHOWN", SHOWN), [[stroke.tolist() for stroke in strokes] for strokes in drawings]
    )
    return found


def on_screen(chromium: "Chrome", strokes: Strokes) -> Strokes:
    """Return strokes on the pad as points of the window, where the screen has its pixels."""
    left, top, side, ratio = chromium.execute_script(
        "const { left, top, width } = pad.getBoundingClientRect(); return [left, top, width, devicePixelRatio]"
    )
    return [np.rint((stroke * side + [left, top]) * ratio) / ratio for stroke in strokes]


def mouse(chromium: "Chrome", what: str, point: np.ndarray, button: str = "left", kind: str = "mouse") -> None:
    """Let a mouse or a pen be Moved, Pressed or Released at a point of the window."""
    held = {"none": 0, "left": 1, "right": 2}[button]
    event = {"type": f"mouse{what}", "x": point[0], "y": point[1], "button": button, "clickCount": 1}
    event |= {"buttons": held * (what != "Released"), "pointerType": kind}
    chromium.execute_cdp_cmd("Input.dispatchMouseEvent", event)


def touch(chromium: "Chrome", what: str, *points: np.ndarray) -> None:
    """Let fingers Start, Move or End; the points are those of all fingers on the screen from then on."""
    fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    chromium.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": f"touch{what}", "touchPoints": fingers})


def by_mouse(chromium: "Chrome", strokes: Strokes, button: str = "left", kind: str = "mouse") -> None:
    for points in on_screen(chromium, strokes):
        for what, part in (("Pressed", points[:1]), ("Moved", points[1:]), ("Released", points[-1:])):
            for point in part:
                mouse(chromium, what, point, button, kind)


def by_touch(chromium: "Chrome", strokes: Strokes) -> None:
    for first, *rest in on_screen(chromium, strokes):
        touch(chromium, "Start", first)
        for point in rest:
            touch(chromium, "Move", point)
        touch(chromium, "End")
