"""The contact sheet of mistakes, as the captions and images that are drawn on it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_bp.errors import BpError
from mnist_bp.progress import silent
from mnist_bp.report import images
from mnist_bp.report.mistakes import mistakes
from mnist_bp.run.judgement import Judgement
from mnist_bp.run.measuring import Measured, measure
from tests.helpers.making import config, untrained


def measured(**changes: Any) -> Measured:
    keys = {"data_name": "idx", "model_hidden": [6], **changes}
    return measure(str(untrained(config(**keys))), "test", [], silent)


def drawn(monkeypatch: pytest.MonkeyPatch, found: Measured, count: int) -> tuple[np.ndarray, int, Sequence[str]]:
    sheets = []

    def sheet(pixels: np.ndarray, columns: int, captions: Sequence[str]) -> np.ndarray:
        sheets.append((pixels, columns, captions))
        return np.zeros((1, 1), np.uint8)

    monkeypatch.setattr(images, "sheet", sheet)
    assert mistakes(found, count)
    return sheets[0]


def test_the_worst_examples_are_drawn_with_what_they_are_what_was_said_and_how_surely(
    archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = measured(data_dir=str(archive_folder))
    pixels, columns, captions = drawn(monkeypatch, found, 3)
    worst = found.judgement.errors(3)
    assert (len(worst), columns) == (3, 3)
    for image, caption, wrong in zip(pixels, captions, worst, strict=True):
        assert np.array_equal(image, found.examples.x[wrong.index].reshape(8, 8))
        assert caption == f"{wrong.true}, said {wrong.said}\n{100 * wrong.number:.1f} %"


def test_outputs_are_no_percentages(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(data_dir=str(archive_folder), model_loss="mean_squared_error")
    caption = drawn(monkeypatch, found, 1)[2][0]
    assert caption.endswith(f"\noutput {found.judgement.errors(1)[0].number:.3g}")


def test_without_mistakes_there_is_no_sheet(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(data_dir=str(archive_folder))
    monkeypatch.setattr(Judgement, "errors", lambda judgement, count: [])
    assert mistakes(found, 3) is None


def test_points_cannot_be_drawn() -> None:
    found = measured(data_name="xor", model_loss="half_squared_error")
    with pytest.raises(BpError, match="data set xor: expected images; got examples that are plain numbers"):
        mistakes(found, 3)
