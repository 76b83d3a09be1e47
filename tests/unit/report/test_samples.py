"""Training images of each class."""

import io

import numpy as np
import pytest
from PIL import Image

from mnist_bp import build
from mnist_bp.config import Config, replaced
from mnist_bp.data import loading
from mnist_bp.data.dataset import Dataset, Extra
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.nonzero import NonzeroColumns
from mnist_bp.report.samples import as_trained, contact_sheet, samples
from tests.helpers.data import blobs


@pytest.fixture
def dataset(rng: np.random.Generator) -> Dataset:
    (x, t), (test_x, test_t) = blobs(40, rng), blobs(5, rng)
    return Dataset.of("mine", {"train_images": x, "train_labels": t, "test_images": test_x, "test_labels": test_t})


def test_the_first_training_images_of_each_class_are_chosen(dataset: Dataset) -> None:
    found = samples(dataset, 3)
    assert found.shape == (3, 3, 8, 8)
    for number in range(3):
        expected = [x.reshape(8, 8) for x, t in zip(dataset.train.x, dataset.train.t, strict=True) if t == number][:3]
        assert np.array_equal(found[number], expected)


def test_a_class_of_fewer_images_has_blanks(dataset: Dataset) -> None:
    few = samples(Dataset.of("few", {**dataset.arrays, "train_images": dataset.arrays["train_images"][:4],
                                     "train_labels": np.array([0, 0, 2, 0], np.uint8)}), 2)  # fmt: skip
    assert np.array_equal(few[2, 0], dataset.train.x[2].reshape(8, 8))
    assert not few[2, 1].any()
    assert not few[1].any()


def test_the_sheet_has_ten_images_in_the_row_of_a_class_beside_its_name(dataset: Dataset) -> None:
    with Image.open(io.BytesIO(contact_sheet(dataset))) as sheet:
        assert sheet.height == 16 + 3 * (112 + 12) - 12 + 16
        assert sheet.width > 16 + 10 * (112 + 12) - 12 + 16
        row = np.asarray(sheet)[16:128, -16 - 10 * 124 + 12 : -16]
    tenth = samples(dataset, 10)[0, 9]
    enlarged = 255 - tenth.astype(int).repeat(14, axis=0).repeat(14, axis=1)
    assert np.abs(row[:, -112:] - enlarged).max() <= 8  # half a step of sixteen greys


@pytest.mark.parametrize(("size", "units"), [(7, 5), (100, 200)])
def test_as_trained_are_the_inputs_of_the_first_mini_batches_of_a_training(
    dataset: Dataset, size: int, units: int, rng: np.random.Generator
) -> None:
    """The wider network gets its larger batches without the columns that are 0, of which there are none to be seen."""
    (x, t), (test_x, test_t) = blobs(240, rng), blobs(5, rng)
    other = Dataset.of("other", {"train_images": x, "train_labels": t, "test_images": test_x, "test_labels": test_t})
    mixed = dataset.mixed([Extra(other, 1.0)]).for_training(4)
    config = replaced(Config(), {"train.batch_size": size, "model.hidden": (units,), "seed": 3})

    found = as_trained(config, mixed).train

    given = [
        (x.dense() if isinstance(x, NonzeroColumns) else x.copy(), t)
        for x, t in build.trainer(config, mixed).batches.epoch(1)
    ]
    x, t = (np.concatenate(each)[: len(found)] for each in zip(*given, strict=True))
    np.testing.assert_allclose(found.x / 255, x, rtol=1e-6)
    np.testing.assert_array_equal(found.t, t)
    assert np.bincount(found.t).min() >= 10
    assert size == 100 or np.bincount(found.t[:-size]).min() < 10


def test_points_are_refused() -> None:
    with pytest.raises(BpError, match="data set xor: expected images; got examples that are plain numbers") as refused:
        samples(loading.load("xor"), 1)
    assert refused.value.code == Exit.USAGE
