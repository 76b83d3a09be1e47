"""Four arrays that fit together make a data set, and no others do."""

import hashlib

import numpy as np
import pytest

from mnist_bp.data import toy
from mnist_bp.data.dataset import Dataset, Extra, Split, fingerprint
from mnist_bp.errors import BpError, Exit
from tests.helpers.data import blobs

PIXELS = np.zeros((9, 8, 8), np.uint8)
LABELS = np.arange(9, dtype=np.uint8) % 3


@pytest.fixture
def arrays(rng: np.random.Generator) -> dict[str, np.ndarray]:
    train_images, train_labels = blobs(30, rng)
    test_images, test_labels = blobs(12, rng)
    return {
        "train_images": train_images,
        "train_labels": train_labels,
        "test_images": test_images,
        "test_labels": test_labels,
    }


def test_a_data_set_has_flat_images_and_knows_their_shape_and_outputs(arrays: dict[str, np.ndarray]) -> None:
    dataset = Dataset.of("blobs", arrays)

    np.testing.assert_array_equal(dataset.train.x, [image.ravel() for image in arrays["train_images"]], strict=True)
    np.testing.assert_array_equal(dataset.train.t, arrays["train_labels"], strict=True)
    np.testing.assert_array_equal(dataset.test.x, [image.ravel() for image in arrays["test_images"]], strict=True)
    np.testing.assert_array_equal(dataset.test.t, arrays["test_labels"], strict=True)
    assert (len(dataset.train), len(dataset.test), dataset.validation) == (30, 12, None)
    assert (dataset.name, dataset.shape, dataset.outputs, dataset.classes) == ("blobs", (8, 8), 3, ("0", "1", "2"))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"train_labels": LABELS}, "as many train images as labels, at least one; got 30 and 9"),
        ({"test_images": PIXELS}, "as many test images as labels, at least one; got 9 and 12"),
        ({"train_images": PIXELS[:0], "train_labels": LABELS[:0]}, "train images .*; got 0 and 0"),
        ({"test_images": PIXELS[:0], "test_labels": LABELS[:0]}, "test images .*; got 0 and 0"),
        ({"test_images": np.zeros((12, 8, 9), np.uint8)}, "test images of 8×8 pixels; got 8×9"),
        ({"train_images": np.zeros((30, 0, 8), np.uint8)}, "train images with pixels; got 0×8"),
        ({"train_images": np.zeros((30, 8, 8))}, "train images and labels of bytes; got float64 and uint8"),
        ({"test_labels": np.zeros(12, np.int64)}, "test images and labels of bytes; got uint8 and int64"),
    ],
    ids=["train counts", "test counts", "no train", "no test", "shapes", "no pixels", "fractions", "wide labels"],
)
def test_arrays_that_do_not_fit_together_are_refused(
    wrong: dict[str, np.ndarray], reason: str, arrays: dict[str, np.ndarray]
) -> None:
    with pytest.raises(BpError, match=f"data set blobs: expected .*{reason}") as caught:
        Dataset.of("blobs", arrays | wrong)

    assert caught.value.code == Exit.NO_DATA


@pytest.mark.parametrize(
    ("labels", "highest"),
    [
        ({"test_labels": (LABELS + 1)[[0, 1, 2] * 4]}, "up to 2 for training and up to 3 for testing"),
        ({"train_labels": np.zeros(30, np.uint8)}, "up to 0 for training and up to 2 for testing"),
        (
            {"train_labels": np.zeros(30, np.uint8), "test_labels": np.zeros(12, np.uint8)},
            "up to 0 for training and up to 0 for testing",
        ),
    ],
    ids=["a test label unknown to training", "one class to train on", "one class"],
)
def test_labels_from_which_nothing_can_be_learnt_are_refused_for_training_alone(
    labels: dict[str, np.ndarray], highest: str, arrays: dict[str, np.ndarray]
) -> None:
    """A network that is trained already may be measured on such a set."""
    dataset = Dataset.of("blobs", arrays | labels)
    expected = f"data set blobs: expected labels of 2 classes or more, all of them in the training set; got .*{highest}"
    with pytest.raises(BpError, match=expected) as caught:
        dataset.for_training(0)

    assert caught.value.code == Exit.NO_DATA


def test_the_test_set_may_lack_a_class(arrays: dict[str, np.ndarray]) -> None:
    arrays["test_labels"] = np.zeros_like(arrays["test_labels"])

    assert Dataset.of("blobs", arrays).for_training(0).outputs == 3


def test_images_of_two_classes_have_two_outputs(arrays: dict[str, np.ndarray]) -> None:
    """A single output is for data sets that say so themselves."""
    two = {name: array % 2 if name.endswith("labels") else array for name, array in arrays.items()}
    dataset = Dataset.of("blobs", two)

    assert (dataset.outputs, dataset.classes) == (2, ("0", "1"))


def test_names_of_classes_bring_an_output_each(arrays: dict[str, np.ndarray]) -> None:
    """Also for a class that no example has."""
    whole = Dataset.of("blobs", arrays)
    dataset = whole.named(("cat", "dog", "fox", "yak"))

    assert (dataset.classes, dataset.outputs) == (("cat", "dog", "fox", "yak"), 4)
    assert (dataset.train, dataset.fingerprint) == (whole.train, whole.fingerprint)


def test_labels_name_the_classes_that_there_are(arrays: dict[str, np.ndarray]) -> None:
    """Names beyond are for other data sets: the network is the same with and without."""
    whole = Dataset.of("blobs", arrays)
    dataset = whole.labelled(("cat", "dog", "fox", "yak"))

    assert (dataset.classes, dataset.outputs) == (("cat", "dog", "fox"), 3)
    assert whole.labelled(None) == whole
    with pytest.raises(BpError, match="expected a name for each of the classes from 0 to 2; got 2: cat, dog") as few:
        whole.labelled(("cat", "dog"))
    assert few.value.code == Exit.USAGE


@pytest.mark.parametrize(("split", "scale"), [(Split(PIXELS, LABELS), 1 / 255), (Split(PIXELS / 2, LABELS), 1)])
def test_pixels_are_scaled_to_at_most_one_and_other_numbers_are_not(split: Split, scale: float) -> None:
    assert split.scale == scale


@pytest.mark.parametrize("count", [1, 7, 29])
def test_the_last_training_examples_are_held_out_for_validation(count: int, arrays: dict[str, np.ndarray]) -> None:
    whole = Dataset.of("blobs", arrays)
    dataset = whole.for_training(count)

    assert dataset.validation is not None
    assert (len(dataset.train), len(dataset.validation)) == (30 - count, count)
    np.testing.assert_array_equal(np.concatenate([dataset.train.x, dataset.validation.x]), whole.train.x)
    np.testing.assert_array_equal(np.concatenate([dataset.train.t, dataset.validation.t]), whole.train.t)
    assert dataset.test is whole.test
    assert (dataset.outputs, dataset.fingerprint) == (whole.outputs, whole.fingerprint)


def test_other_data_sets_are_mixed_in_and_stay_whole_when_examples_are_held_out(
    arrays: dict[str, np.ndarray],
) -> None:
    own, other = Dataset.of("blobs", arrays), Dataset.of("others", arrays)
    dataset = own.mixed([Extra(other, 0.5)]).for_training(10)

    assert dataset.extra == ((other, 0.5),)
    assert [(each.name, len(each.train)) for each in dataset.sources] == [("blobs", 20), ("others", 30)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {part: np.zeros((len(PIXELS), 4, 9), np.uint8) for part in ("train_images", "test_images")}
            | dict.fromkeys(("train_labels", "test_labels"), LABELS),
            "data set others: expected images of 8×8 pixels, to be mixed with those of blobs; got 4×9",
        ),
        (
            {"train_images": PIXELS, "train_labels": LABELS + 1},
            "data set others: expected labels up to 2, to be mixed with those of blobs; got labels up to 3",
        ),
    ],
)
def test_a_data_set_of_other_images_or_of_more_classes_is_not_mixed_in(
    changes: dict[str, np.ndarray], message: str, arrays: dict[str, np.ndarray]
) -> None:
    with pytest.raises(BpError, match=message) as caught:
        Dataset.of("blobs", arrays).mixed([Extra(Dataset.of("others", arrays | changes), 1.0)])
    assert caught.value.code == Exit.NO_DATA


def test_a_weight_that_brings_no_example_is_refused(arrays: dict[str, np.ndarray]) -> None:
    own = Dataset.of("blobs", arrays)
    message = r"data\.extra: expected a weight that brings one of the 30 examples of blobs in every epoch; got 0\.01"
    with pytest.raises(BpError, match=message) as caught:
        own.mixed([Extra(own, 0.01)])
    assert caught.value.code == Exit.USAGE
    assert own.mixed([Extra(own, 0.02)]).extra


def test_points_can_be_held_out_too() -> None:
    dataset = toy.compute("xor", seed=0).for_training(1)

    assert dataset.validation is not None
    assert dataset.train.x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1]]
    assert (dataset.validation.x.tolist(), dataset.validation.t.tolist()) == ([[1, 1, 1]], [0])
    assert len(dataset.test) == 4


def test_the_only_example_cannot_be_held_out() -> None:
    with pytest.raises(BpError, match=r"data.validation: expected at most 0, .* of chain for training; got 1"):
        toy.compute("chain", seed=0).for_training(1)


def test_nothing_is_held_out_if_nothing_is_asked_for(arrays: dict[str, np.ndarray]) -> None:
    dataset = Dataset.of("blobs", arrays).for_training(0)

    assert (len(dataset.train), dataset.validation) == (30, None)


@pytest.mark.parametrize("count", [30, 31])
def test_holding_out_every_example_is_a_mistake_of_the_config(count: int, arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(BpError, match=f"data.validation: expected at most 29, to leave .*; got {count}") as caught:
        Dataset.of("blobs", arrays).for_training(count)

    assert caught.value.code == Exit.USAGE


def test_equal_arrays_have_equal_fingerprints_whatever_their_order_and_memory_layout(
    arrays: dict[str, np.ndarray],
) -> None:
    fingerprint = Dataset.of("blobs", arrays).fingerprint
    other = {name: np.asfortranarray(arrays[name]) for name in reversed(arrays)}

    assert Dataset.of("other", other).fingerprint == fingerprint


def test_the_fingerprint_is_the_sha256_of_a_line_for_each_array() -> None:
    """The sums are those that sha256sum prints for the bytes 00 01 02 03, and for 07."""
    arrays = {"b": np.arange(4, dtype=np.uint8).reshape(2, 2), "a": np.array([7], np.uint8)}
    lines = (
        "a uint8 (1,) ca358758f6d27e6cf45272937977a748fd88391db679ceda7dc7bf1f005ee879\n"
        "b uint8 (2, 2) 054edec1d0211f624fed0cbca9d4f9400b0e491c43742af2c5b0abebf0c990d8"
    )

    assert fingerprint(arrays) == hashlib.sha256(lines.encode()).hexdigest()


def test_a_known_fingerprint_is_not_taken_again(arrays: dict[str, np.ndarray]) -> None:
    assert Dataset.of("blobs", arrays, "known").fingerprint == "known"


def test_a_data_set_gives_back_its_arrays(arrays: dict[str, np.ndarray]) -> None:
    given = Dataset.of("blobs", arrays).arrays
    assert given.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(given[name], array, strict=True)


@pytest.mark.parametrize("name", ["train_images", "train_labels", "test_images", "test_labels"])
def test_one_pixel_or_label_changes_the_fingerprint(name: str, arrays: dict[str, np.ndarray]) -> None:
    before = Dataset.of("blobs", arrays).fingerprint
    arrays[name].flat[-1] ^= 1

    assert Dataset.of("blobs", arrays).fingerprint != before


def test_the_same_bytes_of_another_type_have_another_fingerprint(arrays: dict[str, np.ndarray]) -> None:
    signed = {name: array.view(np.int8) for name, array in arrays.items()}
    assert fingerprint(signed) != fingerprint(arrays)


def test_the_same_pixels_in_another_shape_have_another_fingerprint(arrays: dict[str, np.ndarray]) -> None:
    turned = {name: a.reshape(-1, 4, 16) if name.endswith("images") else a for name, a in arrays.items()}

    assert Dataset.of("blobs", turned).fingerprint != Dataset.of("blobs", arrays).fingerprint


def test_exchanging_training_and_test_data_changes_the_fingerprint(arrays: dict[str, np.ndarray]) -> None:
    exchanged = {
        f"{new}_{what}": arrays[f"{old}_{what}"]
        for new, old in (("train", "test"), ("test", "train"))
        for what in ("images", "labels")
    }

    assert Dataset.of("blobs", exchanged).fingerprint != Dataset.of("blobs", arrays).fingerprint


def test_chance_is_the_share_of_the_most_frequent_class() -> None:
    labels = np.array([0, 2, 2, 1, 2], np.uint8)
    assert Split(np.zeros((5, 4)), labels).chance == 3 / 5
    assert Split(np.zeros((2, 4)), labels[1:3]).chance == 1
