"""002: backprop by the shapes of what is multiplied, for any number of layers; softplus; two ways to a convolution."""

import itertools
import math

import numpy as np
import pytest

from mnist_bp.nn.activations import Sigmoid, Softplus
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check.numerical import numerical_gradient
from mnist_bp.nn.conv import Conv2D, im2col
from mnist_bp.nn.losses import MeanSquaredError
from mnist_bp.nn.network import Network

EXAMPLES, INPUTS, OUTPUTS = 5, 3, 2


def products(a: np.ndarray, b: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return all products of two matrices, in either order, transposed or not, that have a shape."""
    orders = [(left, right) for one, other in ((a, b), (b, a)) for left in (one, one.T) for right in (other, other.T)]
    return [left @ right for left, right in orders if left.shape[1] == len(right) and (left @ right).shape == shape]


def test_only_one_product_has_the_shape_of_each_gradient(rng: np.random.Generator) -> None:
    """xᵀ dout for dW and dout Wᵀ for dx, where N, D and H differ; and the layer computes them."""
    layer = Affine(INPUTS, OUTPUTS, bias=False)
    net = Network([layer], MeanSquaredError(), "float64")
    net.parameters[...] = rng.standard_normal(net.parameters.size)
    x, dout = rng.standard_normal((EXAMPLES, INPUTS)), rng.standard_normal((EXAMPLES, OUTPUTS))
    layer.forward(x)
    dx = layer.backward(dout)
    for found, candidates in (
        (layer.dW, products(x, dout, (INPUTS, OUTPUTS))),
        (dx, products(dout, layer.W, (EXAMPLES, INPUTS))),
    ):
        assert len(candidates) == 1
        np.testing.assert_allclose(found, candidates[0], rtol=1e-12)


def test_shapes_say_nothing_where_all_sizes_are_the_same(rng: np.random.Generator) -> None:
    """Of eight products, all of the right shape, one is the gradient of Σ dout · (x W), as differences tell."""
    x, dout, W = rng.standard_normal((3, 4, 4))
    numerical = numerical_gradient(lambda W: float(np.vdot(dout, x @ W)), W)
    candidates = products(x, dout, W.shape)
    assert len(candidates) == 8
    assert [np.allclose(each, numerical, rtol=0, atol=1e-8) for each in candidates].count(True) == 1


@pytest.mark.parametrize("depth", [0, 1, 2, 7])
def test_every_gradient_is_right_at_any_depth(depth: int, rng: np.random.Generator) -> None:
    sizes = [6, *(3 + i for i in range(depth)), 2]
    layers = [part for pair in itertools.pairwise(sizes) for part in (Affine(*pair), Softplus())]
    net = Network(layers, MeanSquaredError(), "float64")
    net.parameters[...] = rng.standard_normal(net.parameters.size) / 2
    x, t = rng.standard_normal((5, 6)), rng.standard_normal((5, 2))
    net.backprop(x, t)
    numerical = numerical_gradient(lambda _: net.loss(x, t), net.parameters)
    np.testing.assert_allclose(net.gradients, numerical, rtol=0, atol=1e-9)


def test_the_slope_of_softplus_is_the_sigmoid() -> None:
    softplus, x = Softplus(), np.array([[-3.0, 0.0, 2.0]])
    assert softplus.forward(x)[0, 1] == pytest.approx(math.log(2), rel=1e-15)
    np.testing.assert_allclose(softplus.backward(np.ones((1, 3))), Sigmoid().forward(x), rtol=1e-14)


def convolve(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return what a Conv2D without bias makes of images (N, C, H, W) by weights (F, C, K, K)."""
    layer = Conv2D(image.shape[1:], len(weights), weights.shape[-1], bias=False)
    net = Network([layer], MeanSquaredError(), "float64")
    net.named_parameters["W1"][...] = weights
    return net.predict(image)


def test_a_convolution_is_a_matrix_product_by_im2col() -> None:
    """By hand: the four 2×2 windows of 1 … 9, each with the weights 1, 2, 3, 4: 1 + 4 + 12 + 20 = 37 for the first."""
    image = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    np.testing.assert_array_equal(im2col(image, 2)[0].T, [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]])
    np.testing.assert_array_equal(convolve(image, np.array([[[[1.0, 2], [3, 4]]]]))[0, 0], [[37, 47], [67, 77]])


def test_a_convolution_is_a_multiplication_in_the_frequency_domain(rng: np.random.Generator) -> None:
    """The text says addition, by which it is not.

    Conv2D is a cross-correlation, so the kernel is flipped; both are padded with zeros to the full size, or the ends
    would wrap around; and of the full result, (H + K − 1)², the middle (H − K + 1)² is where the kernel fits.
    """
    image, weights = rng.standard_normal((2, 3, 8, 7)), rng.standard_normal((4, 3, 3, 3))
    size = (8 + 3 - 1, 7 + 3 - 1)
    images = np.fft.rfft2(image, size)[:, None]  # (N, 1, C, …)
    kernels = np.fft.rfft2(weights[:, :, ::-1, ::-1], size)[None]  # (1, F, C, …)
    product, total = (np.fft.irfft2(each.sum(2), size)[:, :, 2:8, 2:7] for each in (images * kernels, images + kernels))
    np.testing.assert_allclose(convolve(image, weights), product, rtol=0, atol=1e-12)
    assert not np.allclose(convolve(image, weights), total, rtol=0, atol=0.1)
