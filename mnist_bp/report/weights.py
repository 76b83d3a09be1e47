"""The weights of the first layer as pictures: one for each unit or filter, of what it looks for in an image."""

from dataclasses import dataclass

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.run.model import Model

MOST = 64  # pictures
SIDE = 56  # pixels of a picture; of what is larger, the weights of neighbours are averaged
NEGATIVE, ZERO, POSITIVE = np.array([[0, 96, 170], [247, 247, 247], [213, 94, 0]], float)


@dataclass(frozen=True)
class Weights:
    """The first layer of a network: `pictures`, uint8 (N, H, W, 3), of the units or filters of those numbers.

    They are those with the largest weights out of `count`; ±`limit` is full colour.
    """

    kind: str
    count: int
    numbers: list[int]
    pictures: Array
    limit: float


def weights(model: Model) -> Weights | None:
    """Return the first layer of a network in pictures; None if its examples are no images."""
    if len(model.shape) != 2:
        return None
    W = model.params["W1"]
    kind, fields = ("filter", W[:, 0]) if W.ndim == 4 else ("unit", W.T.reshape(-1, *model.shape))
    largest = np.sort(np.argsort(-np.square(fields, dtype=float).sum((1, 2)), kind="stable")[:MOST])
    shown = _averaged(fields[largest].astype(float))
    limit = float(np.quantile(np.abs(shown), 0.995)) or 1.0
    return Weights(kind, len(fields), largest.tolist(), diverging(shown / limit), limit)


def _averaged(fields: Array) -> Array:
    """Return fields, (N, H, W), no larger than SIDE: means of squares, without what is left at the edges."""
    step = -(-max(fields.shape[1:]) // SIDE)
    height, width = (max(side // step, 1) for side in fields.shape[1:])
    steps = [min(step, side) for side in fields.shape[1:]]
    cut = fields[:, : height * steps[0], : width * steps[1]]
    means: Array = cut.reshape(len(fields), height, steps[0], width, steps[1]).mean(axis=(2, 4))
    return means


def diverging(values: Array) -> Array:
    """Return colours, uint8 (…, 3), for numbers from −1 (blue) by 0 (white) to 1 (orange); others are cut off."""
    strength = np.clip(np.abs(values), 0, 1)[..., None]
    ends = np.where(np.asarray(values)[..., None] < 0, NEGATIVE, POSITIVE)
    colours: Array = np.rint(ZERO + strength * (ends - ZERO)).astype(np.uint8)
    return colours
