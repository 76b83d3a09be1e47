"""`bp eval`."""

import csv
import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.data.archives import FILES
from tests.conftest import idx, run


@pytest.fixture
def trained(small_config: Path) -> Path:
    assert run("train", "--config", small_config, "--out", "r", "--set", "data.validation=10").exit_code == 0
    return Path("r")


def test_it_measures_what_the_last_row_of_the_metrics_says(trained: Path) -> None:
    last = list(csv.DictReader((trained / "metrics.csv").read_text().splitlines()))[-1]
    for split in ("test", "validation"):
        result = run("eval", trained, "--split", split, "--json")
        about = json.loads(result.stdout)
        assert result.exit_code == 0
        assert [repr(about["accuracy"]), repr(about["loss"])] == [last[f"{split}_accuracy"], last[f"{split}_loss"]]
    assert about["examples"] == 10
    assert f"test accuracy {last['test_accuracy']}  " in run("eval", trained).stdout


def test_it_measures_on_another_data_set(
    trained: Path, small_mnist: object, archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert run("data", "import", archive_folder).exit_code == 0
    result = run("eval", trained, "--set", "data.name=mnist", "--json")
    assert json.loads(result.stdout)["data"] == "mnist"
    assert json.loads(result.stdout)["examples"] == 60
    assert not caplog.text


def test_the_plane_is_split_as_it_was_for_training() -> None:
    Path("plane.yaml").write_text(
        "data: {name: plane, seed: 3}\nmodel: {loss: half_squared_error}\ntrain: {epochs: 1, batch_size: 1000}"
    )
    assert run("train", "--config", "plane.yaml", "--out", "p").exit_code == 0
    assert run("eval", "p").exit_code == 0
    result = run("eval", "p", "--set", "data.seed=4")
    assert result.exit_code == 2
    assert "data.seed: expected the run's, as another would test on points that it was trained on" in result.stderr


MISUSES = {
    "no run": (["nowhere"], 2, "nowhere: expected a run directory"),
    "another validation split": (["r", "--set", "data.validation=20"], 2, "but for data.validation"),
    "a key of another section": (["r", "--set", "train.epochs=3"], 2, "expected a key of section data"),
    "data that are not there": (["r", "--set", "data.dir=nowhere"], 4, "nowhere: expected a folder"),
}


@pytest.mark.parametrize(("arguments", "code", "message"), MISUSES.values(), ids=MISUSES)
def test_misuse_gets_one_clear_message(trained: Path, arguments: list[str], code: int, message: str) -> None:
    result = run("eval", *arguments)
    assert result.exit_code == code
    assert result.stdout == ""
    assert message in result.stderr


def test_data_that_have_changed_since_the_training_are_said(
    trained: Path, archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run("eval", trained)
    assert not caplog.text
    labels = gzip.decompress((archive_folder / FILES[3]).read_bytes())
    (archive_folder / FILES[3]).write_bytes(gzip.compress(labels[:-1] + bytes([(labels[-1] + 1) % 3])))
    assert run("eval", trained).exit_code == 0
    assert "the data are not those that it was trained on" in caplog.text
    caplog.clear()
    assert run("eval", trained, "--set", f"data.dir={archive_folder}/.").exit_code == 0  # asked for, so no surprise
    assert not caplog.text


def test_a_run_without_a_checkpoint_is_not_measured(trained: Path) -> None:
    (trained / "checkpoint.npz").unlink()
    result = run("eval", trained)
    assert result.exit_code == 1
    assert "there is no checkpoint" in result.stderr


def test_a_run_without_a_validation_split_is_not_measured_on_one(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    result = run("eval", "r", "--split", "validation")
    assert result.exit_code == 2
    assert "data.validation is 0" in result.stderr


def test_images_of_another_size_do_not_fit(trained: Path, wide_folder: Path) -> None:
    result = run("eval", trained, "--set", f"data.dir={wide_folder}")
    assert result.exit_code == 2
    assert f'with data.dir="{wide_folder}", idx having examples of 8×9 numbers for 3 outputs: ' in result.stderr
    assert "expected W1 of shape (72, 6) and type float32; got (64, 6)" in result.stderr


@pytest.fixture
def wide_folder(archive_folder: Path) -> Path:
    """Return a folder with images of 8×9 pixels."""
    wide = archive_folder.with_name("wide")
    shutil.copytree(archive_folder, wide)
    for name, count in (("train-images-idx3-ubyte.gz", 210), ("t10k-images-idx3-ubyte.gz", 60)):
        (wide / name).write_bytes(idx(np.zeros((count, 8, 9), np.uint8)))
    return wide
