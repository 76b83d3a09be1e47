"""Softmax as the last layer before a loss of probabilities, as the books write it: every command takes it."""

import json
from pathlib import Path

import numpy as np
import pytest

import mnist_bp
from tests.helpers.commands import run

OUTPUT = ("--set", "model.output=softmax", "--set", "model.loss=cross_entropy")


def test_it_is_trained_shadowed_measured_checked_and_used(small_config: Path) -> None:
    told = run("train", "--config", small_config, *OUTPUT, "--set", "train.shadow_check=1", "--out", "r")
    assert told.exit_code == 0, told.stderr
    measured = json.loads(run("eval", "r", "--json").stdout)
    assert measured["accuracy"] > 0.9
    checked = run("gradcheck", "r", "--self-test")
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "PASS")
    images = np.random.default_rng(0).integers(0, 256, (5, 64), np.uint8)
    np.testing.assert_allclose(mnist_bp.load("r").predict(images).sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("gradient", ["backprop", "numerical"])
def test_it_trains_as_the_fused_loss_does(small_config: Path, gradient: str) -> None:
    """By either gradient, to a loss that the 1e-7 of its logarithm moves in the sixth digit."""
    found = []
    for number, loss in enumerate([(), OUTPUT]):
        common = ("--set", "train.dtype=float64", "--set", f"train.gradient={gradient}")
        assert run("train", "--config", small_config, *loss, *common, "--out", number).exit_code == 0
        found.append(json.loads(run("eval", number, "--json").stdout)["loss"])
    assert found[1] == pytest.approx(found[0], rel=1e-5)
    assert found[1] != found[0]
