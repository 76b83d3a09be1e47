"""Four arrays that fit together make a data set, and no others do."""

import numpy as np
import pytest

from mnist_bp.data import toy
from mnist_bp.data.dataset import Array, Dataset, Split, fingerprint
from mnist_bp.errors import BpError, Exit
from tests.conftest import blobs

PIXELS = np.zeros((9, 8, 8), np.uint8)
LABELS = np.arange(9, dtype=np.uint8) % 3


@pytest.fixture
def arrays(rng: np.random.Generator) -> dict[str, Array]:
    train_images, train_labels = blobs(30, rng)
    test_images, test_labels = blobs(12, rng)
    return {
        "train_images": train_images,
        "train_labels": train_labels,
        "test_images": test_images,
        "test_labels": test_labels,
    }


def test_a_data_set_has_flat_images_and_knows_their_shape_and_outputs(arrays: dict[str, Array]):
    dataset = Dataset.of("blobs", arrays)

    np.testing.assert_array_equal(dataset.train.x, [image.ravel() for image in arrays["train_images"]], strict=True)
    np.testing.assert_array_equal(dataset.train.t, arrays["train_labels"], strict=True)
    np.testing.assert_array_equal(dataset.test.x, [image.ravel() for image in arrays["test_images"]], strict=True)
    np.testing.assert_array_equal(dataset.test.t, arrays["test_labels"], strict=True)
    assert (len(dataset.train), len(dataset.test), dataset.validation) == (30, 12, None)
    assert (dataset.name, dataset.shape, dataset.outputs, dataset.classes) == ("blobs", (8, 8), 3, 3)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"train_labels": LABELS}, "as many train images as labels, at least one; got 30 and 9"),
        ({"test_images": PIXELS}, "as many test images as labels, at least one; got 9 and 12"),
        ({"train_images": PIXELS[:0], "train_labels": LABELS[:0]}, "train images .*; got 0 and 0"),
        ({"test_images": PIXELS[:0], "test_labels": LABELS[:0]}, "test images .*; got 0 and 0"),
        ({"test_images": np.zeros((12, 8, 9), np.uint8)}, "test images of 8×8 pixels; got 8×9"),
        ({"test_images": PIXELS, "test_labels": LABELS + 1}, "up to 2 for training and up to 3 for testing"),
        ({"train_images": PIXELS, "train_labels": 0 * LABELS}, "2 classes or more"),
        (
            {"train_images": PIXELS, "train_labels": 0 * LABELS, "test_images": PIXELS, "test_labels": 0 * LABELS},
            "2 classes or more, .*; got labels up to 0 for training and up to 0 for testing",
        ),
        ({"train_images": np.zeros((30, 0, 8), np.uint8)}, "train images with pixels; got 0×8"),
    ],
    ids=[
        "train counts", "test counts", "no train", "no test", "shapes", "label unknown to training",
        "one class to train", "one class", "no pixels",
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_together_are_refused(wrong: dict[str, Array], reason: str, arrays: dict[str, Array]):
    with pytest.raises(BpError, match=f"data set blobs: expected .*{reason}") as caught:
        Dataset.of("blobs", arrays | wrong)

    assert caught.value.code == Exit.NO_DATA


def test_the_test_set_may_lack_a_class(arrays: dict[str, Array]):
    arrays["test_labels"] = np.zeros_like(arrays["test_labels"])

    assert Dataset.of("blobs", arrays).outputs == 3


def test_images_of_two_classes_have_two_outputs(arrays: dict[str, Array]):
    """One output is for data sets that say so themselves."""
    two = {name: array % 2 if name.endswith("labels") else array for name, array in arrays.items()}
    dataset = Dataset.of("blobs", two)

    assert (dataset.outputs, dataset.classes) == (2, 2)


def test_a_single_output_tells_two_classes_apart():
    one = Split(np.ones((1, 1)), np.zeros(1, np.uint8))

    assert Dataset("one", one, one, (1,), 1, "").classes == 2


@pytest.mark.parametrize("count", [1, 7, 29])
def test_the_last_training_examples_are_held_out_for_validation(count: int, arrays: dict[str, Array]):
    whole = Dataset.of("blobs", arrays)
    dataset = whole.hold_out(count)

    assert (len(dataset.train), len(dataset.validation)) == (30 - count, count)
    np.testing.assert_array_equal(np.concatenate([dataset.train.x, dataset.validation.x]), whole.train.x)
    np.testing.assert_array_equal(np.concatenate([dataset.train.t, dataset.validation.t]), whole.train.t)
    assert dataset.test is whole.test
    assert (dataset.outputs, dataset.fingerprint) == (whole.outputs, whole.fingerprint)


def test_data_that_are_not_images_can_be_held_out_too():
    dataset = toy.compute("xor", seed=0).hold_out(1)

    assert dataset.train.x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1]]
    assert (dataset.validation.x.tolist(), dataset.validation.t.tolist()) == ([[1, 1, 1]], [0])
    assert len(dataset.test) == 4


def test_the_only_example_cannot_be_held_out():
    with pytest.raises(BpError, match=r"data.validation: expected at most 0, .* of chain for training; got 1"):
        toy.compute("chain", seed=0).hold_out(1)


def test_nothing_is_held_out_if_nothing_is_asked_for(arrays: dict[str, Array]):
    dataset = Dataset.of("blobs", arrays).hold_out(0)

    assert (len(dataset.train), dataset.validation) == (30, None)


@pytest.mark.parametrize("count", [30, 31])
def test_holding_out_every_example_is_a_mistake_of_the_config(count: int, arrays: dict[str, Array]):
    with pytest.raises(BpError, match=f"data.validation: expected at most 29, to leave .*; got {count}") as caught:
        Dataset.of("blobs", arrays).hold_out(count)

    assert caught.value.code == Exit.USAGE


def test_equal_data_have_equal_fingerprints_whatever_their_order_name_and_memory_layout(arrays: dict[str, Array]):
    fingerprint = Dataset.of("blobs", arrays).fingerprint
    other = {name: np.asfortranarray(arrays[name]) for name in reversed(arrays)}

    assert Dataset.of("other", other).fingerprint == fingerprint


@pytest.mark.parametrize("name", ["train_images", "train_labels", "test_images", "test_labels"])
def test_one_pixel_or_label_changes_the_fingerprint(name: str, arrays: dict[str, Array]):
    before = Dataset.of("blobs", arrays).fingerprint
    arrays[name].flat[-1] ^= 1

    assert Dataset.of("blobs", arrays).fingerprint != before


def test_the_same_bytes_of_another_type_have_another_fingerprint(arrays: dict[str, Array]):
    signed = {name: array.view(np.int8) for name, array in arrays.items()}
    assert fingerprint(signed) != fingerprint(arrays)


def test_the_same_pixels_in_another_shape_have_another_fingerprint(arrays: dict[str, Array]):
    turned = {name: a.reshape(-1, 4, 16) if name.endswith("images") else a for name, a in arrays.items()}

    assert Dataset.of("blobs", turned).fingerprint != Dataset.of("blobs", arrays).fingerprint


def test_exchanging_training_and_test_data_changes_the_fingerprint(arrays: dict[str, Array]):
    exchanged = {
        f"{new}_{what}": arrays[f"{old}_{what}"]
        for new, old in (("train", "test"), ("test", "train"))
        for what in ("images", "labels")
    }

    assert Dataset.of("blobs", exchanged).fingerprint != Dataset.of("blobs", arrays).fingerprint
