"""How good a run's network is, on its own data set and on others."""

import gzip
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

from mnist_bp import machine
from mnist_bp.config.rules import Weights
from mnist_bp.data.archives import FILES
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from mnist_bp.run.measuring import Measurement, measure
from mnist_bp.run.model import Model
from tests.helpers.commands import run
from tests.helpers.data import blobs, idx
from tests.helpers.making import config, untrained


@pytest.fixture
def trained(archive_folder: Path) -> Path:
    """Return a run on 210 small images, 10 of them held out for validation."""
    return untrained(config(data_name="idx", data_dir=str(archive_folder), data_validation=10, model_hidden=[6]))


def measured(split: str = "test", *overrides: str) -> Measurement:
    return measure("r", split, overrides, silent).measurement


@pytest.mark.parametrize(("split", "examples"), [("test", 60), ("train", 200), ("validation", 10)])
def test_a_split_of_the_runs_own_data_is_measured(
    trained: Path, archive_folder: Path, split: str, examples: int
) -> None:
    """The expected accuracy and loss are worked out from the probabilities."""
    file = FILES[0] if split != "test" else FILES[2]
    raw = gzip.decompress((archive_folder / file).read_bytes())[16:]
    labels = gzip.decompress((archive_folder / file.replace("images-idx3", "labels-idx1")).read_bytes())[8:]
    part = slice(-10, None) if split == "validation" else slice(examples)
    x, t = np.frombuffer(raw, np.uint8).reshape(-1, 64)[part], np.frombuffer(labels, np.uint8)[part]
    found, right = measured(split), Model.load(trained).predict(x).astype("float64")
    assert (found.run, found.data, found.split, found.examples) == ("r", "idx", split, examples)
    assert found.accuracy == (right.argmax(axis=1) == t).mean()
    assert found.loss == pytest.approx(-np.log(right[np.arange(len(t)), t]).mean(), rel=1e-6)


@pytest.mark.usefixtures("trained", "small_mnist")
def test_another_data_set_is_measured_without_a_warning(archive_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    run("data", "import", archive_folder)
    found = measured("test", "data.name=mnist")
    assert (found.data, found.examples, found.accuracy) == ("mnist", 60, measured().accuracy)
    assert not caplog.text


@pytest.mark.usefixtures("small_mnist")
def test_a_run_of_a_mixture_is_measured_without_what_was_mixed_in(archive_folder: Path) -> None:
    """There is no kmnist here, nor a mirror that has it."""
    run("data", "import", archive_folder)
    mixture = config(data_name="mnist", data_extra=Weights([("idx", 1.0), ("kmnist", 1.0)]), data_dir="x")
    untrained(mixture)
    assert measured("train").examples == 210
    assert measured("test", "data.name=idx", f"data.dir={archive_folder}") == replace(measured(), data="idx")


def rewrite(folder: Path, name: str, array: np.ndarray) -> None:
    (folder / name).write_bytes(gzip.compress(idx(array)))


@pytest.mark.usefixtures("trained")
def test_test_images_of_fewer_classes_and_fewer_training_images_than_were_held_out_are_measured(
    archive_folder: Path, rng: np.random.Generator
) -> None:
    """As somebody's own few digits may be."""
    images, labels = blobs(5, rng)
    for name, array in zip(FILES, [images, labels, images[:2], np.array([0, 1], np.uint8)], strict=True):
        rewrite(archive_folder, name, array)
    assert measured("test", f"data.dir={archive_folder}/.").examples == 2
    few = measure("r", "test", [f"data.dir={archive_folder}/."], silent)
    assert (few.classes, few.judgement.confusion.sum(axis=1).tolist()) == (("0", "1", "2"), [1, 1, 0])
    assert np.array_equal(few.examples.x.reshape(-1, *few.dataset.shape), images[:2])
    assert measured("train", f"data.dir={archive_folder}/.").examples == 5  # of other data, none are held out
    named = measure("r", "test", [f"data.dir={archive_folder}/.", "data.labels=[cat, dog, fox]"], silent)
    assert (named.classes, named.dataset.classes) == (("cat", "dog", "fox"),) * 2
    with pytest.raises(BpError, match="--split validation: expected examples held out for validation; idx has none"):
        measured("validation", f"data.dir={archive_folder}/.")


@pytest.mark.usefixtures("trained")
def test_data_that_the_network_does_not_fit_are_refused(archive_folder: Path) -> None:
    rewrite(archive_folder, FILES[0], np.zeros((210, 8, 9), np.uint8))
    rewrite(archive_folder, FILES[2], np.zeros((60, 8, 9), np.uint8))
    with pytest.raises(BpError, match=r"expected examples of 8×8 pixels .*; got 8×9 pixels") as caught:
        measured("test", f"data.dir={archive_folder}/.")
    assert caught.value.code == Exit.USAGE


@pytest.mark.usefixtures("trained")
def test_data_that_have_changed_since_the_training_are_warned_of(
    archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    measured()
    assert not caplog.text
    labels = gzip.decompress((archive_folder / FILES[3]).read_bytes())
    (archive_folder / FILES[3]).write_bytes(gzip.compress(labels[:-1] + bytes([(labels[-1] + 1) % 3])))
    measured()
    assert caplog.messages == ["r: the data are not those that it was trained on; they have changed since"]
    caplog.clear()
    measured("test", f"data.dir={archive_folder}/.")  # asked for, so it is no surprise
    assert not caplog.text


def test_the_plane_is_measured_with_the_points_of_its_own_seed() -> None:
    untrained(config(data_name="plane", data_seed=3, model_hidden=[4], model_loss="half_squared_error"))
    assert measured().examples == 10_000
    assert measured("test", "data.name=plane").examples == 10_000
    with pytest.raises(BpError, match=r"data\.seed: expected 3, the run's own, .*; got 4") as caught:
        measured("test", "data.seed=4")
    assert caught.value.code == Exit.USAGE


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    "override", ["train.epochs=3", " data.validation = 20", "data.augment.rotation=9", "data.extra={}", "seed=1"]
)
def test_only_the_data_can_be_others(override: str) -> None:
    with pytest.raises(BpError) as caught:
        measured("test", override)
    others = "data.validation, data.extra, data.augment"
    assert str(caught.value) == f"--set {override}: expected a key of section data other than {others}"
    assert caught.value.code == Exit.USAGE


def test_a_run_without_validation_examples_cannot_be_measured_on_them() -> None:
    untrained(config(data_name="xor", model_hidden=[4], model_loss="half_squared_error"))
    with pytest.raises(
        BpError, match=r"--split validation: expected examples held out for validation; xor has none"
    ) as caught:
        measured("validation")
    assert caught.value.code == Exit.USAGE
    assert caught.value.hint == "train with data.validation=1, or choose another --split"  # of four examples


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="OpenBLAS starts no more threads than there are processors")
def test_the_matrix_products_of_a_measurement_have_one_thread() -> None:
    untrained(config(data_name="xor", model_hidden=[4], model_loss="half_squared_error"))
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        measured()
        assert machine.describe()["blas"]["threads"] in {1, None}  # None: a BLAS that cannot tell
