"""Which parts are digits; here they are made of strokes, which are rectangles: left, top, right, bottom."""

from collections import deque

import numpy as np
import pytest

from mnist_bp.preprocessing.segmentation import labelled, parts

Stroke = tuple[int, int, int, int]

FRAME: Stroke = (0, 0, 300, 3)
ONE: Stroke = (20, 50, 26, 90)
SEVEN: list[Stroke] = [(60, 50, 84, 55), (79, 50, 84, 90)]
BODY: list[Stroke] = [(120, 50, 125, 70), (120, 66, 145, 70), (140, 66, 145, 90), (120, 86, 145, 90)]
PAGES: dict[str, tuple[list[Stroke], list[Stroke]]] = {
    "nothing": ([], []),
    "one": ([ONE], [ONE]),
    "two, from left to right": ([*SEVEN, ONE], [ONE, (60, 50, 84, 90)]),
    "a 5 with a bar that does not touch": ([*BODY, (122, 42, 148, 46)], [(120, 42, 148, 90)]),
    "a 5 whose bar lies to the right": ([*BODY, (128, 50, 150, 55)], [(120, 50, 150, 90)]),
    "a stroke with a break": ([(20, 50, 26, 66), (20, 69, 26, 90)], [ONE]),
    "specks": ([ONE, (100, 100, 103, 103), (5, 5, 6, 6)], [ONE]),
    "a line below": ([ONE, (10, 110, 200, 113)], [ONE]),
    "a frame": ([ONE, FRAME, (0, 0, 4, 200), (298, 0, 300, 200)], [ONE]),
    "nothing but what touches the edge": ([(0, 0, 6, 200)], [(0, 0, 6, 200)]),
    "two lines": (
        [(20, 10, 26, 50), (60, 14, 66, 50), (22, 90, 28, 130), (62, 86, 68, 130)],
        [(20, 10, 26, 50), (60, 14, 66, 50), (22, 90, 28, 130), (62, 86, 68, 130)],
    ),
    "a line that rises": (
        [(20 + 40 * i, 150 - 12 * i, 26 + 40 * i, 190 - 12 * i) for i in range(6)],
        [(20 + 40 * i, 150 - 12 * i, 26 + 40 * i, 190 - 12 * i) for i in range(6)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("strokes", "boxes"), PAGES.values(), ids=PAGES)
def test_digits_are_found_in_the_order_of_reading(strokes: list[Stroke], boxes: list[Stroke]) -> None:
    ink = np.zeros((200, 300), np.float32)
    for left, top, right, bottom in strokes:
        ink[top:bottom, left:right] = 1
    assert [part[:4] for part in parts(ink)] == boxes


def test_a_part_is_cut_out_with_its_grey_edges_and_without_its_neighbours() -> None:
    ink = np.zeros((40, 40), np.float32)
    ink[10:30, 10] = ink[9, 10:30] = 1  # a digit with a bar over its neighbour
    ink[12:32, 28:34] = 1
    ink[12:32, 34] = 0.2
    over, under = parts(ink)
    assert (over[:4], under[:4]) == ((10, 9, 30, 30), (28, 12, 34, 32))
    np.testing.assert_array_equal(under.cut(ink)[1:-1], np.tile(np.array([0, *[1] * 6, 0.2], np.float32), (20, 1)))
    assert over.cut(ink).sum() == 40


@pytest.mark.parametrize("share", [0.2, 0.45, 0.8])
def test_pieces_are_those_of_a_flood(share: float, rng: np.random.Generator) -> None:
    """A breadth-first search, pixel by pixel, is the judge."""
    inked = rng.random((40, 50)) < share
    numbers, count = labelled(inked)
    expected, found = np.zeros(inked.shape, int), 0
    for start in zip(*np.nonzero(inked), strict=True):
        if expected[start]:
            continue
        found += 1
        expected[start] = found
        queue = deque([start])
        while queue:
            y, x = queue.popleft()
            for place in ((y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
                inside = 0 <= place[0] < 40 and 0 <= place[1] < 50
                if inside and inked[place] and not expected[place]:
                    expected[place] = found
                    queue.append(place)
    assert count == found
    pairs = {*zip(numbers.ravel().tolist(), expected.ravel().tolist(), strict=True)}
    assert len(pairs) == found + 1
    assert (0, 0) in pairs
