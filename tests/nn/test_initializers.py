"""First weights have the spread that their sources ask for."""

import numpy as np
import pytest

from mnist_bp.nn import initializers
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
    weights = init(rng, SHAPE)
    assert weights.shape == SHAPE
    assert weights.std() == pytest.approx(std, rel=0.018)
    assert weights.mean() == pytest.approx(0, abs=0.025 * std)


def test_the_generator_alone_decides() -> None:
    first, same, other = (initializers.he(np.random.default_rng(seed), SHAPE) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
