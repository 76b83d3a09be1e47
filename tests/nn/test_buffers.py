"""Buffers grow and are reused."""

import numpy as np

from mnist_bp.nn.buffers import Buffers


def test_a_smaller_request_is_a_slice_of_the_array_that_is_held() -> None:
    buffers = Buffers()
    large = buffers.buffer("out", (5, 3), np.float32)
    small = buffers.buffer("out", (2, 3), np.float32)
    assert small.shape == (2, 3)
    assert np.shares_memory(large, small)
    assert np.shares_memory(large, buffers.buffer("out", (5, 3), np.float32))


def test_another_name_row_shape_or_dtype_is_another_array() -> None:
    buffers = Buffers()
    first = buffers.buffer("out", (5, 3), np.float32)
    assert not np.shares_memory(first, buffers.buffer("dx", (5, 3), np.float32))
    assert buffers.buffer("out", (5, 4), np.float32).shape == (5, 4)
    assert buffers.buffer("out", (5, 4), np.float64).dtype == np.float64
