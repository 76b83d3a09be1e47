"""Images side by side; what becomes of one is the subject of tests/unit/report/test_blocks.py."""

import io
import sys

import numpy as np
import pytest

from mnist_bp.cli import pictures
from mnist_bp.report.blocks import Style, text


class Stdout(io.TextIOWrapper):
    """An output in an encoding, which is a terminal or not."""

    def __init__(self, encoding: str, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("encoding", "terminal", "environment", "style"),
    [
        ("utf-8", True, {}, Style.GREYS),
        ("cp437", True, {}, Style.GREYS),  # of old Windows, which has half blocks
        ("utf-8", False, {}, Style.BLOCKS),
        ("utf-8", True, {"NO_COLOR": "1"}, Style.BLOCKS),
        ("utf-8", True, {"NO_COLOR": ""}, Style.GREYS),  # https://no-color.org: when not empty
        ("utf-8", True, {"TERM": "dumb"}, Style.BLOCKS),
        ("ascii", True, {}, Style.ASCII),
        ("cp1252", False, {}, Style.ASCII),
    ],
)
def test_the_style_is_what_stdout_can_show(
    encoding: str, terminal: bool, environment: dict[str, str], style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Stdout(encoding, terminal))
    assert pictures.style() is style


@pytest.mark.parametrize(("columns", "fit"), [("200", 6), ("80", 5), ("79", 5), ("77", 4), ("5", 1)])
def test_as_many_images_are_side_by_side_as_fit_into_the_terminal(
    columns: str, fit: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five images of 14 columns, with two between them, take 78."""
    monkeypatch.setenv("COLUMNS", columns)
    images = rng.integers(90, 256, (6, 28, 28), dtype=np.uint8)
    lines = [*pictures.rows(images, [*"abcdef"], Style.BLOCKS)]
    assert lines[0].split() == [*"abcdef"][:fit]
    assert lines[1] == "  ".join(text(image, Style.BLOCKS, 2)[0] for image in images[:fit])
    assert len(lines) == -(-6 // fit) * 9 - 1  # a name, seven lines, and an empty one between the rows


def test_in_ascii_an_image_is_not_shrunk() -> None:
    image = np.full((1, 28, 28), 255, np.uint8)
    assert [*pictures.rows(image, ["full"], Style.ASCII)] == ["full", *["@" * 28] * 14]


def test_names_of_wide_letters_are_above_their_images() -> None:
    images = np.full((2, 28, 28), 255, np.uint8)
    assert next(pictures.rows(images, ["お", "き"], Style.BLOCKS)) == "お" + " " * 12 + "  き"
