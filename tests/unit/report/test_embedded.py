"""A network is embedded whole: a naive reader finds every layer and every parameter of it."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from mnist_bp import build
from mnist_bp.config import ConvConfig
from mnist_bp.nn.initializers import he
from mnist_bp.report.embedded import KINDS, SAME, embedded
from mnist_bp.run.model import Model
from tests.helpers.making import config


def model(rng: np.random.Generator, shape: tuple[int, ...] = (28, 28), **keys: Any) -> Model:
    chosen = config(**keys)
    network = build.network(chosen, shape, 10)
    network.initialize(he, rng)
    return Model(chosen, network, shape, 1 / 255, tuple("0123456789"), "", 0)


def test_layers_stand_with_their_shapes_and_options_and_those_that_compute_nothing_are_left_out(
    rng: np.random.Generator,
) -> None:
    conv = [ConvConfig(3, kernel=4, stride=2, padding=1, pool="max", pool_size=2)]
    given = embedded(
        model(rng, (8, 8), model_conv=conv, model_hidden=[5], model_activation="leaky_relu", model_dropout=0.5)
    )
    leaky = {"kind": "leaky_relu", "weights": 0, "biases": 0, "negative_slope": 0.01}
    options = {"kernel": 4, "stride": 2, "padding": 1}
    assert json.loads(json.dumps(given["layers"])) == [
        {"kind": "conv", "input": [1, 8, 8], "output": [3, 4, 4], "weights": 48, "biases": 3, **options},
        {**leaky, "input": [3, 4, 4], "output": [3, 4, 4]},
        {"kind": "max", "input": [3, 4, 4], "output": [3, 2, 2], "weights": 0, "biases": 0, "size": 2},
        {"kind": "affine", "input": [12], "output": [5], "weights": 60, "biases": 5},
        {**leaky, "input": [5], "output": [5]},
        {"kind": "affine", "input": [5], "output": [10], "weights": 50, "biases": 10},
    ]
    assert given["scale"] == 1 / 255
    assert given["probabilities"] == "softmax"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_are_float32_layer_by_layer_without_biases_that_are_not_there(
    dtype: str, rng: np.random.Generator
) -> None:
    made = model(rng, model_hidden=[3], model_bias=False, train_dtype=dtype)
    given = embedded(made)
    assert [(layer["weights"], layer["biases"]) for layer in given["layers"]] == [(2352, 0), (0, 0), (30, 0)]
    numbers = np.frombuffer(base64.b64decode(given["parameters"]), "<f4")
    expected = np.concatenate([made.params["W1"].ravel(), made.params["W2"].ravel()])
    np.testing.assert_array_equal(numbers, expected.astype(np.float32))


@pytest.mark.parametrize(
    ("loss", "kind"),
    [("softmax_cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid"), ("mean_squared_error", None)],
)
def test_the_loss_says_what_makes_probabilities(loss: str, kind: str | None, rng: np.random.Generator) -> None:
    assert embedded(model(rng, model_loss=loss))["probabilities"] == kind


def test_every_layer_that_a_config_can_ask_for_is_known() -> None:
    layers = {*build.OUTPUTS.values(), *build.POOLS.values()}
    assert {layer for layer in layers if layer not in KINDS and layer not in SAME} == set()


@pytest.mark.parametrize(("hidden", "most"), [(50, 1_000_000), (800, 3_600_000)])
def test_the_text_is_small(hidden: int, most: int, rng: np.random.Generator) -> None:
    assert len(json.dumps(embedded(model(rng, model_hidden=[hidden])))) < most
