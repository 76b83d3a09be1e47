"""Pooling against loops over windows, and what happens at ties and margins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.nn.pooling import AveragePool, MaxPool, Pool
from tests.helpers.layers import BATCHES, GENERATORS

X = np.array([[1.0, 5.0, 2.0, 2.0, 9.0], [3.0, 4.0, 2.0, 1.0, 9.0], [9.0, 9.0, 9.0, 9.0, 9.0]]).reshape(1, 1, 3, 5)


@settings(max_examples=40)
@given(st.sampled_from([MaxPool, AveragePool]), st.data(), BATCHES, GENERATORS)
def test_each_window_becomes_one_number_in_batches_of_any_size(
    make: type[MaxPool] | type[AveragePool], data: st.DataObject, sizes: list[int], rng: np.random.Generator
) -> None:
    """Whole numbers, of which many in a window are equal; an average of them is rounded once or twice."""
    size, channels = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    height, width = data.draw(st.integers(size, 7)), data.draw(st.integers(size, 7))
    layer = make(size)
    for examples in sizes:
        x = rng.integers(-2, 3, (examples, channels, height, width)).astype(float)
        out, dx = np.zeros((examples, channels, height // size, width // size)), np.zeros_like(x)
        dout = rng.standard_normal(out.shape)
        for n, c, p, q in np.ndindex(out.shape):
            window = [(n, c, p * size + i, q * size + j) for i in range(size) for j in range(size)]
            if make is MaxPool:
                largest = max(window, key=lambda index: x[index])  # the first, if several are
                out[n, c, p, q] = x[largest]
                dx[largest] = dout[n, c, p, q]
            else:
                out[n, c, p, q] = sum(x[index] for index in window) / len(window)
                for index in window:
                    dx[index] = dout[n, c, p, q] / len(window)
        np.testing.assert_allclose(layer.forward(x), out, rtol=1e-15)
        np.testing.assert_allclose(layer.backward(dout), dx, rtol=1e-15)


def test_the_first_of_equal_maxima_gets_the_gradient_and_the_margin_gets_none() -> None:
    """By hand: windows [1 5 / 3 4] and [2 2 / 2 1]; the last row and column fill no window."""
    layer = MaxPool(2)
    np.testing.assert_array_equal(layer.forward(X), [[[[5.0, 2.0]]]])
    np.testing.assert_array_equal(
        layer.backward(np.array([[[[10.0, 20.0]]]])), [[[[0, 10, 20, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]]]
    )


def test_the_sides_of_a_maximum_tell_which_member_won() -> None:
    layer = MaxPool(2)
    layer.forward(X)
    sides = layer.kink_sides()
    np.testing.assert_array_equal(sides, [[[[1, 0]]]])
    layer.forward(-X)
    np.testing.assert_array_equal(layer.kink_sides(), [[[[0, 3]]]])
    np.testing.assert_array_equal(sides, [[[[1, 0]]]])


def test_an_average_shares_its_gradient_equally_and_the_margin_gets_none() -> None:
    """By hand: (1 + 5 + 3 + 4) / 4 and (2 + 2 + 2 + 1) / 4."""
    layer = AveragePool(2)
    np.testing.assert_array_equal(layer.forward(X), [[[[3.25, 1.75]]]])
    np.testing.assert_array_equal(
        layer.backward(np.array([[[[4.0, 8.0]]]])), [[[[1, 1, 2, 2, 0], [1, 1, 2, 2, 0], [0, 0, 0, 0, 0]]]]
    )


@pytest.mark.parametrize("make", [MaxPool, AveragePool])
def test_nan_stays_in_its_window(make: type[Pool]) -> None:
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 0, 3] = np.nan
    np.testing.assert_array_equal(np.isnan(make(2).forward(x)), [[[[False, True], [False, False]]]])


@pytest.mark.parametrize("make", [MaxPool, AveragePool])
def test_a_window_larger_than_the_image_is_refused(make: type[Pool]) -> None:
    with pytest.raises(ValueError, match=rf"{make.__name__} expects images of at least 4 × 4; got 5 × 3"):
        make(4).output_shape((1, 5, 3))
    with pytest.raises(ValueError, match="at least 4 × 4; got 3 × 5"):
        make(4).forward(np.zeros((2, 1, 3, 5)))
    with pytest.raises(ValueError, match=r"expects examples of shape \(C, H, W\); got \(15,\)"):
        make(2).forward(np.zeros((2, 15)))


@pytest.mark.parametrize("make", [MaxPool, AveragePool])
def test_a_size_below_one_is_refused(make: type[MaxPool] | type[AveragePool]) -> None:
    with pytest.raises(ValueError, match="expects a size of 1 or more; got 0"):
        make(0)
