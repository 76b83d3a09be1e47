"""Finite differences of functions whose derivatives are known; test_sources.py has the book's."""

import numpy as np
import pytest

from mnist_bp.nn import numerical


def test_the_central_difference_is_exact_for_a_parabola_and_errs_by_h_squared_for_a_cubic() -> None:
    """(x³)′ at 1 is 3; the central difference gives 3 + h², the forward difference would give 3 + 3h + h²."""
    assert numerical.numerical_derivative(lambda x: x**3, 1, step=0.1) == pytest.approx(3.01, abs=1e-12)


def test_an_array_of_any_shape_has_a_gradient_of_its_shape(rng: np.random.Generator) -> None:
    x, weights = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    given = x.copy()
    gradient = numerical.numerical_gradient(lambda x: float(np.vdot(x, weights)), x)
    np.testing.assert_array_equal(x, given)
    np.testing.assert_allclose(gradient, weights, atol=1e-9)


def test_gradient_descent_follows_the_slope_and_leaves_its_start_alone() -> None:
    """On x², with a rate of 0.25, each step halves x: 8, 4, 2, 1, whole numbers included."""
    start = np.array([8])
    found = numerical.gradient_descent(lambda x: float(np.sum(x**2)), start, learning_rate=0.25, steps=3)
    np.testing.assert_allclose(found, [1], rtol=1e-9)
    np.testing.assert_array_equal(start, [8])
