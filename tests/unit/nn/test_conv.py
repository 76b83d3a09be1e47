"""The convolution against a loop over its definition, PyTorch's numbers, and shapes that do not fit."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.nn.conv import Conv2D, bands, im2col
from tests.helpers.layers import BATCHES, GENERATORS, Index, assert_is_its_sum, bound
from tests.helpers.pytorch import NUMBERS


@st.composite
def convolutions(draw: st.DrawFn) -> Conv2D:
    padding, channels, filters = draw(st.integers(0, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    kernel = draw(st.integers(1, min(3, min(height, width) + 2 * padding)))
    return Conv2D(
        (channels, height, width),
        filters,
        kernel,
        stride=draw(st.integers(1, 3)),
        padding=padding,
        bias=draw(st.booleans()),
    )


def terms(layer: Conv2D, examples: int) -> Iterator[tuple[Index, Index, Index]]:
    """Yield the indices of out, W and x in each product; what lies outside the image is zero, and left out."""
    (_, height, width), stride, padding = layer.input_shape, layer.stride, layer.padding
    tops = range(0, height + 2 * padding - layer.kernel + 1, stride)
    lefts = range(0, width + 2 * padding - layer.kernel + 1, stride)
    for n in range(examples):
        for (p, top), (q, left) in itertools.product(enumerate(tops), enumerate(lefts)):
            for f, c, i, j in np.ndindex(layer.shapes["W"]):
                y, x = top + i - padding, left + j - padding
                if 0 <= y < height and 0 <= x < width:
                    yield (n, f, p, q), (f, c, i, j), (n, c, y, x)


@settings(max_examples=30)
@given(convolutions(), BATCHES, GENERATORS)
def test_a_convolution_is_the_sum_of_its_definition_in_batches_of_any_size(
    layer: Conv2D, sizes: list[int], rng: np.random.Generator
) -> None:
    bound(layer, rng)
    for size in sizes:
        x = rng.standard_normal((size, *layer.input_shape))
        assert_is_its_sum(layer, x, terms(layer, size), rng)


def test_values_and_gradients_are_those_of_pytorch(rng: np.random.Generator) -> None:
    """Sums of up to 20 numbers of size 1: 2e-14 is several roundings of each."""
    theirs = {name: np.array(numbers) for name, numbers in NUMBERS["convolution"].items()}
    stride, padding = int(theirs["stride"]), int(theirs["padding"])
    layer = bound(Conv2D((2, 5, 6), filters=3, kernel=3, stride=stride, padding=padding), rng)
    layer.W[...], layer.b[...] = theirs["W"], theirs["b"]
    found = {"out": layer.forward(theirs["x"]), "dx": layer.backward(theirs["dout"]), "dW": layer.dW, "db": layer.db}
    for name, array in found.items():
        np.testing.assert_allclose(array, theirs[name], rtol=0, atol=2e-14)


def test_columns_are_what_the_kernel_sees_place_by_place() -> None:
    """By hand: in a 3 × 3 image of 0 … 8, a 2 × 2 kernel sees 0 1 3 4, then 1 2 4 5, then 3 4 6 7, then 4 5 7 8."""
    columns = im2col(np.arange(9.0).reshape(1, 1, 3, 3), kernel=2)
    np.testing.assert_array_equal(columns[0].T, [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]])


@pytest.mark.parametrize(
    ("stride", "expected"), [(1, [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]]), (2, [[0, 1, 2, 3], [4, 5, 6, 7]])]
)
def test_a_band_is_some_successive_rows_without_a_copy(stride: int, expected: list[list[int]]) -> None:
    """By hand: four rows of 2 × 1 numbers, 0 … 7, two of them at a time."""
    rows = np.arange(8).reshape(4, 2, 1)
    found = bands(rows, 2, stride)
    np.testing.assert_array_equal(found[:, :, 0], expected)
    assert np.shares_memory(found, rows)


def test_a_kernel_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="images of 5 × 3 with padding 0; got 4 × 4"):
        Conv2D((1, 5, 3), filters=2, kernel=4)
    assert Conv2D((1, 5, 3), filters=2, kernel=5, padding=1).output_shape((1, 5, 3)) == (2, 3, 1)


@pytest.mark.parametrize("shape", [(3, 1, 5, 6), (3, 2, 6, 5), (3, 60)])
def test_images_of_another_shape_are_refused(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    layer = bound(Conv2D((2, 5, 6), 3, 3), rng)
    with pytest.raises(ValueError, match=r"Conv2D expects x of shape \(N, 2, 5, 6\); got \(3, "):
        layer.forward(np.zeros(shape))
    with pytest.raises(ValueError, match=r"Conv2D expects images of shape \(2, 5, 6\); got \("):
        layer.output_shape(shape[1:])


@pytest.mark.parametrize(
    ("filters", "kernel", "stride", "padding", "message"),
    [
        (0, 2, 1, 0, r"expects sizes of 1 or more; got weights of shape \(0, 1, 2, 2\)"),
        (1, 0, 1, 0, r"expects sizes of 1 or more; got weights of shape \(1, 1, 0, 0\)"),
        (1, 2, 0, 0, "expects a stride of 1 or more, and padding of 0 or more; got 0, 0"),
        (1, 2, 1, -1, "expects a stride of 1 or more, and padding of 0 or more; got 1, -1"),
    ],
)
def test_sizes_and_strides_below_one_and_negative_padding_are_refused(
    filters: int, kernel: int, stride: int, padding: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Conv2D((1, 4, 4), filters, kernel, stride=stride, padding=padding)
