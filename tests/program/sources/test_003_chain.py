"""003: a chain of single neurons, 1-1-1-1-1, with E = (y − a)² / 2, whose gradients are computed one from the next.

The text has no biases; `configs/chain.yaml` has them, and `model.bias=false` takes them away.
"""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from mnist_bp import build
from mnist_bp.config import load
from mnist_bp.data.loading import load as load_data
from tests.helpers.commands import rows, run

CHAIN = Path(__file__).parents[3] / "configs" / "chain.yaml"


@pytest.mark.parametrize("bias", ["false", "true"])
def test_incremental_gradients_are_those_of_the_chain(bias: str, rng: np.random.Generator) -> None:
    """From the end back, a slope is the one before it times W and a (1 − a); to 1e-13, for rounding."""
    config = load(CHAIN, [f"model.bias={bias}"])
    dataset = load_data("chain")
    net = build.initialized(config, dataset.shape, dataset.outputs)
    net.parameters[...] = rng.standard_normal(net.parameters.size)
    net.backprop(dataset.train.x, dataset.train.t)
    assert net.parameters.size == (8 if bias == "true" else 4)
    W, b = ([net.named_parameters.get(f"{kind}{i}", np.zeros(1)).item() for i in range(1, 5)] for kind in "Wb")

    a = [float(dataset.train.x[0, 0])]
    for i in range(4):
        a.append(1 / (1 + math.exp(-W[i] * a[-1] - b[i])))
    slope = a[-1] - float(dataset.train.t[0])  # of E with respect to the last a
    for i in range(4, 0, -1):
        slope *= a[i] * (1 - a[i])
        assert net.named_gradients[f"W{i}"].item() == pytest.approx(slope * a[i - 1], rel=1e-13)
        if bias == "true":
            assert net.named_gradients[f"b{i}"].item() == pytest.approx(slope, rel=1e-13)
        slope *= W[i - 1]


@pytest.mark.parametrize(("bias", "error"), [("false", 0.0099), ("true", 0.0022)])
def test_the_chain_learns_its_sample(bias: str, error: float) -> None:
    """E after 100 steps at a learning rate of 1; it is 0.125 at first, where a is about a half and y is 0."""
    options = ["--set", f"model.bias={bias}", "--out", "chain", "--quiet"]
    assert run("train", "--config", CHAIN, *options).exit_code == 0
    errors = [float(rows("chain")[0]["train_loss"]), *(float(row["test_loss"]) for row in rows("chain"))]
    assert all(after < before for before, after in itertools.pairwise(errors))
    assert errors[0] == pytest.approx(0.125, abs=5e-4)
    assert errors[-1] == pytest.approx(error, abs=5e-5)
