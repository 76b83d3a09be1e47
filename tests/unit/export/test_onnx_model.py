"""ONNX models, run by onnxruntime, which shares no code with the network that they are made of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_bp import build
from mnist_bp.config import ConvConfig
from mnist_bp.errors import BpError
from mnist_bp.export.description import describe
from mnist_bp.export.onnx_model import LAYERS, convert
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.run.model import Model
from tests.helpers.data import blobs
from tests.helpers.making import config, untrained

POOLED = [  # 8 pixels become 7, 3 and, with the edge, 4, of which 1 fits a window
    ConvConfig(2, 2, pool="average"),
    ConvConfig(3, 2, padding=1, pool="max", pool_size=3),
]
ON_XOR: dict[str, Any] = {"data_name": "xor", "data_dir": None}
NETWORKS: dict[str, dict[str, Any]] = {
    "points, yes or no": ON_XOR | {"model_loss": "binary_cross_entropy"},
    "points, squared error": ON_XOR | {"model_loss": "mean_squared_error", "model_output": "tanh"},
    "a yes or no for each class": {"model_loss": "binary_cross_entropy", "model_activation": "identity"},
    "strides and a softmax layer": {
        "model_conv": [ConvConfig(3, stride=2)], "model_activation": "softplus",
        "model_loss": "cross_entropy", "model_output": "softmax",
    },
    "deep, no bias, dropout, float64": {
        "model_hidden": [6, 5], "model_bias": False, "model_dropout": 0.5, "model_activation": "relu",
        "train_dtype": "float64",
    },
    "pools that leave out the edge": {"model_conv": POOLED, "model_activation": "leaky_relu"},
}  # fmt: skip


def made(values: dict[str, Any], folder: Path, rng: np.random.Generator) -> Model:
    """Return a model of random parameters."""
    own = {"data_name": "idx", "data_dir": str(folder), "model_hidden": [6]} | values
    model = Model.load(untrained(config(**own)))
    model.network.parameters[...] = rng.standard_normal(model.network.parameters.shape)
    return model


@pytest.mark.parametrize("values", NETWORKS.values(), ids=NETWORKS)
def test_onnxruntime_says_the_same_of_any_number_of_examples(
    values: dict[str, Any], archive_folder: Path, rng: np.random.Generator
) -> None:
    onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    model = made(values, archive_folder, rng)
    about = describe(model)
    content = convert(model, about)
    read = onnx.load_from_string(content)
    onnx.checker.check_model(read, full_check=True)
    assert (read.ir_version, [(each.domain, each.version) for each in read.opset_import]) == (8, [("", 13)])
    assert {each.key: each.value for each in read.metadata_props} == about.metadata
    assert content == convert(model, about)

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_outputs()] == [*about.outputs]
    given = rng.uniform(-3, 3, (108, 3)) if model.shape == (3,) else blobs(108, rng)[0].reshape(108, -1)
    x = (given * model.scale).astype(np.float32)
    found = [session.run(None, {"input": part}) for part in np.split(x, [1, 8])]
    outputs = dict(zip(about.outputs, map(np.concatenate, zip(*found, strict=True)), strict=True))
    if "probabilities" in outputs:
        np.testing.assert_allclose(outputs["probabilities"], model.predict(given), atol=1e-5)
    if model.config.model.output == "softmax":  # of which a run's outputs come after
        weights = np.exp(outputs["logits"])
        np.testing.assert_allclose(weights / weights.sum(axis=1, keepdims=True), model.predict(given), atol=1e-5)
    else:
        np.testing.assert_allclose(next(iter(outputs.values())), model.logits(given), rtol=1e-5, atol=1e-4)


def test_there_is_an_operator_for_every_layer_that_a_config_can_have() -> None:
    assert {*LAYERS} == {*build.OUTPUTS.values(), *build.POOLS.values(), Affine, Conv2D, Dropout, Flatten, Reshape}


def test_parameters_beyond_float32_are_refused(archive_folder: Path, rng: np.random.Generator) -> None:
    pytest.importorskip("onnx")
    model = made({"train_dtype": "float64"}, archive_folder, rng)
    model.network.parameters[0] = 1e39
    with pytest.raises(BpError, match="expected parameters that float32 can hold"):
        convert(model, describe(model))
