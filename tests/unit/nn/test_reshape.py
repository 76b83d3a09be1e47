"""Reshaping layers arrange numbers row by row, and back again."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.nn.reshape import Flatten, Reshape
from tests.helpers.layers import BATCHES


@settings(max_examples=20)
@given(BATCHES, st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_numbers_are_counted_row_by_row_in_batches_of_any_size(sizes: list[int], shape: list[int]) -> None:
    """Flatten and the Reshape that undoes it."""
    flatten, reshape = Flatten(), Reshape(tuple(shape))
    for size in sizes:
        x, rows = np.empty((size, *shape)), np.empty((size, math.prod(shape)))
        for number, index in enumerate(np.ndindex(x.shape)):
            x[index] = rows[divmod(number, rows.shape[1])] = number
        for to_rows, back in ((flatten.forward, flatten.backward), (flatten.forward, reshape.forward)):
            np.testing.assert_array_equal(to_rows(x), rows, strict=True)
            np.testing.assert_array_equal(back(rows), x, strict=True)
        np.testing.assert_array_equal(reshape.backward(x), rows, strict=True)


def test_an_empty_batch_keeps_the_shape_of_an_example() -> None:
    assert Flatten().forward(np.empty((0, 3, 2, 2))).shape == (0, 12)
    assert Reshape((3, 2)).forward(np.empty((0, 6))).shape == (0, 3, 2)


def test_reshape_refuses_another_number_of_elements() -> None:
    """Also where the whole batch would fit: 3 examples of 4 numbers are not 2 of 6."""
    with pytest.raises(ValueError, match=r"Reshape to \(1, 2, 3\) expects 6 numbers an example; got \(4,\)"):
        Reshape((1, 2, 3)).forward(np.zeros((3, 4)))
