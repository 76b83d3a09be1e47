"""The layer contract, kept by every layer."""

from collections.abc import Callable

import numpy as np
import pytest

import mnist_bp
from mnist_bp.nn.activations import Elementwise, Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Layer, Linear
from mnist_bp.nn.pooling import AveragePool, MaxPool
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.nn.softmax import Softmax
from tests.helpers.layers import bound

Make = Callable[[], Layer]
IMAGES = (2, 5, 6)
ROWS = (4,)


def dropping(rate: float) -> Dropout:
    layer = Dropout(rate)
    layer.noise = np.random.SeedSequence(5)
    return layer


LINEAR: dict[str, tuple[Make, tuple[int, ...]]] = {
    "Affine": (lambda: Affine(4, 3), ROWS),
    "Affine without bias": (lambda: Affine(4, 3, bias=False), ROWS),
    "Conv2D": (lambda: Conv2D(IMAGES, 3, 3), IMAGES),
    "Conv2D with stride and padding": (lambda: Conv2D(IMAGES, 3, 3, stride=2, padding=1), IMAGES),
    "Conv2D without bias": (lambda: Conv2D(IMAGES, 1, 4, stride=2, bias=False), IMAGES),
}
VIEWS: dict[str, tuple[Make, tuple[int, ...]]] = {
    "Dropout, not training": (lambda: Dropout(0.4), ROWS),
    "Reshape": (lambda: Reshape((2, 2)), ROWS),
    "Flatten": (Flatten, IMAGES),
}
COPIES: dict[str, tuple[Make, tuple[int, ...]]] = LINEAR | {
    "Sigmoid": (Sigmoid, ROWS),
    "Tanh": (Tanh, ROWS),
    "ReLU": (ReLU, ROWS),
    "LeakyReLU": (LeakyReLU, ROWS),
    "Softplus": (Softplus, ROWS),
    "Identity": (Identity, ROWS),
    "Softmax": (Softmax, ROWS),
    "Dropout": (lambda: dropping(0.4), ROWS),
    "MaxPool": (lambda: MaxPool(2), IMAGES),
    "AveragePool": (lambda: AveragePool(2), IMAGES),
}
LAYERS = COPIES | VIEWS
every_layer = pytest.mark.parametrize(("make", "shape"), LAYERS.values(), ids=LAYERS)
linear_layer = pytest.mark.parametrize(("make", "shape"), LINEAR.values(), ids=LINEAR)


def batch(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return 6 examples, whose elements lie 0.01 or more from one another and from zero: no tie and no kink is near."""
    size = 6 * int(np.prod(shape))
    return rng.permutation(np.linspace(-2.5, 2.5, size)).reshape(6, *shape)


def examples_last(array: np.ndarray) -> np.ndarray:
    """Return an equal array whose first axis lies last in memory."""
    return np.moveaxis(np.moveaxis(array, 0, -1).copy(), -1, 0)


@every_layer
def test_backward_gives_the_derivatives_and_writes_to_nothing_else(
    make: Make, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    report = mnist_bp.gradcheck(make(), batch(rng, shape)[:3])
    assert (report.verdict, report.kinks) == ("PASS", 0), report
    assert [each.name for each in report.tensors] == ["x", *make().shapes]


@linear_layer
def test_backward_writes_the_same_parameter_gradients(
    make: Make, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    layer = bound(make(), rng)
    dout = rng.standard_normal(layer.forward(batch(rng, shape)).shape)
    layer.parameter_gradients(dout)
    alone = {name: getattr(layer, f"d{name}").copy() for name in layer.shapes}
    for name in layer.shapes:
        getattr(layer, f"d{name}")[...] = np.nan
    layer.backward(dout)
    for name in layer.shapes:
        np.testing.assert_array_equal(getattr(layer, f"d{name}"), alone[name])


@every_layer
def test_output_shape_is_the_shape_that_forward_gives(
    make: Make, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    layer = bound(make(), rng)
    assert layer.forward(batch(rng, shape)).shape == (6, *layer.output_shape(shape))


@every_layer
def test_only_reshaping_layers_and_dropout_outside_training_return_views_of_their_input(
    make: Make, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    layer = bound(make(), rng)
    x = batch(rng, shape)
    out = layer.forward(x)
    dout = rng.standard_normal(out.shape)
    dx = layer.backward(dout)

    view = any(make is each for each, _ in VIEWS.values())
    assert np.shares_memory(out, x) == np.shares_memory(dx, dout) == view
    assert not any(np.shares_memory(a, b) for a, b in ((out, dout), (dx, x), (out, dx)))


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_keep_the_dtype_and_buffers_are_reused(
    make: Make, shape: tuple[int, ...], dtype: str, rng: np.random.Generator
) -> None:
    layer = bound(make(), rng, dtype)
    x = batch(rng, shape).astype(dtype)
    out = layer.forward(x)
    dout = rng.standard_normal(out.shape).astype(dtype)
    dx = layer.backward(dout)
    again, dx_again, smaller = layer.forward(x), layer.backward(dout), layer.forward(x[:2])

    assert out.dtype == dx.dtype == dtype
    assert np.shares_memory(out, again)
    assert np.shares_memory(dx, dx_again)
    assert np.shares_memory(out, smaller)
    assert len(smaller) == 2


@every_layer
def test_results_do_not_depend_on_the_order_of_memory(
    make: Make, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    """Examples last, and column by column; a product may add in another order."""
    layer, x = bound(make(), rng), batch(rng, shape)
    dout = rng.standard_normal(layer.forward(x).shape)
    results = []
    for reordered in (np.ascontiguousarray, examples_last, np.asfortranarray):
        out, dx = layer.forward(reordered(x)).copy(), layer.backward(reordered(dout)).copy()
        results.append([out, dx, *(getattr(layer, f"d{name}").copy() for name in layer.shapes)])
    for other in results[1:]:
        for array, expected in zip(other, results[0], strict=True):
            np.testing.assert_allclose(array, expected, rtol=1e-13, atol=1e-14)


@linear_layer
def test_a_linear_layer_is_its_matrix_times_its_columns(
    make: Make, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    layer = bound(make(), rng)
    assert isinstance(layer, Linear)
    x = batch(rng, shape)
    product = np.einsum("kh,nks->nhs", layer.matrix(layer.W), layer.columns(x))
    if layer.bias:
        product += layer.b[:, None]

    out = layer.forward(x)
    np.testing.assert_allclose(out, product.reshape(out.shape), rtol=1e-13, atol=1e-14)  # another order of the sums
    assert np.shares_memory(layer.matrix(layer.W), layer.W)


@linear_layer
def test_columns_may_be_asked_for_between_forward_and_backward(
    make: Make, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    layer = bound(make(), rng)
    assert isinstance(layer, Linear)
    x = batch(rng, shape)
    dout = rng.standard_normal(layer.forward(x).shape)
    dx = layer.backward(dout).copy()
    dW = layer.dW.copy()

    layer.forward(x)
    layer.columns(2 * x)
    np.testing.assert_array_equal(layer.backward(dout), dx)
    np.testing.assert_array_equal(layer.dW, dW)


def test_only_layers_with_a_kink_tell_on_which_side_of_it_x_was(rng: np.random.Generator) -> None:
    kinked = set()
    for name, (make, shape) in LAYERS.items():
        layer = bound(make(), rng)
        layer.forward(batch(rng, shape))
        if layer.kink_sides() is not None:
            kinked.add(name)
        assert not isinstance(layer, Elementwise) or layer.kinked == (name in kinked)
    assert kinked == {"ReLU", "LeakyReLU", "MaxPool"}
