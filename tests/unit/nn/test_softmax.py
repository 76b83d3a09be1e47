"""Softmax as a layer; that it keeps the layer contract is tested with all layers."""

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.nn.softmax import Softmax
from tests.helpers.layers import BATCHES, GENERATORS


def test_the_books_outputs_become_the_books_probabilities() -> None:
    """As many digits as are printed."""
    y = Softmax().forward(np.array([[0.3, 2.9, 4.0]]))
    np.testing.assert_allclose(y, [[0.01821127, 0.24519181, 0.73659691]], atol=5e-9)


def test_the_gradient_of_quarters_is_worked_out_by_hand() -> None:
    """Of y = (1/4, 3/4) and dout = (1, 0): Σ dout y = 1/4, so dx = (1/4 · 3/4, 3/4 · −1/4)."""
    layer = Softmax()
    np.testing.assert_allclose(layer.forward(np.log([[1.0, 3.0]])), [[1 / 4, 3 / 4]], rtol=1e-15)
    np.testing.assert_allclose(layer.backward(np.array([[1.0, 0.0]])), [[3 / 16, -3 / 16]], rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_rows_stay_finite_and_do_not_touch_each_other(dtype: str) -> None:
    """A maximum over the whole batch would flush the other rows to 0/0."""
    layer = Softmax()
    y = layer.forward(np.array([[1e4, -1e4], [-1e4, -1e4], [0.0, 0.0]], dtype))
    np.testing.assert_array_equal(y, [[1, 0], [0.5, 0.5], [0.5, 0.5]])
    dx = layer.backward(np.array([[1e7, -1e7], [2, 0], [0, 0]], dtype))
    np.testing.assert_array_equal(dx, [[0, 0], [0.5, -0.5], [0, 0]])


@settings(max_examples=30)
@given(st.integers(2, 5), BATCHES, GENERATORS)
def test_every_probability_and_slope_is_that_of_the_formula_in_batches_of_any_size(
    outputs: int, sizes: list[int], rng: np.random.Generator
) -> None:
    """The slope of y[k] with respect to x[j] is y[k] (δ[k, j] − y[j])."""
    layer = Softmax()
    for size in sizes:
        x, dout = rng.standard_normal((2, size, outputs))
        y, dx = np.zeros_like(x), np.zeros_like(x)
        for n in range(size):
            for k in range(outputs):
                y[n, k] = exp(x[n, k]) / sum(exp(each) for each in x[n])
            for k, j in np.ndindex(outputs, outputs):
                dx[n, j] += dout[n, k] * y[n, k] * ((k == j) - y[n, j])
        np.testing.assert_allclose(layer.forward(x), y, rtol=1e-14)
        np.testing.assert_allclose(layer.backward(dout), dx, rtol=0, atol=1e-15)


def test_the_order_of_memory_is_kept(rng: np.random.Generator) -> None:
    layer, x = Softmax(), rng.standard_normal((4, 3))
    y, dx = layer.forward(x).copy(), layer.backward(x).copy()
    np.testing.assert_allclose(layer.forward(np.asfortranarray(x)), y, rtol=1e-15)
    np.testing.assert_allclose(layer.backward(np.asfortranarray(x)), dx, rtol=1e-13)
    assert layer.backward(x).flags.f_contiguous


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 2, 2)])
def test_another_shape_than_rows_of_two_or_more_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"Softmax expects x of shape .*, K = 2 or more; got"):
        Softmax().forward(np.zeros(shape))
    with pytest.raises(ValueError, match=r"Softmax expects examples of shape .*, K = 2 or more; got"):
        Softmax().output_shape(shape[1:])
