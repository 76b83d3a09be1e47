"""Tests for the pictures behind a confusion matrix."""

import io

import numpy as np
import pytest
from PIL import Image

from mnist_bp.data.dataset import Dataset, Split
from mnist_bp.report import gallery as module
from mnist_bp.report.gallery import ABREAST, gallery
from mnist_bp.run.measuring import Measured, Measurement
from mnist_bp.run.predictions import Predictions

CLASSES = ("0", "1")


def measured(labels: list[int], probabilities: list[float], shape: tuple[int, ...] = (2, 3)) -> Measured:
    """Return examples whose pixels are all their index, with the probability of class 1 of each."""
    numbers = np.array([[1 - p, p] for p in probabilities])
    t = np.array(labels, np.uint8)
    x = np.repeat(np.arange(len(t), dtype=np.uint8)[:, None], np.prod(shape), axis=1) * 17
    split = Split(x, t)
    return Measured(
        Measurement("r", "idx", "test", len(t), 0.0, 0.0),
        Predictions(t, numbers.argmax(axis=1), "probability", numbers),
        split,
        Dataset("idx", split, split, shape, CLASSES, 2, ""),
        CLASSES,
    )


def test_each_cell_has_its_examples_with_their_pictures() -> None:
    found = gallery(measured([0, 1, 1, 0, 1, 0], [0.1, 0.9, 0.2, 0.7, 0.6, 0.8]))
    assert found is not None
    assert found.cells == {
        "0,0": (0, [(0, 0.9)]),
        "0,1": (1, [(5, 0.8), (3, 0.7)]),  # wrong: the surest first
        "1,0": (3, [(2, 0.8)]),
        "1,1": (4, [(4, 0.6), (1, 0.9)]),  # right: the least sure first
    }
    sheet = np.asarray(Image.open(io.BytesIO(found.sheet)))
    assert sheet.shape == (2, 3 * ABREAST)
    assert (255 - sheet[:, ::3]).tolist()[0][:6] == [17 * index for index in (0, 5, 3, 2, 4, 1)]
    assert (sheet[:, 18:] == 255).all()


def test_there_are_no_more_pictures_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 5 * 6)
    found = gallery(measured([0] * 5 + [1] * 3, [0.1] * 4 + [0.9] + [0.8] * 3))
    assert found is not None
    assert [len(examples) for _, examples in found.cells.values()] == [2, 1, 2]


def test_points_have_no_pictures() -> None:
    assert gallery(measured([0, 1], [0.1, 0.9], (2,))) is None
