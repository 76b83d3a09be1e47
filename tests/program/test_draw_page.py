"""The page to draw on, in a real browser: its scripts compute what the package computes."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mnist_bp import build
from mnist_bp.config import ConvConfig
from mnist_bp.nn.initializers import he
from mnist_bp.preparation import strokes
from mnist_bp.report.embedded import embedded
from mnist_bp.report.page import TEMPLATES
from mnist_bp.run.model import Model
from tests.helpers import browser as browsers
from tests.helpers.making import config

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CONV = [
    ConvConfig(3, kernel=5, stride=2, padding=2, pool="max", pool_size=2),
    ConvConfig(4, kernel=4, padding=1, pool="average", pool_size=2),
]
NETWORKS: dict[str, dict[str, Any]] = {
    "affine": {"model_hidden": [50]},
    "deep": {"model_hidden": [30, 20, 10], "model_activation": "tanh", "model_output": "softmax",
             "model_loss": "cross_entropy", "model_dropout": 0.5},
    "convolutional": {"model_conv": CONV, "model_hidden": [20], "model_activation": "leaky_relu", "model_bias": False},
    "soft": {"model_hidden": [20], "model_activation": "softplus", "model_loss": "binary_cross_entropy"},
    "round": {"model_hidden": [20], "model_activation": "sigmoid", "model_loss": "mean_squared_error"},
    "straight": {"model_conv": CONV[1:], "model_hidden": [], "model_activation": "relu", "model_output": "tanh",
                 "model_loss": "half_squared_error"},
}  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator["Chrome"]:
    if missing := browsers.missing():
        pytest.skip(f"not installed: {', '.join(missing)}")
    with browsers.opened() as chromium:
        yield chromium


def computed(chromium: "Chrome", script: str, constant: str, value: object, call: str, given: object) -> np.ndarray:
    """Return what a script of the page, which is given a constant, computes for each member of a list."""
    chromium.get("data:text/html,<!doctype html>")
    program = Path(TEMPLATES / "draw" / script).read_text("utf-8")
    returned = f"return arguments[1].map(each => [...{call}(each)]);"
    found = chromium.execute_script(f"const {constant} = arguments[0];\n{program}\n{returned}", value, given)
    return np.array(found)


def drawings(rng: np.random.Generator) -> list[list[list[list[float]]]]:
    """Return drawings of all kinds: scribbles, straight lines, dots, pens that stand still, mass at the border."""
    walks = [
        [rng.normal(0, 9, (count, 2)).cumsum(axis=0) for count in rng.integers(1, 40, size=rng.integers(1, 4))]
        for _ in range(60)
    ]
    walks += [[np.repeat(stroke, 2, axis=0) for stroke in walks[0]]]
    lines = [[[[0, 0]]], [[[3, 3]] * 4], [[[0, 0], [7, 0]]], [[[5, 0], [5, 90]]], [[[0, 0], [4, 4]], [[0, 4], [4, 0]]]]
    hammers = [[[[0, 9], [18, 9]], *([[x, 0], [x, 18]] for x in head)] for head in ((0, 1, 2, 3), (15, 16, 17, 18))]
    return [[stroke.tolist() for stroke in drawing] for drawing in walks] + lines + hammers


def test_strokes_become_the_same_image_in_the_page(chromium: "Chrome", rng: np.random.Generator) -> None:
    given = drawings(rng)
    found = computed(chromium, "strokes.js", "MNIST", strokes.CONSTANTS, "draw", given)
    expected = np.array([strokes.draw(each).ravel() for each in given])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    pixels = [[(28 * rng.random((20, 2)) - 1).tolist()] for _ in range(20)]  # some of them outside the image
    found = computed(chromium, "strokes.js", "MNIST", strokes.CONSTANTS, "ink", pixels)
    expected = np.array([strokes.ink([np.array(stroke) for stroke in each]).ravel() for each in pixels])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_the_same_in_the_page(name: str, chromium: "Chrome", rng: np.random.Generator) -> None:
    chosen = config(**NETWORKS[name])
    network = build.network(chosen, (28, 28), 10)
    network.initialize(he, rng)
    network.parameters += rng.normal(0, 0.01, network.parameters.shape)  # biases, too
    model = Model(chosen, network, (28, 28), 1 / 255, tuple("0123456789"), "", 0)
    images = rng.integers(0, 256, (500, 784), np.uint8) * rng.integers(0, 2, (500, 784), np.uint8)
    call = "(text => logits(Uint8Array.from(atob(text), byte => byte.charCodeAt(0))))"
    given = [base64.b64encode(image.tobytes()).decode() for image in images]
    logits = computed(chromium, "network.js", "NETWORK", embedded(model), call, given)
    np.testing.assert_allclose(logits, model.logits(images), rtol=0, atol=1e-4)
    logits[0, 3] = 2000  # whose exponential overflows
    found = computed(chromium, "network.js", "NETWORK", embedded(model), "probabilities", logits.tolist())
    expected = network.loss_function.probabilities(logits.astype(np.float32))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
