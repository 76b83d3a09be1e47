"""`bp predict`; what is read in a picture is the subject of tests/unit/run/test_reading.py."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import mnist_bp
from mnist_bp.cli import predict
from mnist_bp.cli.bp import bp
from mnist_bp.data.dataset import Dataset
from tests.helpers.commands import run
from tests.helpers.making import config, untrained
from tests.unit.run.test_reading import ARRAYS, IMAGES


@pytest.fixture
def net() -> Path:
    """Return an untrained run on digits."""
    return untrained(config(model_hidden=[6], model_init="xavier"), Dataset.of("mnist", ARRAYS))


@pytest.fixture
def scans() -> Path:
    """Return a folder with a digit, a picture of two, and a note."""
    folder = Path("scans")
    folder.mkdir()
    Image.fromarray(IMAGES[0]).save(folder / "a.png")
    Image.fromarray(255 - np.hstack([np.pad(IMAGES[i], 10) for i in (3, 5)])).save(folder / "b.JPG", quality=95)
    (folder / "note.txt").write_text("seven")
    return folder


def test_each_digit_has_a_row_and_an_object(net: Path, scans: Path) -> None:
    expected = [
        (str(path), each) for path in (scans / "a.png", scans / "b.JPG") for each in mnist_bp.load(net).read(path)
    ]
    about = json.loads(run("predict", net, scans, "--json").stdout)
    assert about == {
        "predictions": [
            {
                "file": name,
                "label": each.label,
                "probability": each.probability,
                "probabilities": each.probabilities.tolist(),
                "box": list(each.box),
                "sure": False,
            }
            for name, each in expected
        ]
    }
    header, *rows = run("predict", net, scans).stdout.splitlines()
    assert header.split() == ["file", "digit", "probability", "next"]
    said = [[name, each.label, f"{each.probability:.4f}", "unsure"] for name, each in expected]
    assert [row.split()[:4] for row in rows] == said
    for row, (_, each) in zip(rows, expected, strict=True):
        order = np.argsort(-each.probabilities)
        assert row.split()[4::2] == [str(number) for number in order[1:3]]


def test_a_picture_may_come_through_a_pipe(net: Path, scans: Path) -> None:
    result = CliRunner().invoke(bp, ["predict", str(net), "-", "--json"], input=(scans / "a.png").read_bytes())
    (found,) = json.loads(result.stdout)["predictions"]
    assert found["file"] == "-"
    assert found["label"] == mnist_bp.load(net).read(IMAGES[0])[0].label


def test_the_image_that_the_network_sees_is_shown(net: Path, scans: Path) -> None:
    shown = run("predict", net, scans / "a.png", "--show").stdout.split("\n\n", 1)[1].splitlines()
    assert len(shown) > 5
    assert {*"".join(shown[1:])} <= {*" ▀▄█"}


def test_pictures_that_cannot_be_read_do_not_keep_the_others_from_being_read(net: Path, scans: Path) -> None:
    (scans / "c.png").write_bytes(b"seven")
    Path("empty").mkdir()
    result = run("predict", net, "empty", scans, "gone.png")
    assert result.exit_code == 4
    assert len(result.stdout.splitlines()) == 4
    assert result.stderr.splitlines()[:3] == [
        "error: empty: expected a folder with pictures, such as .png or .jpg; got none",
        f"error: {scans / 'c.png'}: expected a picture; got another kind of file",
        "error: gone.png: No such file or directory",
    ]
    alone = run("predict", net, "gone.png", "--json")
    assert json.loads(alone.stdout) == {
        "predictions": [], "error": "gone.png: No such file or directory", "hint": None, "code": 4
    }  # fmt: skip


def test_a_stdin_that_is_closed_is_told(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "sys", SimpleNamespace(stdin=None))
    result = run("predict", net, "-")
    assert (result.exit_code, result.stderr) == (4, "error: -: expected a picture on stdin; it is closed\n")


def test_a_stdin_without_end_is_not_read_forever(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "LARGEST", 1000)
    result = CliRunner().invoke(bp, ["predict", str(net), "-"], input=bytes(2000))
    assert result.exit_code == 4
    assert "-: expected a picture of at most 1,000 bytes on stdin; got more" in result.output  # click 8.1 mixes them


def test_without_pillow_the_extra_is_named(net: Path, scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    result = run("predict", net, scans)
    assert result.exit_code == 1
    assert "pip install 'mnist-bp[images]'" in result.stderr


def test_a_run_on_points_is_refused_before_any_picture_is_looked_at() -> None:
    points = config(data_name="xor", model_hidden=[4], model_loss="binary_cross_entropy")
    result = run("predict", untrained(points), "gone.png")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: expected a run that was trained on images of 28×28 pixels")


def test_outputs_of_a_squared_error_are_not_called_probabilities_and_what_is_no_digit_a_class(scans: Path) -> None:
    keys: dict[str, Any] = {
        "model_loss": "half_squared_error",
        "data_name": "idx",
        "data_dir": "gone",
        "data_preprocessing": "resize",
    }
    own = untrained(config(model_hidden=[6], **keys), Dataset.of("idx", ARRAYS))
    header, *_, note = run("predict", own, scans).stdout.splitlines()
    assert header.split() == ["file", "class", "output", "next"]
    assert note.startswith("pictures are taken as a whole")
