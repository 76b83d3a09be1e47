"""Which parts of a picture's ink are digits, line by line and from left to right."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_bp.preprocessing.pictures import Grey

INKED = 0.3  # of full ink, from which pixels belong to a stroke
SMALLEST = 5  # pixels of a digit's longer side
SPECK, PIECE = 0.35, 0.6  # of the largest: what is smaller is no digit; what is smaller may be a piece of its neighbour
GAP = 0.15  # of the largest: pieces that are nearer to each other may belong together
FLAT = 0.25  # of its width: what is less high is a line and no digit


class Part(NamedTuple):
    """A part of a picture: its box and the pixels in it that belong to it."""

    left: int
    top: int
    right: int
    bottom: int
    own: NDArray[np.bool_]

    def cut(self, ink: Grey) -> Grey:
        """Return its ink out of the whole picture's, with the grey edges, a pixel wide, and without its neighbours'."""
        around = np.pad(self.own, 2)
        near = np.lib.stride_tricks.sliding_window_view(around, (3, 3)).any(axis=(2, 3))
        padded = np.pad(ink, 1)
        return padded[self.top : self.bottom + 2, self.left : self.right + 2] * near


def labelled(inked: NDArray[np.bool_]) -> tuple[NDArray[np.intp], int]:
    """Return a number for each pixel, 0 for paper, and how many pieces there are: 8-connected ones have one number.

    Runs of pixels in a row are joined with those that they touch in the next row, until nothing changes.
    """
    padded = np.pad(inked, 1)
    steps = np.diff(padded.astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    width = padded.shape[1] + 1
    first = np.searchsorted(rows * width + ends, (rows + 1) * width + starts)  # the runs of the next row that touch
    last = np.searchsorted(rows * width + starts, (rows + 1) * width + ends, side="right")
    counts = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(rows)), counts)
    lower = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts) + np.repeat(first, counts)
    parents = np.arange(len(rows))
    while True:
        least = np.minimum(parents[upper], parents[lower])
        before = parents.copy()
        np.minimum.at(parents, before[upper], least)
        np.minimum.at(parents, before[lower], least)
        while (parents[parents] != parents).any():
            parents = parents[parents]
        if (parents == before).all():
            break
    names, of_run = np.unique(parents, return_inverse=True)
    numbers = np.zeros(padded.shape, np.intp)
    np.add.at(numbers, (rows, starts + 1), of_run + 1)
    np.subtract.at(numbers, (rows, ends + 1), of_run + 1)
    return numbers.cumsum(axis=1)[1:-1, 1:-1], len(names)


def parts(ink: Grey) -> list[Part]:
    """Return the digits in the ink, (H, W) from 0 to 1: line by line, each from left to right."""
    numbers, count = labelled(ink >= INKED)
    if not count:
        return []
    boxes = _boxes(numbers, count)
    chosen = _without_frames(boxes, numbers, count)
    sizes = np.max(boxes[:, 2:] - boxes[:, :2], axis=1)
    largest = max((sizes[piece] for piece in chosen if not _is_flat(boxes[piece])), default=0)
    group = np.full(count, -1)  # the number of one of the pieces that each belongs to
    for piece in sorted(chosen, key=lambda each: -sizes[each]):
        placed = np.flatnonzero(group >= 0)
        near = group[placed[_belong(boxes[piece], boxes[placed], largest)]]
        if len(near):
            group[piece] = near[0]
            for other in np.unique(near[near != near[0]]):
                group[group == other] = near[0]
        elif sizes[piece] >= max(SPECK * largest, SMALLEST) and not _is_flat(boxes[piece]):
            group[piece] = piece
    together = (np.flatnonzero(group == each) for each in np.unique(group[group >= 0]))
    return _in_reading_order([_part(pieces, boxes, numbers) for pieces in together])


def _boxes(numbers: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return left, top, right and bottom of each piece, (count, 4)."""
    y, x = np.nonzero(numbers)
    piece = numbers[y, x] - 1
    low, high = np.full((count, 2), max(numbers.shape)), np.zeros((count, 2), np.intp)
    for axis, places in enumerate((x, y)):
        np.minimum.at(low[:, axis], piece, places)
        np.maximum.at(high[:, axis], piece, places + 1)
    return np.hstack([low, high])


def _without_frames(boxes: NDArray[np.intp], numbers: NDArray[np.intp], count: int) -> list[int]:
    """Return the pieces that do not run along the edges of the picture, as a table beside the paper does."""
    edges = np.concatenate([numbers[[0, -1]].ravel(), numbers[:, [0, -1]].ravel()])
    along = np.bincount(edges, minlength=count + 1)[1:]
    sizes = np.max(boxes[:, 2:] - boxes[:, :2], axis=1)
    inside = np.flatnonzero((along <= sizes / 2) & (sizes >= SMALLEST))
    return [int(each) for each in (inside if len(inside) else np.arange(count))]


def _belong(piece: NDArray[np.intp], others: NDArray[np.intp], largest: int) -> NDArray[np.bool_]:
    """Return of which of some larger pieces, (n, 4), a piece is the same digit: near it, and above it or small."""
    gaps = np.maximum(piece[:2], others[:, :2]) - np.minimum(piece[2:], others[:, 2:])  # negative where they overlap
    near = gaps.max(axis=1) <= GAP * largest
    widths = np.minimum(piece[2] - piece[0], others[:, 2] - others[:, 0])
    small = max(piece[2] - piece[0], piece[3] - piece[1]) < PIECE * largest
    together: NDArray[np.bool_] = near & (small | (-gaps[:, 0] > widths / 2))
    return together


def _is_flat(piece: NDArray[np.intp]) -> bool:
    return bool(piece[3] - piece[1] < FLAT * (piece[2] - piece[0]))


def _part(pieces: NDArray[np.intp], boxes: NDArray[np.intp], numbers: NDArray[np.intp]) -> Part:
    left, top = boxes[pieces, :2].min(axis=0)
    right, bottom = boxes[pieces, 2:].max(axis=0)
    own = np.isin(numbers[top:bottom, left:right], pieces + 1)
    return Part(int(left), int(top), int(right), int(bottom), own)


def _in_reading_order(found: list[Part]) -> list[Part]:
    """Return parts line by line: a part goes on the line whose last part is beside it."""
    lines: list[list[Part]] = []
    for part in sorted(found, key=lambda each: each.left):
        beside = [line for line in lines if _beside(line[-1], part)]
        if beside:
            beside[0].append(part)
        else:
            lines.append([part])
    return [part for line in sorted(lines, key=lambda line: np.mean([each.top for each in line])) for part in line]


def _beside(one: Part, other: Part) -> bool:
    """Whether two parts share more than half of the lower one's height."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared > min(one.bottom - one.top, other.bottom - other.top) / 2
