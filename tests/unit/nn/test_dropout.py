"""Dropout drops as often as it should, keeps the mean, and repeats itself for the same noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.nn.dropout import Dropout
from tests.helpers.layers import BATCHES, GENERATORS


def training(rate: float, seed: int = 0) -> Dropout:
    layer = Dropout(rate)
    layer.noise = np.random.SeedSequence(seed)
    return layer


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_each_element_is_dropped_with_probability_rate_or_makes_up_for_it(rate: float) -> None:
    """100,000 draws know a frequency to √(0.25 / 100,000) = 0.0016 or better; 4 times that is allowed."""
    out = training(rate).forward(np.full((1000, 100), 3.0))
    kept = out != 0
    np.testing.assert_allclose(out[kept], 3 / (1 - rate), rtol=1e-15)
    assert 1 - kept.mean() == pytest.approx(rate, abs=0.0064)
    assert np.ptp(kept.mean(axis=0)) < 0.16  # 100 columns of 1,000: each to 0.016, from −5 to 5 times that
    assert np.ptp(kept.mean(axis=1)) < 0.5  # 1,000 rows of 100: each to 0.05


@settings(max_examples=30)
@given(st.sampled_from([0.0, 0.25, 0.5, 0.75]), BATCHES, st.lists(st.integers(1, 4), max_size=3), GENERATORS)
def test_each_element_and_its_gradient_are_multiplied_by_0_or_by_one_number_in_batches_of_any_size(
    rate: float, sizes: list[int], shape: list[int], rng: np.random.Generator
) -> None:
    """In training and outside of it by turns; with these rates 1 / (1 − rate) is rounded once or not at all."""
    layer = Dropout(rate)
    for size in sizes:
        for noise in (np.random.SeedSequence(int(rng.integers(100))), None):
            layer.noise = noise
            passed = np.array(layer.forward(np.ones((size, *shape))))
            x, dout = rng.standard_normal((2, size, *shape))
            out, dx = layer.forward(x), layer.backward(dout)
            for index in np.ndindex(x.shape):
                assert passed[index] in ({0, 1 / (1 - rate)} if noise else {1})
                assert out[index] == x[index] * passed[index]
                assert dx[index] == dout[index] * passed[index]


def test_the_mask_is_the_same_for_the_same_noise_alone() -> None:
    x = np.ones((20, 30))
    layer = training(0.5)
    first = layer.forward(x).copy()
    np.testing.assert_array_equal(layer.forward(x), first)
    np.testing.assert_array_equal(training(0.5).forward(x), first)
    layer.noise = np.random.SeedSequence(1)
    assert not np.array_equal(layer.forward(x), first)


def test_another_precision_drops_the_same_elements() -> None:
    single = training(0.3).forward(np.ones((20, 30), np.float32))
    double = training(0.3).forward(np.ones((20, 30), np.float64))
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single != 0, double != 0)


def test_outside_training_x_and_its_gradient_are_passed_on_as_they_are(rng: np.random.Generator) -> None:
    layer = training(0.5)
    x, dout = rng.standard_normal((2, 4, 3))
    layer.forward(x)
    layer.noise = None
    assert layer.forward(x) is x
    assert layer.backward(dout) is dout


def test_a_rate_of_zero_drops_nothing(rng: np.random.Generator) -> None:
    x = rng.standard_normal((20, 30))
    np.testing.assert_array_equal(training(0.0).forward(x), x)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 50.0, np.nan])
def test_a_rate_below_zero_or_of_one_and_more_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and less than 1; got"):
        Dropout(rate)


@pytest.mark.parametrize("features", [3, 4])
def test_a_part_of_a_batch_has_its_part_of_the_mask(features: int) -> None:
    """An odd number of draws before it ends in the middle of what a step of the generator makes."""
    layer = Dropout(0.5)
    layer.noise = np.random.SeedSequence(1)
    whole = layer.forward(np.ones((9, features))).copy()
    for first in range(9):
        layer.first = first
        np.testing.assert_array_equal(layer.forward(np.ones((9 - first, features))), whole[first:])
