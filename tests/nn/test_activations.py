"""Activations at values known from elsewhere, and at the ends of the number line."""

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid


def test_sigmoid_takes_its_textbook_values() -> None:
    """σ(0) = 1/2, σ(ln 3) = 3/4; the book's σ(−1), σ(1), σ(2) are 0.26894142, 0.73105858, 0.88079708."""
    x = np.array([0.0, np.log(3), -1.0, 1.0, 2.0])
    np.testing.assert_allclose(Sigmoid().forward(x), [0.5, 0.75, 0.26894142, 0.73105858, 0.88079708], atol=5e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("largest", [1e4, 1e38])
def test_sigmoid_saturates_without_overflow(dtype: str, largest: float) -> None:
    out = Sigmoid().forward(np.array([-largest, largest], dtype))  # a warning would fail the suite
    np.testing.assert_allclose(out, [0, 1], atol=1e-37)


def test_sigmoid_is_accurate_over_its_whole_range() -> None:
    """Against exp(x) / (1 + exp(x)), which is exact in float64 where 1 / (1 + exp(−x)) might not be."""
    x = np.linspace(-80, 30, 1001)
    np.testing.assert_allclose(Sigmoid().forward(x), np.exp(x) / (1 + np.exp(x)), rtol=1e-14)


def test_relu_passes_what_is_positive() -> None:
    layer = ReLU()
    np.testing.assert_array_equal(layer.forward(np.array([[-1.0, 0.0, 2.0]])), [[0.0, 0.0, 2.0]])
    np.testing.assert_array_equal(layer.backward(np.array([[3.0, 4.0, 5.0]])), [[0.0, 0.0, 5.0]])


def test_relu_alone_has_a_kink_and_says_on_which_side_x_was() -> None:
    layer = ReLU()
    layer.forward(np.array([[-1.0, 0.0, 2.0]]))
    np.testing.assert_array_equal(layer.kink_sides(), [[False, False, True]])
    assert Sigmoid().kink_sides() is None
