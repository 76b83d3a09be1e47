"""First weights have the spread that their sources ask for."""

import numpy as np
import pytest

from mnist_bp.nn import initializers
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.layers import Initializer

SHAPE = (400, 100)


@pytest.mark.parametrize(
    ("init", "std"),
    [
        (initializers.normal(0.01), 0.01),
        (initializers.xavier, np.sqrt(2 / 500)),
        (initializers.he, np.sqrt(2 / 400)),
    ],
    ids=["normal", "xavier", "he"],
)
def test_weights_have_mean_zero_and_the_named_spread(init: Initializer, std: float, rng: np.random.Generator) -> None:
    """40,000 draws: the standard deviation is known to 0.35 %, the mean to 0.5 % of it; 5 times that is allowed."""
    weights = init(rng, SHAPE, *SHAPE)
    assert weights.shape == SHAPE
    assert weights.std() == pytest.approx(std, rel=0.018)
    assert weights.mean() == pytest.approx(0, abs=0.025 * std)


@pytest.mark.parametrize(
    ("init", "std"),
    [(initializers.xavier, np.sqrt(2 / 1200)), (initializers.he, np.sqrt(2 / 400))],
    ids=["xavier", "he"],
)
def test_a_convolutions_fans_count_the_kernels_area_in_all_channels(
    init: Initializer, std: float, rng: np.random.Generator
) -> None:
    """16 · 5² = 400 in, 32 · 5² = 800 out; 12,800 draws: known to 0.63 %, 5 times that is allowed."""
    layer = Conv2D((16, 12, 12), filters=32, kernel=5)
    layer.bind({"W": np.empty((32, 16, 5, 5)), "b": np.ones(32)}, {"W": np.empty((32, 16, 5, 5)), "b": np.empty(32)})
    layer.initialize(init, rng)
    assert layer.W.std() == pytest.approx(std, rel=0.032)
    np.testing.assert_array_equal(layer.b, 0)


def test_zeros_are_zero_and_leave_the_generator_alone(rng: np.random.Generator) -> None:
    before = rng.bit_generator.state
    np.testing.assert_array_equal(initializers.zeros(rng, (3, 2), 3, 2), np.zeros((3, 2)))
    assert rng.bit_generator.state == before


def test_initial_weights_depend_on_the_generator_alone() -> None:
    first, same, other = (initializers.he(np.random.default_rng(seed), SHAPE, *SHAPE) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
