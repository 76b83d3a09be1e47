"""Activations at values known from elsewhere, and at the ends of the number line."""

from collections.abc import Callable
from math import cosh, exp, log, tanh
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.nn.activations import Elementwise, Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Step, Tanh
from tests.helpers.layers import BATCHES, GENERATORS
from tests.helpers.pytorch import NUMBERS

SMOOTH_ENDS: dict[type[Elementwise], Any] = {  # f(−L) and f(L), f′(−L) and f′(L), for a large L
    Sigmoid: ((0, 1), (0, 0)),
    Tanh: ((-1, 1), (0, 0)),
    Softplus: ((0, "L"), (0, 1)),
    ReLU: ((0, "L"), (0, 1)),
    LeakyReLU: (("-L/100", "L"), (0.01, 1)),
    Identity: (("-L", "L"), (1, 1)),
}
every_activation = pytest.mark.parametrize("make", [*SMOOTH_ENDS, Step])


def test_sigmoid_has_its_textbook_values() -> None:
    """σ(0) = 1/2, σ(ln 3) = 3/4; the book's σ(−1), σ(1), σ(2) are 0.26894142, 0.73105858, 0.88079708."""
    x = np.array([0.0, np.log(3), -1.0, 1.0, 2.0])
    np.testing.assert_allclose(Sigmoid().forward(x), [0.5, 0.75, 0.26894142, 0.73105858, 0.88079708], atol=5e-9)


PYTORCH = NUMBERS["activations"]


@pytest.mark.parametrize("make", [Sigmoid, Tanh, LeakyReLU, Softplus])
def test_values_and_slopes_are_those_of_pytorch(make: type[Elementwise]) -> None:
    layer, x = make(), np.array(PYTORCH["x"])
    # a slope is taken from f's value, which costs tanh' = 1 − tanh² a few more roundings of 1e-16
    np.testing.assert_allclose(layer.forward(x), PYTORCH["values"][make.__name__], rtol=1e-15)
    np.testing.assert_allclose(layer.backward(np.ones(4)), PYTORCH["slopes"][make.__name__], rtol=1e-13)


F: dict[str, tuple[Elementwise, Callable[[float], float], Callable[[float], float]]] = {  # with f and f′
    "Sigmoid": (Sigmoid(), lambda x: 1 / (1 + exp(-x)), lambda x: exp(-x) / (1 + exp(-x)) ** 2),
    "Tanh": (Tanh(), tanh, lambda x: 1 / cosh(x) ** 2),
    "ReLU": (ReLU(), lambda x: x if x > 0 else 0, lambda x: 1 if x > 0 else 0),
    "LeakyReLU": (LeakyReLU(0.2), lambda x: x if x > 0 else 0.2 * x, lambda x: 1 if x > 0 else 0.2),
    "Softplus": (Softplus(), lambda x: log(1 + exp(x)), lambda x: exp(x) / (1 + exp(x))),
    "Identity": (Identity(), lambda x: x, lambda x: 1),
}


@settings(max_examples=60)
@given(st.sampled_from([*F.values()]), BATCHES, st.lists(st.integers(1, 4), max_size=3), GENERATORS)
def test_values_and_slopes_are_those_of_the_formula_element_by_element_in_batches_of_any_size(
    case: tuple[Elementwise, Callable[[float], float], Callable[[float], float]],
    sizes: list[int],
    shape: list[int],
    rng: np.random.Generator,
) -> None:
    """Within ±5 the formulas as they stand lose no more than three of their sixteen digits."""
    layer, f, slope = case
    for size in sizes:
        x, dout = rng.uniform(-5, 5, (2, size, *shape))
        x[rng.random(x.shape) < 0.1] = 0
        out, dx = np.empty_like(x), np.empty_like(x)
        for index in np.ndindex(x.shape):
            out[index] = f(x[index])
            dx[index] = dout[index] * slope(x[index])
        np.testing.assert_allclose(layer.forward(x), out, rtol=1e-13)
        np.testing.assert_allclose(layer.backward(dout), dx, rtol=1e-11)  # 1 − tanh² is 2e-4 at 5


def test_sigmoid_is_accurate_over_its_whole_range() -> None:
    """Against exp(x) / (1 + exp(x)), which is exact in float64 where 1 / (1 + exp(−x)) might not be."""
    x = np.linspace(-80, 30, 1001)
    np.testing.assert_allclose(Sigmoid().forward(x), np.exp(x) / (1 + np.exp(x)), rtol=1e-14)


def test_softplus_and_its_slope_are_accurate_far_to_the_left() -> None:
    """log(1 + e) = e − e²/2 + … and σ = e − e² + … with e = exp(x), which is 2e-22 at x = −50."""
    layer = Softplus()
    np.testing.assert_allclose(layer.forward(np.array([-50.0])), np.exp([-50.0]), rtol=1e-15)
    np.testing.assert_allclose(layer.backward(np.ones(1)), np.exp([-50.0]), rtol=1e-15)


@pytest.mark.parametrize("make", SMOOTH_ENDS)
@pytest.mark.parametrize(
    ("dtype", "largest"), [("float32", 1e4), ("float32", 1e38), ("float64", 1e4), ("float64", 1e300)]
)
def test_the_ends_of_the_number_line_neither_warn_nor_overflow(
    make: type[Elementwise], dtype: str, largest: float
) -> None:
    values, slopes = SMOOTH_ENDS[make]
    lengths = {"L": largest, "-L": -largest, "-L/100": -largest / 100}
    layer = make()
    out = layer.forward(np.array([-largest, largest], dtype))  # a warning would fail the suite
    np.testing.assert_allclose(out, [lengths.get(value, value) for value in values], rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(layer.backward(np.ones(2, dtype)), slopes, rtol=1e-6, atol=1e-37)  # float32's 6e-8


@every_activation
def test_nan_stays_nan_and_stays_alone(make: type[Elementwise]) -> None:
    out = make().forward(np.array([1.0, np.nan, -1.0]))
    np.testing.assert_array_equal(np.isnan(out), [False, True, False])


@every_activation
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_function_may_write_its_result_over_its_argument(
    make: type[Elementwise], order: Literal["C", "F"], rng: np.random.Generator
) -> None:
    x = np.asarray(rng.standard_normal((5, 3)), order=order)
    layer = make()
    expected = layer.forward(x).copy()
    np.testing.assert_array_equal(layer.function(x, x), expected)
    np.testing.assert_array_equal(x, expected)


def test_relu_passes_what_is_positive() -> None:
    layer = ReLU()
    np.testing.assert_array_equal(layer.forward(np.array([[-1.0, 0.0, 2.0]])), [[0.0, 0.0, 2.0]])
    np.testing.assert_array_equal(layer.backward(np.array([[3.0, 4.0, 5.0]])), [[0.0, 0.0, 5.0]])


def test_leaky_relu_has_the_slope_that_it_is_given_left_of_zero_and_at_zero() -> None:
    layer = LeakyReLU(0.25)
    np.testing.assert_array_equal(layer.forward(np.array([-4.0, 0.0, 2.0])), [-1.0, 0.0, 2.0])
    np.testing.assert_array_equal(layer.backward(np.array([8.0, 4.0, 5.0])), [2.0, 1.0, 5.0])


@pytest.mark.parametrize("slope", [-0.1, 1.0, np.nan])
def test_leaky_relu_refuses_a_slope_below_zero_or_of_one_and_more(slope: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and less than 1; got"):
        LeakyReLU(slope)


def test_step_is_one_above_zero_and_zero_elsewhere() -> None:
    """The book's step function: 1 where x > 0, else 0, also at 0 itself."""
    np.testing.assert_array_equal(Step().forward(np.array([-1.0, -0.0, 0.0, 1.0, 2.0])), [0, 0, 0, 1, 1])


def test_the_backward_of_step_raises_and_names_sigmoid_instead() -> None:
    layer = Step()
    layer.forward(np.ones((2, 3)))
    with pytest.raises(TypeError, match="trains nothing: its derivative is 0; use Sigmoid"):
        layer.backward(np.ones((2, 3)))


@pytest.mark.parametrize("make", [ReLU, LeakyReLU])
def test_a_kink_tells_on_which_side_x_was(make: type[Elementwise]) -> None:
    layer = make()
    layer.forward(np.array([[-1.0, 0.0, 2.0]]))
    np.testing.assert_array_equal(layer.kink_sides(), [[False, False, True]])
