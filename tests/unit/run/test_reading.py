"""What a run's network reads in a picture; how that is prepared is the subject of tests/unit/preprocessing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mnist_bp
from mnist_bp.data import synthetic
from mnist_bp.data.archives import ARCHIVES
from mnist_bp.data.dataset import Dataset
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.directory import Run
from mnist_bp.run.model import Model
from mnist_bp.run.reading import sure_from
from mnist_bp.streams import TEST_DIGITS
from tests.helpers.making import config, record, untrained

IMAGES, LABELS = synthetic.draw(20, 0, TEST_DIGITS)
ARRAYS = {"train_images": IMAGES, "train_labels": LABELS, "test_images": IMAGES, "test_labels": LABELS}


def model(name: str = "mnist", **changes: Any) -> Model:
    """Return an untrained network as if for a data set."""
    dataset = Dataset.of(name, ARRAYS)
    if name in ARCHIVES:
        dataset = dataset.named(ARCHIVES[name].classes)
    keys = {"data_name": name, "model_hidden": [6], "model_init": "xavier", **changes}
    return mnist_bp.load(untrained(config(**keys), dataset, Path(name)))


def test_each_digit_is_read_from_left_to_right() -> None:
    net = model()
    page = np.hstack([np.pad(IMAGES[number], 10) for number in (3, 5)])
    found = net.read(255 - page)
    assert len(found) == 2
    for each in found:
        probabilities = net.predict(each.image[None])[0]
        np.testing.assert_allclose(each.probabilities, probabilities, rtol=1e-6)
        assert each.label == str(probabilities.argmax())
        assert each.probability == pytest.approx(probabilities.max())
    assert found[0].box[2] < 48 < found[1].box[0]


def test_classes_are_called_by_name_and_other_things_than_digits_are_taken_as_a_whole() -> None:
    (found,) = model("fashion-mnist").read(np.kron(IMAGES[0], np.ones((3, 3), np.uint8)))
    assert found.label in ARCHIVES["fashion-mnist"].classes
    np.testing.assert_array_equal(found.image, np.rint(IMAGES[0] * (255 / IMAGES[0].max())))


@pytest.mark.parametrize(("preprocessing", "digits"), [("mnist", 2), ("resize", 1)])
def test_the_config_says_how_pictures_are_prepared_for_ones_own_data(preprocessing: str, digits: int) -> None:
    net = model("idx", data_dir="gone", data_preprocessing=preprocessing)
    assert len(net.read(255 - np.hstack([np.pad(IMAGES[number], 10) for number in (3, 5)]))) == digits


def test_a_network_on_points_or_other_images_is_refused() -> None:
    points = config(data_name="xor", model_hidden=[4], model_loss="binary_cross_entropy")
    small = Dataset.of("idx", {name: array[:, :8, :9] if array.ndim == 3 else array for name, array in ARRAYS.items()})
    for run, got in (
        (untrained(points, path=Path("xor")), "3 numbers"),
        (untrained(config(data_name="idx", data_dir="gone"), small, Path("small")), "8×9 pixels"),
    ):
        with pytest.raises(BpError, match=f"trained on images of 28×28 pixels; got one trained on {got}") as caught:
            mnist_bp.load(run).read(IMAGES[0])
        assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize("split", ["test", "validation"])
@pytest.mark.parametrize(("accuracy", "sure"), [(1.0, 0.95), (0.96, 0.88), (0.9, 0.7), (0.5, 0.5)])
def test_a_network_that_is_wrong_more_often_may_be_less_sure(accuracy: float, sure: float, split: str) -> None:
    """On validation examples, or, if there are none, on those of the test set."""
    net = model()
    assert sure_from("mnist", net) == 0.9  # before the first epoch has ended
    Run("mnist").metrics.write([record(test_accuracy=0.1), record(2, **{f"{split}_accuracy": accuracy})])
    assert sure_from("mnist", net) == pytest.approx(sure)


def test_outputs_that_are_no_probabilities_are_sure_from_the_middle() -> None:
    assert sure_from("mnist", model(model_loss="mean_squared_error")) == 0.5
