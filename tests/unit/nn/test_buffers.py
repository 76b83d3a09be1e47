"""Buffers grow and are reused."""

from copy import copy

import numpy as np

from mnist_bp.nn.buffers import Buffers, first_axis_first, first_axis_last


def test_a_smaller_batch_lies_at_the_start_of_the_array_that_is_held() -> None:
    buffers = Buffers()
    large = buffers.buffer("out", (5, 3), np.float32)
    large[...] = np.arange(15).reshape(5, 3)
    small = buffers.buffer("out", (2, 3), np.float32)
    np.testing.assert_array_equal(small, [[0, 1, 2], [3, 4, 5]])
    assert np.shares_memory(large, small)
    assert np.shares_memory(large, buffers.buffer("out", (5, 3), np.float32))


def test_an_array_grows_and_its_memory_is_kept() -> None:
    buffers = Buffers()
    buffers.buffer("out", (2, 3), np.float32)
    large = buffers.buffer("out", (5, 3), np.float32)
    assert large.shape == (5, 3)
    assert np.shares_memory(large, buffers.buffer("out", (2, 3), np.float32))


def test_another_name_is_another_array_and_another_dtype_a_new_one() -> None:
    buffers = Buffers()
    first = buffers.buffer("out", (5, 3), np.float32)
    assert not np.shares_memory(first, buffers.buffer("dx", (5, 3), np.float32))
    second = buffers.buffer("out", (5, 2), np.float64)
    assert second.dtype == np.float64
    assert not np.shares_memory(first, second)


def test_an_array_like_another_has_its_order_of_memory_too() -> None:
    buffers = Buffers()
    by_row = buffers.like("out", np.zeros((5, 3), np.float32))
    by_column = buffers.like("out", np.zeros((3, 5), np.float32).T)
    assert by_row.shape == by_column.shape == (5, 3)
    assert by_row.dtype == by_column.dtype == np.float32
    assert by_row.flags.c_contiguous
    assert by_column.flags.f_contiguous
    assert buffers.like("out", np.zeros((5, 4))[:, :3]).flags.c_contiguous


def test_an_array_like_images_with_the_examples_last_has_them_last_too_in_another_shape() -> None:
    images = first_axis_first(np.zeros((2, 4, 5, 3), np.float32))
    assert images.shape == (3, 2, 4, 5)
    like = Buffers().like("won", images, shape=(3, 2, 2), dtype=np.bool_, fill=1)
    assert like.shape == (3, 2, 2)
    assert like.dtype == np.bool_
    assert like.all()
    assert first_axis_last(like).flags.c_contiguous


def test_a_copy_writes_to_memory_of_its_own() -> None:
    buffers = Buffers()
    out = buffers.buffer("out", (5, 3), np.float32)
    twin = copy(buffers)
    assert not np.shares_memory(out, twin.buffer("out", (5, 3), np.float32))
    assert np.shares_memory(out, buffers.buffer("out", (5, 3), np.float32))
