"""000: two introductions. Gradients written out by hand equal an autodiff library's; and a network from scratch learns.

The sizes in the first and the seeds in both are our choice.
"""

import itertools
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from mnist_bp import build
from mnist_bp.config import load
from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.losses import MeanSquaredError
from mnist_bp.nn.network import Network
from tests.helpers.commands import rows, run
from tests.helpers.making import unsynced

CONFIGS = Path(__file__).parents[3] / "configs"


# a: linear – ReLU – linear with biases, a single output squeezed to (N,), and its mean squared error.


def test_autodiff_finds_the_same_gradients(rng: np.random.Generator) -> None:
    """64 examples, 30 inputs, 20 hidden units; to 1e-12, for rounding."""
    net = Network([Affine(30, 20), ReLU(), Affine(20, 1)], MeanSquaredError(), "float64")
    x, t = rng.standard_normal((64, 30)), rng.standard_normal(64)
    net.parameters[...] = rng.standard_normal(net.parameters.size)

    def mse(p: dict[str, Any]) -> Any:
        out = anp.maximum(x @ p["W1"] + p["b1"], 0) @ p["W2"] + p["b2"]
        return anp.mean((anp.squeeze(out, 1) - t) ** 2)

    parameters = {name: values.copy() for name, values in net.named_parameters.items()}
    assert net.backprop(x, t[:, None]).loss == pytest.approx(float(mse(parameters)), rel=1e-13)
    for name, expected in autograd.grad(mse)(parameters).items():
        np.testing.assert_allclose(net.named_gradients[name], expected, rtol=1e-12, atol=1e-12, err_msg=name)


def test_autodiff_is_for_targets_that_the_outputs_have_the_shape_of(rng: np.random.Generator) -> None:
    """Outputs (N, 1) less targets (N,) would be (N, N) by broadcasting; so one squeezes, or is told."""
    net = Network([Affine(3, 1)], MeanSquaredError(), "float64")
    with pytest.raises(ValueError, match="expected integer classes in t"):
        net.backprop(rng.standard_normal((4, 3)), rng.standard_normal(4))


def test_a_gradcheck_passes_for_its_config(small_config: Path) -> None:
    config = load(CONFIGS / "relu-mse.yaml")
    assert (config.model.activation, config.model.loss) == ("relu", "mean_squared_error")
    assert len(config.model.hidden) == 1
    images = ["--set", "data.name=idx", "--set", f"data.dir={load(small_config).data.dir}"]
    assert run("gradcheck", "--config", CONFIGS / "relu-mse.yaml", *images).exit_code == 0


# b: 3-4-1 sigmoids without biases, the sum of squares, full batch, 1,500 iterations.

INPUTS, ANSWERS = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([[0.0], [1], [1], [0]])


def by_the_texts_formulas(first: np.ndarray, second: np.ndarray) -> tuple[list[float], np.ndarray, np.ndarray]:
    """Return the sums of squares of 1,500 iterations at a learning rate of 1, the first weights, and the outputs."""

    def sigmoid(z: np.ndarray) -> Any:
        return 1 / (1 + np.exp(-z))

    losses = []
    for _ in range(1500):
        hidden = sigmoid(INPUTS @ first)
        output = sigmoid(hidden @ second)
        losses.append(float(np.sum((ANSWERS - output) ** 2)))
        error = 2 * (ANSWERS - output) * output * (1 - output)
        first, second = first + INPUTS.T @ (error @ second.T * hidden * (1 - hidden)), second + hidden.T @ error
    return losses, first, output


@unsynced
def test_the_loss_falls_monotonically_over_1500_iterations() -> None:
    """Ours is the mean of the four squares, at a learning rate of 4: the same steps as of their sum at 1."""
    assert run("train", "--config", CONFIGS / "xor.yaml", "--out", "xor", "--quiet").exit_code == 0
    losses = [float(row["train_loss"]) for row in rows("xor")]
    assert len(losses) == 1500
    assert all(after < before for before, after in itertools.pairwise(losses))
    assert losses[0] == pytest.approx(0.26531, abs=5e-6)
    assert losses[-1] == pytest.approx(0.00084777, abs=5e-9)

    config = load(CONFIGS / "xor.yaml")
    assert (config.model.hidden, config.model.bias, config.train.batch_size) == ((4,), False, 4)
    start = build.initialized(config, (3,), outputs=1).named_parameters
    sums, first, output = by_the_texts_formulas(start["W1"].copy(), start["W2"].copy())
    np.testing.assert_allclose(losses, np.divide(sums, 4), rtol=1e-9)  # rounding, over 1,500 steps
    np.testing.assert_allclose(np.load("xor/checkpoint.npz")["W1"], first, rtol=1e-9)
    assert np.round(output).ravel().tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("seed", range(5))
def test_the_loss_falls_as_well_from_weights_between_0_and_1(seed: int) -> None:
    """So such texts draw them; ours come from N(0, 1)."""
    layers = [Affine(3, 4, bias=False), Sigmoid(), Affine(4, 1, bias=False), Sigmoid()]
    net = Network(layers, MeanSquaredError(), "float64")
    net.parameters[...] = np.random.default_rng(seed).random(net.parameters.size)
    sums, _, _ = by_the_texts_formulas(*(values.copy() for values in net.named_parameters.values()))
    losses = []
    for _ in range(1500):
        losses.append(net.backprop(INPUTS, ANSWERS).loss)
        net.parameters -= 4 * net.gradients
    assert all(after < before for before, after in itertools.pairwise(losses))
    np.testing.assert_allclose(losses, np.divide(sums, 4), rtol=1e-9)
    assert losses[-1] < 0.001
