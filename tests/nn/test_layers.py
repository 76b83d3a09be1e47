"""The layer contract, kept by every layer; the affine layer against worked numbers."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.layers import Affine, Layer

STEP, RTOL = 1e-5, 1e-7  # float64 error observed ≤ 2e-9; the absolute part is for sums near zero
ATOL = 1e-9

LAYERS: dict[str, Callable[[], Layer]] = {
    "Affine": lambda: Affine(4, 3),
    "Affine without bias": lambda: Affine(4, 3, bias=False),
    "Sigmoid": Sigmoid,
    "ReLU": ReLU,
}
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


def bound(layer: Layer, rng: np.random.Generator) -> Layer:
    """Give the layer parameters and gradients of its own, as a network would."""
    parameters = {name: rng.standard_normal(shape) for name, shape in layer.shapes.items()}
    layer.bind(parameters, {name: np.full(shape, np.nan) for name, shape in layer.shapes.items()})
    return layer


def away_from_kinks(rng: np.random.Generator) -> np.ndarray:
    """Return x (5, 4) with no element within 0.1 of zero, ReLU's kink."""
    x = rng.standard_normal((5, 4))
    return x + 0.1 * np.sign(x)


@every_layer
def test_backward_is_the_adjoint_of_the_forward_derivative(make: Callable[[], Layer], rng: np.random.Generator) -> None:
    """⟨dout, J v⟩ by central differences equals ⟨Jᵀ dout, v⟩ by backward."""
    layer = bound(make(), rng)
    x, v = away_from_kinks(rng), rng.standard_normal((5, 4))
    dout = rng.standard_normal(layer.forward(x).shape)
    dx = layer.backward(dout).copy()

    plus = layer.forward(x + STEP * v).copy()
    minus = layer.forward(x - STEP * v)

    np.testing.assert_allclose(np.vdot(dx, v), np.vdot(dout, (plus - minus) / (2 * STEP)), rtol=RTOL, atol=ATOL)


@every_layer
def test_parameter_gradients_are_the_slopes_of_the_output(make: Callable[[], Layer], rng: np.random.Generator) -> None:
    layer = bound(make(), rng)
    x = away_from_kinks(rng)
    dout = rng.standard_normal(layer.forward(x).shape)
    layer.parameter_gradients(dout)

    for name in layer.shapes:
        parameter = getattr(layer, name)
        v = rng.standard_normal(parameter.shape)
        slope = np.vdot(getattr(layer, f"d{name}"), v)
        parameter += STEP * v
        plus = layer.forward(x).copy()
        parameter -= 2 * STEP * v
        minus = layer.forward(x)
        np.testing.assert_allclose(slope, np.vdot(dout, (plus - minus) / (2 * STEP)), rtol=RTOL, atol=ATOL)


@every_layer
def test_a_layer_writes_only_its_own_arrays(make: Callable[[], Layer], rng: np.random.Generator) -> None:
    layer = bound(make(), rng)
    x = away_from_kinks(rng)
    given_x = x.copy()
    out = layer.forward(x)
    dout = rng.standard_normal(out.shape)
    given_dout = dout.copy()
    dx = layer.backward(dout)

    np.testing.assert_array_equal(x, given_x)
    np.testing.assert_array_equal(dout, given_dout)
    assert not any(np.shares_memory(a, b) for a in (out, dx) for b in (x, dout))


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_keep_the_dtype_and_buffers_are_reused(
    make: Callable[[], Layer], dtype: str, rng: np.random.Generator
) -> None:
    layer = bound(make(), rng)
    layer.bind(
        {name: getattr(layer, name).astype(dtype) for name in layer.shapes},
        {name: np.empty(shape, dtype) for name, shape in layer.shapes.items()},
    )
    x = away_from_kinks(rng).astype(dtype)
    out, dx = layer.forward(x), layer.backward(layer.forward(x))
    again, smaller = layer.forward(x), layer.forward(x[:2])

    assert out.dtype == dx.dtype == dtype
    assert np.shares_memory(out, again)
    assert np.shares_memory(out, smaller)
    assert len(smaller) == 2


@every_layer
def test_a_smaller_batch_gives_the_same_rows(make: Callable[[], Layer], rng: np.random.Generator) -> None:
    layer = bound(make(), rng)
    x = away_from_kinks(rng)
    whole = layer.forward(x).copy()

    np.testing.assert_allclose(layer.forward(x[:2]), whole[:2], rtol=1e-15)  # a product's sums may be split otherwise
    assert layer.backward(whole[:2]).shape == (2, 4)


def test_affine_computes_a_worked_example() -> None:
    """By hand: [1·1 + 2·3 + 10, 1·2 + 2·4 + 20] = [17, 30]; db is dout, dW = xᵀ dout, dx = dout Wᵀ."""
    layer = Affine(2, 2)
    gradients = {"W": np.empty((2, 2)), "b": np.empty(2)}
    layer.bind({"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([10.0, 20.0])}, gradients)

    np.testing.assert_array_equal(layer.forward(np.array([[1.0, 2.0]])), [[17.0, 30.0]])
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, -1.0]])), [[-1.0, -1.0]])
    np.testing.assert_array_equal(gradients["W"], [[1.0, -1.0], [2.0, -2.0]])
    np.testing.assert_array_equal(gradients["b"], [1.0, -1.0])


def test_affine_names_the_shapes_that_do_not_fit(rng: np.random.Generator) -> None:
    layer = bound(Affine(4, 3), rng)
    with pytest.raises(ValueError, match=r"expects x of shape \(N, 4\); got \(5, 3\)"):
        layer.forward(np.zeros((5, 3)))
