"""Finite differences of functions whose derivatives are known."""

import numpy as np
import pytest

from mnist_bp.nn import numerical
from mnist_bp.nn.two_layer_net import TwoLayerNet


def test_the_books_parabola_has_the_books_slopes() -> None:
    """f(x) = 0.01 x² + 0.1 x: f′(5) = 0.2 and f′(10) = 0.3."""

    def f(x: float) -> float:
        return 0.01 * x**2 + 0.1 * x

    assert numerical.numerical_derivative(f, 5) == pytest.approx(0.2, abs=1e-10)
    assert numerical.numerical_derivative(f, 10) == pytest.approx(0.3, abs=1e-10)


@pytest.mark.parametrize("point", [(3.0, 4.0), (0.0, 2.0), (3.0, 0.0)])
def test_the_books_paraboloid_has_the_books_gradients(point: tuple[float, float]) -> None:
    """f(x) = x0² + x1² has the gradient 2x."""
    x = np.array(point)
    gradient = numerical.numerical_gradient(lambda x: float(np.sum(x**2)), x)
    np.testing.assert_allclose(gradient, 2 * np.array(point), atol=1e-9)
    np.testing.assert_array_equal(x, point)


def test_the_central_difference_is_exact_for_a_parabola_and_errs_by_h_squared_for_a_cubic() -> None:
    """(x³)′ at 1 is 3; the central difference gives 3 + h², the forward difference would give 3 + 3h + h²."""
    assert numerical.numerical_derivative(lambda x: x**3, 1, step=0.1) == pytest.approx(3.01, abs=1e-12)


def test_an_array_of_any_shape_has_a_gradient_of_its_shape(rng: np.random.Generator) -> None:
    x, weights = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    gradient = numerical.numerical_gradient(lambda x: float(np.vdot(x, weights)), x)
    np.testing.assert_allclose(gradient, weights, atol=1e-9)


def test_a_float32_network_is_differentiated_as_accurately_as_a_float64_one(rng: np.random.Generator) -> None:
    """In float32 itself the differences would err by 1e-7 / 1e-5 = 1e-2; so they err by the rounding of the result."""
    net = TwoLayerNet(4, 3, 2, 1.0, dtype="float32")
    x, t = rng.random((5, 4), "float32"), rng.integers(0, 2, 5)
    numerical.differentiate(net, x, t)
    exact = net.copy("float64")
    exact.backprop(x.astype("float64"), t)
    np.testing.assert_allclose(net.gradients, exact.gradients, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_networks_numerical_gradient_leaves_its_parameters_alone_and_scores_the_batch(
    rng: np.random.Generator, dtype: str
) -> None:
    net = TwoLayerNet(4, 3, 2, 1.0, dtype=dtype)
    x, t = rng.standard_normal((5, 4)).astype(dtype), rng.integers(0, 2, 5)
    before = net.parameters.copy()
    score = numerical.differentiate(net, x, t)
    np.testing.assert_array_equal(net.parameters, before)
    assert score == net.score(x, t)
