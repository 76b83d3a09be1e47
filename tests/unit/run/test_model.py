"""A trained network without its data set: loaded from a run directory alone, for images as they lie in archives."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import mnist_bp
from mnist_bp.config import Config
from mnist_bp.data.dataset import Dataset, Split
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.model import Model
from mnist_bp.train.evaluation import evaluate
from tests.helpers.data import blobs
from tests.helpers.making import begun, config, untrained

ON_XOR: dict[str, Any] = {"data_name": "xor", "model_hidden": [4]}


@pytest.fixture
def digits(rng: np.random.Generator) -> Dataset:
    """Return images of 8×8 pixels in three classes."""
    (train_images, train_labels), (test_images, test_labels) = blobs(60, rng), blobs(250, rng)
    return Dataset.of(
        "mine",
        {
            "train_images": train_images, "train_labels": train_labels,
            "test_images": test_images, "test_labels": test_labels,
        },
    ).named(("red", "green", "blue"))  # fmt: skip


def settings(**values: Any) -> Config:
    return config(**{"model_hidden": [6], "model_init": "xavier", "data_name": "idx", "data_dir": "gone"} | values)


@pytest.fixture
def model(digits: Dataset) -> Model:
    """Return the model of a run whose data set is not to be found."""
    return mnist_bp.load(untrained(settings(), digits))


def test_a_model_knows_all_that_it_needs_of_its_data_set(model: Model, digits: Dataset) -> None:
    assert (model.shape, model.scale, model.classes) == ((8, 8), 1 / 255, ("red", "green", "blue"))
    assert model.fingerprint == digits.fingerprint
    assert model.config == settings()
    assert {name: array.shape for name, array in model.params.items()} == {
        "W1": (64, 6), "b1": (6,), "W2": (6, 3), "b2": (3,)
    }  # fmt: skip


def test_the_logits_are_those_worked_out_from_the_parameters(model: Model, digits: Dataset) -> None:
    """One hidden layer of sigmoids, in float64; the network's own float32 has a precision of 6e-8."""
    images = digits.test.x
    p = {name: array.astype("float64") for name, array in model.params.items()}
    hidden = 1 / (1 + np.exp(-(images / 255 @ p["W1"] + p["b1"])))
    np.testing.assert_allclose(model.logits(images), hidden @ p["W2"] + p["b2"], atol=1e-5)


def test_the_probabilities_are_the_softmax_of_the_logits(model: Model, digits: Dataset) -> None:
    found, exp = model.predict(digits.test.x), np.exp(model.logits(digits.test.x).astype("float64"))
    assert found.shape == (250, 3)
    np.testing.assert_allclose(found, exp / exp.sum(axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_predictions_have_the_accuracy_that_evaluation_measures(model: Model, digits: Dataset) -> None:
    right = model.predict(digits.test.x).argmax(axis=1) == digits.test.t
    assert right.mean() == evaluate(model.network, digits.test).accuracy


def test_images_may_be_flat_or_not_and_of_any_integers(model: Model, digits: Dataset) -> None:
    flat = digits.test.x
    expected = model.logits(flat)
    for images in (flat.reshape(-1, 8, 8), flat.astype("int64"), flat.tolist()):
        np.testing.assert_array_equal(model.logits(images), expected)


def test_no_images_have_no_probabilities(model: Model) -> None:
    assert model.predict(np.zeros((0, 64), np.uint8)).shape == (0, 3)


def test_what_is_returned_is_the_callers_own(model: Model, digits: Dataset) -> None:
    first = model.logits(digits.test.x[:5])
    before = first.copy()
    model.logits(digits.test.x[5:10])
    np.testing.assert_array_equal(first, before)


WRONG: dict[str, tuple[npt.ArrayLike, str]] = {
    "another number of pixels": (np.zeros((5, 63), np.uint8), r"shape \(N, 64\) or \(N, 8, 8\); got \(5, 63\)"),
    "another number of rows": (np.zeros((5, 4, 16), np.uint8), r"shape \(N, 64\) or \(N, 8, 8\); got \(5, 4, 16\)"),
    "a single image": (np.zeros(64, np.uint8), r"got \(64,\)"),
    "a number": (3, r"got \(\)"),
    "pixels from 0 to 1": (np.full((5, 64), 0.5), r"integers from 0 to 255; got float64 from 0\.5 to 0\.5"),
    "pixels above 255": (np.full((5, 64), 256), r"integers from 0 to 255; got int64 from 256 to 256"),
    "pixels below 0": (np.full((5, 64), -1), r"integers from 0 to 255; got int64 from -1 to -1"),
    "booleans": (np.ones((5, 64), bool), r"integers from 0 to 255; got bool"),
}


@pytest.mark.parametrize(("images", "message"), WRONG.values(), ids=WRONG)
def test_anything_but_pixels_of_the_right_shape_is_refused(model: Model, images: npt.ArrayLike, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model.predict(images)


def test_a_network_of_one_output_predicts_no_and_yes() -> None:
    model = Model.load(untrained(config(model_loss="binary_cross_entropy", **ON_XOR)))
    points = [[0.0, 0.0, 1.0], [0.5, -1.5, 1.0]]
    yes = 1 / (1 + np.exp(-model.logits(points).astype("float64")))
    np.testing.assert_allclose(model.predict(points), np.hstack([1 - yes, yes]), rtol=1e-6)


def test_a_network_trained_by_a_squared_error_predicts_its_outputs() -> None:
    model = Model.load(untrained(config(model_loss="half_squared_error", **ON_XOR)))
    points = np.array([[0, 0, 1], [0.5, -1.5, 1]])
    np.testing.assert_array_equal(model.predict(points), model.logits(points))
    assert model.predict(points).shape == (2, 1)


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_the_outputs_of_a_softmax_are_probabilities_as_they_are(loss: str, digits: Dataset) -> None:
    """In a network of the same weights, without the softmax, they would be made of its logits."""
    model = Model.load(untrained(settings(model_loss=loss, model_output="softmax"), digits))
    fused = Model.load(untrained(settings(), digits, Path("fused")))
    images = digits.test.x
    np.testing.assert_array_equal(model.predict(images), model.logits(images))
    np.testing.assert_allclose(model.predict(images), fused.predict(images), rtol=1e-6)


def test_a_run_that_is_not_there_or_has_no_checkpoint_is_refused(digits: Dataset) -> None:
    with pytest.raises(BpError, match="nowhere: expected a run directory") as caught:
        mnist_bp.load("nowhere")
    assert caught.value.code == Exit.USAGE
    path = untrained(settings(), digits)
    (path / "checkpoint.npz").unlink()
    with pytest.raises(BpError, match=r"r/checkpoint\.npz: there is no checkpoint"):
        mnist_bp.load(path)


def test_where_training_failed_before_the_first_checkpoint_that_is_said() -> None:
    run = begun(config())
    run.fail("training diverged", 2)
    with pytest.raises(BpError, match="there is no checkpoint, as it failed after step 2: training diverged") as caught:
        Model.load(run.path)
    assert caught.value.hint == "a new run with other settings may go further"


def test_the_checkpoint_of_another_run_is_refused(digits: Dataset) -> None:
    path = untrained(settings(), digits)
    other = untrained(settings(train_batch_size=7), digits, Path("other"))
    (other / "checkpoint.npz").replace(path / "checkpoint.npz")
    with pytest.raises(BpError, match=r"got another's, in which train\.batch_size is 7 instead of 100") as caught:
        mnist_bp.load(path)
    assert caught.value.code == Exit.USAGE


def test_the_parameters_may_be_used_with_other_keys_if_they_fit(digits: Dataset) -> None:
    path = untrained(settings(), digits)
    other = Model.load(path, settings(model_activation="tanh"))
    np.testing.assert_array_equal(other.params["W1"], Model.load(path).params["W1"])
    assert (other.logits(digits.test.x) != Model.load(path).logits(digits.test.x)).any()
    with pytest.raises(BpError, match=r"^with model\.hidden=\[7\], model\.activation=\"tanh\": ") as caught:
        Model.load(path, settings(model_activation="tanh", model_hidden=[7]))
    assert "expected W1 of shape (64, 7) and type float32; got (64, 6)" in str(caught.value)
    assert caught.value.code == Exit.USAGE


def test_classes_are_called_as_the_runs_config_says_also_if_that_was_added_later(digits: Dataset) -> None:
    path = untrained(settings(), digits)
    text = (path / "config.yaml").read_text()
    (path / "config.yaml").write_text(text.replace("labels: null", "labels: [cat, dog, fox]"))
    assert Model.load(path).classes == ("cat", "dog", "fox")


def test_a_data_set_fits_if_its_shape_does_and_it_has_no_more_classes(model: Model, digits: Dataset) -> None:
    model.require_fit(digits, digits.test)
    few = Split(digits.test.x[:2], np.array([0, 1], np.uint8))
    model.require_fit(digits, few)


EXAMPLES = {
    "a class more": ((8, 8), np.uint8, 3, "got 8×8 pixels with classes up to 3"),
    "another shape": ((4, 16), np.uint8, 0, "got 4×16 pixels with classes up to 0"),
    "numbers": ((8, 8), np.float64, 2, "got 8×8 numbers with classes up to 2"),
}


@pytest.mark.parametrize(("shape", "dtype", "highest", "got"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_data_set_of_another_shape_or_with_more_classes_does_not_fit(
    model: Model, digits: Dataset, shape: tuple[int, ...], dtype: npt.DTypeLike, highest: int, got: str
) -> None:
    split = Split(np.zeros((1, 64), dtype), np.array([highest], np.uint8))
    with pytest.raises(BpError) as caught:
        model.require_fit(replace(digits, shape=shape), split)
    assert str(caught.value) == (
        "data set mine: expected examples of 8×8 pixels in classes from 0 to 2, as the run was trained on; " + got
    )
    assert caught.value.code == Exit.USAGE
