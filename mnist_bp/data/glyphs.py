"""The ten digits as people write them: pen strokes, authored by hand, in the table glyphs.txt.

Each line is a style: the digit, the style's weight, which is its share among the styles of the digit, its name, and
after a colon its strokes. These are written like a path in SVG: "x,y" is a point that the pen passes through, blanks
separate the points of a stroke and "|" the strokes. The points of a stroke, in writing order, are joined by a smooth
curve. Coordinates are hundredths of the digit's height: x to the right, y downwards, the top line at y = 0, the base
line at y = 100.

Two conventions keep the table short:

* a point given twice in a row is a corner: the curve stops being smooth there;
* equal points of a style are one point: strokes that share it stay joined, however the digit is deformed.

Which styles there are was seen in MNIST's training images, and in those that a network trained on the drawn digits read
wrongly. The points were then placed by hand: none is fitted to, traced from or averaged over any image.
"""

from pathlib import Path
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]


class Glyph(NamedTuple):
    """One way to write a digit."""

    weight: float
    name: str
    path: str

    def strokes(self) -> list[list[Point]]:
        """Return the points of each stroke, in units of the digit's height."""
        return [
            [(float(x) / 100, float(y) / 100) for x, y in (point.split(",") for point in stroke.split())]
            for stroke in self.path.split("|")
        ]


def read(table: str) -> dict[int, tuple[Glyph, ...]]:
    """Return the styles of each digit in a table; empty lines and those that begin with "#" are none."""
    glyphs: dict[int, tuple[Glyph, ...]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            digit, weight, named = line.split(maxsplit=2)
            name, path = named.split(": ")
            glyphs[int(digit)] = (*glyphs.get(int(digit), ()), Glyph(float(weight), name, path))
    return glyphs


GLYPHS = read(Path(__file__).with_name("glyphs.txt").read_text(encoding="utf-8"))
