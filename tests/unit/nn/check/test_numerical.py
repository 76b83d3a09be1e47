"""Finite differences of functions whose derivatives are known; tests/program/sources has the book's."""

import numpy as np
import pytest

from mnist_bp.nn.check import numerical


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


def test_extrapolation_removes_the_error_of_order_h_squared() -> None:
    """(x⁵)′ at 1 is 5; D(h) = 5 + 10 h² + h⁴, so that (4 D(h/2) − D(h)) / 3 = 5 − h⁴ / 4."""
    assert numerical.extrapolated_derivative(lambda x: x**5, 1, step=0.1) == pytest.approx(5 - 1e-4 / 4, abs=1e-12)


@pytest.mark.parametrize("x", [[3.0, 4.0], np.array([3, 4]), np.array([3, 4], np.float32)], ids=repr)
def test_only_an_array_of_float64_can_take_such_small_steps(x: np.ndarray) -> None:
    with pytest.raises(TypeError, match=r"expects an array of float64; got (list|int64|float32)"):
        numerical.numerical_gradient(lambda x: float(np.sum(x**2)), x)


def test_x_is_left_as_it_was_even_when_f_fails() -> None:
    x = np.array([3.0, 4.0])
    with pytest.raises(ZeroDivisionError):
        numerical.numerical_gradient(lambda x: 1 / 0, x)
    np.testing.assert_array_equal(x, [3, 4])
