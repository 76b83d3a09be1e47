"""What a resumed run refuses, and what it says."""

import json
from pathlib import Path

import pytest

from mnist_bp.errors import Exit
from mnist_bp.records import HEADER
from mnist_bp.runs import Run
from tests.conftest import blobs, idx, run


@pytest.fixture
def half(small_config: Path) -> Path:
    """Return the directory of a run that has done two epochs of three."""
    run("train", "--config", small_config, "--out", "r", "--set", "train.epochs=2")
    return Path("r")


def resumed(small_config: Path) -> tuple[int, str]:
    result = run("train", "--config", small_config, "--out", "r", "--resume")
    return result.exit_code, result.stderr


def test_it_says_where_it_goes_on(half: Path, small_config: Path) -> None:
    code, said = resumed(small_config)
    assert (code, said.splitlines()[0]) == (0, "r: continuing from step 22 of 33")


def test_other_data_are_refused_and_nothing_is_changed(
    half: Path, small_config: Path, archive_folder: Path, rng: object
) -> None:
    before = {path: path.read_bytes() for path in half.iterdir()}
    images, _ = blobs(210, rng)  # type: ignore[arg-type]  # the Generator of the fixture
    (archive_folder / "train-images-idx3-ubyte.gz").write_bytes(idx(images))
    code, said = resumed(small_config)
    assert code == Exit.USAGE
    assert "expected the data that the run began with" in said
    assert {path: path.read_bytes() for path in half.iterdir()} == before


def test_another_environment_is_said(half: Path, small_config: Path, caplog: pytest.LogCaptureFixture) -> None:
    environment = json.loads((half / "env.json").read_text())
    environment["numpy"], environment["blas"]["kernel"] = "1.0", "Abacus"
    (half / "env.json").write_text(json.dumps(environment))
    assert resumed(small_config)[0] == 0
    assert "numpy was 1.0, is " in caplog.text
    assert "Abacus" in caplog.text
    assert json.loads((half / "env.json").read_text())["numpy"] != "1.0"


def test_a_run_without_its_checkpoint_starts_again_and_says_so(
    half: Path, small_config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (half / "checkpoint.npz").unlink()
    assert resumed(small_config)[0] == 0
    assert "there is no checkpoint; starting again from step 0" in caplog.text
    assert len(Run(half).records()) == 3


@pytest.mark.parametrize("metrics", ["", HEADER, None], ids=["empty", "header", "missing"])
def test_metrics_that_lack_rows_are_named(half: Path, small_config: Path, metrics: str | None) -> None:
    if metrics is None:
        (half / "metrics.csv").unlink()
    else:
        (half / "metrics.csv").write_text(metrics)
    code, said = resumed(small_config)
    assert code == Exit.FAILURE
    assert "metrics.csv: expected " in said


def test_a_missing_environment_file_is_said(half: Path, small_config: Path, caplog: pytest.LogCaptureFixture) -> None:
    (half / "env.json").unlink()
    assert resumed(small_config)[0] == 0
    assert "has no env.json" in caplog.text


def test_a_damaged_environment_file_is_named(half: Path, small_config: Path) -> None:
    (half / "env.json").write_text("{")
    code, said = resumed(small_config)
    assert code == Exit.FAILURE
    assert "env.json: expected JSON" in said
