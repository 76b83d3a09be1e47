"""Reshaping layers arrange numbers row by row, and back again."""

import numpy as np
import pytest

from mnist_bp.nn.reshape import Flatten, Reshape


def test_flatten_puts_an_image_in_a_row_and_its_gradient_back() -> None:
    layer = Flatten()
    x = np.arange(24.0).reshape(2, 3, 2, 2)
    np.testing.assert_array_equal(layer.forward(x), np.arange(24).reshape(2, 12))
    np.testing.assert_array_equal(layer.backward(np.arange(24.0).reshape(2, 12)), x)


def test_reshape_makes_an_image_of_a_row_and_a_row_of_its_gradient() -> None:
    layer = Reshape((1, 2, 3))
    x = np.arange(12.0).reshape(2, 6)
    np.testing.assert_array_equal(layer.forward(x)[1], [[[6, 7, 8], [9, 10, 11]]])
    np.testing.assert_array_equal(layer.backward(np.arange(12.0).reshape(2, 1, 2, 3)), x)


def test_an_empty_batch_keeps_the_shape_of_an_example() -> None:
    assert Flatten().forward(np.empty((0, 3, 2, 2))).shape == (0, 12)
    assert Reshape((3, 2)).forward(np.empty((0, 6))).shape == (0, 3, 2)


def test_reshape_refuses_another_number_of_elements() -> None:
    """Also where the whole batch would fit: 3 examples of 4 numbers are not 2 of 6."""
    with pytest.raises(ValueError, match=r"Reshape to \(1, 2, 3\) expects 6 numbers an example; got \(4,\)"):
        Reshape((1, 2, 3)).forward(np.zeros((3, 4)))
