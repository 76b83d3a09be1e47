"""Pictures of examples by what they are and what was said of them: a few for each cell of a confusion matrix."""

import math
from dataclasses import dataclass

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.report import images
from mnist_bp.run.measuring import Measured

MOST = 2000 * 28 * 28  # pixels: about half a megabyte
ABREAST = 40  # pictures in a row of the sheet


@dataclass(frozen=True)
class Gallery:
    """A PNG of pictures side by side, ABREAST in a row, and which they are.

    `cells` has, by the classes "true,said", the number of the first picture, and index and confidence of each example.
    """

    sheet: bytes
    cells: dict[str, tuple[int, list[tuple[int, float]]]]


def gallery(measured: Measured) -> Gallery | None:
    """Return pictures for all cells, as many of each as MOST leaves room for; None if the examples are no images.

    Of what is wrong, the most confident come first, of what is right, the least confident.
    """
    if len(measured.dataset.shape) != 2:
        return None
    predictions = measured.predictions
    said, true = predictions.answers, predictions.labels
    confidence = np.nan_to_num(predictions.confidence)  # JSON has no NaN
    order = np.lexsort((np.where(said == true, confidence, -confidence), said, true))
    pairs = np.stack([true[order], said[order]], axis=1).astype(int)
    starts = np.flatnonzero(np.r_[True, (pairs[1:] != pairs[:-1]).any(axis=1)])
    sizes = np.diff(np.r_[starts, len(order)])
    room = MOST // math.prod(measured.dataset.shape)
    most = max((n for n in range(1, room + 1) if np.minimum(sizes, n).sum() <= room), default=1)
    cells: dict[str, tuple[int, list[tuple[int, float]]]] = {}
    chosen: list[int] = []
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        which = order[start : start + min(size, most)]
        examples = [(int(i), round(float(confidence[i]), 4)) for i in which]
        cells[f"{pairs[start, 0]},{pairs[start, 1]}"] = (len(chosen), examples)
        chosen += which.tolist()
    pictures = measured.examples.x[chosen].reshape(-1, *measured.dataset.shape)
    return Gallery(images.png(_side_by_side(images.ink(pictures))), cells)


def _side_by_side(pictures: Array) -> Array:
    """Return pictures, (N, H, W), as a single one, ABREAST in a row, filled up with white."""
    height, width = pictures.shape[1:]
    rows = -(-len(pictures) // ABREAST)
    sheet = np.full((rows * ABREAST, height, width), 255, np.uint8)
    sheet[: len(pictures)] = pictures
    return sheet.reshape(rows, ABREAST, height, width).swapaxes(1, 2).reshape(rows * height, ABREAST * width)
