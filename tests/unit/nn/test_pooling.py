"""Pooling against loops over windows, and what happens at ties and margins."""

import numpy as np
import pytest

from mnist_bp.nn.pooling import AveragePool, MaxPool, Pool

every_pool = pytest.mark.parametrize(("make", "reduce"), [(MaxPool, np.max), (AveragePool, np.mean)])
X = np.array([[1.0, 5.0, 2.0, 2.0, 9.0], [3.0, 4.0, 2.0, 1.0, 9.0], [9.0, 9.0, 9.0, 9.0, 9.0]]).reshape(1, 1, 3, 5)


@every_pool
@pytest.mark.parametrize("size", [1, 2, 3])
def test_each_window_becomes_one_number(make: type[Pool], reduce: object, size: int, rng: np.random.Generator) -> None:
    x = rng.standard_normal((4, 2, 5, 7))
    assert callable(reduce)
    expected = np.array(
        [
            [
                [
                    [reduce(image[p : p + size, q : q + size]) for q in range(0, 7 - size + 1, size)]
                    for p in range(0, 5 - size + 1, size)
                ]
                for image in channels
            ]
            for channels in x
        ]
    )
    layer = make(size)
    out = layer.forward(x)
    assert out.shape == (4, 2, 5 // size, 7 // size)
    np.testing.assert_allclose(out, expected, rtol=1e-15, atol=1e-15)  # a mean's sum in another order


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
def test_a_margin_stays_zero_when_the_memory_is_used_again(make: type[Pool]) -> None:
    """The smaller dx lies where the larger one lay before."""
    layer = make(2)
    layer.forward(np.ones((1, 1, 4, 4)))
    layer.backward(np.ones((1, 1, 2, 2)))
    layer.forward(np.ones((1, 1, 3, 3)))
    dx = layer.backward(np.ones((1, 1, 1, 1)))
    np.testing.assert_array_equal(dx[0, 0, 2], 0)
    np.testing.assert_array_equal(dx[0, 0, :, 2], 0)
    assert dx.sum() == 1


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
