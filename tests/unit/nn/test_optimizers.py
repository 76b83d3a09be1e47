"""Update rules: whole steps by hand or from PyTorch, and the contract that all keep."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSprop, clip_norm
from tests.helpers.pytorch import NUMBERS


def adamw(parameters: np.ndarray, gradients: np.ndarray) -> AdamW:
    """Return AdamW that decays all parameters but the last, which stands for a bias."""
    return AdamW(parameters, gradients, [slice(0, len(parameters) - 1)], weight_decay=0.5)


Make = Callable[[np.ndarray, np.ndarray], Optimizer]
OPTIMIZERS: dict[str, Make] = {
    "SGD": SGD,
    "Momentum": Momentum,
    "Nesterov": Nesterov,
    "AdaGrad": AdaGrad,
    "RMSprop": RMSprop,
    "Adam": Adam,
    "AdamW": adamw,
}
each_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)

PYTORCH = NUMBERS["optimizers"]
START, GRADIENTS = PYTORCH["start"], np.array(PYTORCH["gradients"])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_three_steps_are_those_of_pytorch(name: str) -> None:
    parameters, gradients = np.array(START), np.empty(3)
    optimizer = OPTIMIZERS[name](parameters, gradients)
    for step, (gradient, expected) in enumerate(zip(GRADIENTS, PYTORCH["after"][name], strict=True), 1):
        gradients[...] = gradient
        optimizer.update(0.1, step)
        # 14 digits: both round a handful of times, in another order; ε = 1e-8 shows in the tenth digit
        np.testing.assert_allclose(parameters, expected, rtol=1e-14, atol=1e-14)


def test_momentum_by_hand_when_the_rate_changes() -> None:
    """μ = 0.5, θ = 1, g = 2. Rate 0.5: v = −1, θ = 0. Rate 0.1: v = 0.5·(−1) − 0.1·2 = −0.7, θ = −0.7."""
    parameters, gradients = np.array([1.0]), np.array([2.0])
    optimizer = Momentum(parameters, gradients, momentum=0.5)
    optimizer.update(0.5, 1)
    assert parameters.tolist() == [0.0]
    gradients[...] = 2.0
    optimizer.update(0.1, 2)
    assert parameters.tolist() == [-0.7]


def test_nesterov_is_momentum_with_the_gradient_at_the_point_ahead() -> None:
    """Sutskever et al.'s own two lines on f(φ) = Σ c φ², where we store θ = φ + μ v."""
    curvature, momentum, rate = np.array([1.0, 0.1]), 0.8, 0.1
    theta, gradients = np.array([-3.0, 4.0]), np.empty(2)
    optimizer = Nesterov(theta, gradients, momentum=momentum)
    phi, velocity = theta.copy(), np.zeros(2)
    for step in range(1, 21):
        velocity = momentum * velocity - rate * 2 * curvature * (phi + momentum * velocity)
        phi = phi + velocity
        gradients[...] = 2 * curvature * theta
        optimizer.update(rate, step)
        np.testing.assert_allclose(theta, phi + momentum * velocity, atol=1e-14)  # 20 steps' roundings of 4


def test_sgd_finds_the_minimum_of_the_books_function() -> None:
    """f(x) = x0² + x1² from (−3, 4), rate 0.1, 100 steps: each coordinate shrinks by 0.8 a step, to 1e-10 of itself."""
    x = np.array([-3.0, 4.0])
    gradient = np.empty(2)
    optimizer = SGD(x, gradient)
    for step in range(1, 101):
        gradient[...] = 2 * x
        optimizer.update(0.1, step)
    np.testing.assert_allclose(x, np.array([-3.0, 4.0]) * 0.8**100, rtol=1e-12)


FUNCTIONS = {  # Σ c (x − m)², with curvatures c, the minimum m, and where to start
    "the book's": ([1, 1], [0, 0], [-3, 4]),
    "a narrow valley": ([0.05, 1], [1, -2], [-6, 0]),
}
RATES = {"SGD": 0.9, "Momentum": 0.1, "Nesterov": 0.1, "AdaGrad": 1, "RMSprop": 0.01, "Adam": 0.1, "AdamW": 0.1}


@pytest.mark.parametrize(("curvatures", "minimum", "start"), FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_finds_the_minimum(
    name: str, curvatures: list[float], minimum: list[float], start: list[float]
) -> None:
    """To the last digits, in 1,500 steps, twice as many as the slowest takes.

    RMSprop divides a gradient by its own size, so that its steps stay as long as the rate: it ends half of that away,
    on one side and on the other by turns. AdamW is given no weights: those that decay have their minimum elsewhere.
    """
    x, gradient = np.array(start, float), np.empty(2)
    optimizer = OPTIMIZERS[name](x, gradient) if name != "AdamW" else AdamW(x, gradient, [], weight_decay=0.5)
    for step in range(1, 1501):
        gradient[...] = 2 * np.array(curvatures) * (x - minimum)
        optimizer.update(RATES[name], step)
    away = 0.51 * RATES[name] if name == "RMSprop" else 1e-14
    np.testing.assert_allclose(x, minimum, rtol=0, atol=away)


@each_optimizer
def test_the_state_is_all_that_an_optimizer_remembers(make: Make) -> None:
    """Another one, given the parameters and the state, continues with the same bits."""
    first, gradients = np.array(START), np.empty(3)
    optimizer = make(first, gradients)
    for step in (1, 2):
        gradients[...] = GRADIENTS[step - 1]
        optimizer.update(0.1, step)
    second = first.copy()
    successor = make(second, gradients)
    for name, vector in optimizer.state.items():
        successor.state[name][...] = vector
    for each in (optimizer, successor):
        gradients[...] = GRADIENTS[2]
        each.update(0.1, 3)
    np.testing.assert_array_equal(second, first)


@each_optimizer
def test_float32_stays_float32_and_a_steady_update_allocates_nothing(make: Make) -> None:
    gradients = np.ones(10_000, np.float32)
    optimizer = make(np.ones_like(gradients), gradients)
    optimizer.update(0.1, 1)
    tracemalloc.start()
    optimizer.update(0.1, 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < gradients.nbytes / 10
    assert {vector.dtype for vector in (optimizer.parameters, *optimizer.state.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_longer_than_the_limit_keeps_its_direction(dtype: str) -> None:
    """‖(3, 4, 12)‖ = 13, so a limit of 6.5 halves it."""
    gradients = np.array([3, 4, 12], dtype)
    clip_norm(gradients, 6.5)
    assert gradients.tolist() == [1.5, 2.0, 6.0]
    assert gradients.dtype == dtype


@pytest.mark.parametrize("limit", [13, 20])
def test_a_gradient_within_the_limit_is_left_alone(limit: float) -> None:
    gradients = np.array([3.0, 4.0, 12.0])
    clip_norm(gradients, limit)
    assert gradients.tolist() == [3.0, 4.0, 12.0]


def test_a_gradient_whose_squares_float32_cannot_hold_is_clipped() -> None:
    gradients = np.array([3e30, 4e30, 12e30], np.float32)
    clip_norm(gradients, 6.5)
    np.testing.assert_allclose(gradients, [1.5, 2, 6], rtol=3e-7)  # the roundings of 3e30 and of the result


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("worst", [np.nan, np.inf, 1e300])
def test_a_gradient_without_a_finite_norm_is_left_alone(worst: float) -> None:
    gradients = np.array([3.0, worst])
    clip_norm(gradients, 6.5)
    np.testing.assert_array_equal(gradients, [3.0, worst])


@each_optimizer
def test_parts_updated_one_after_another_make_the_same_update(make: Make, rng: np.random.Generator) -> None:
    start, gradients = rng.standard_normal((2, 10), "float32")
    whole, other = (make(start.copy(), gradients.copy()) for _ in range(2))
    parts = [other.part(slice(0, 3)), other.part(slice(3, 10))]
    for step in (1, 2):
        whole.gradients[...] = other.gradients[...] = gradients * step
        whole.update(0.1, step)
        for part in parts:
            part.update(0.1, step)
    np.testing.assert_array_equal(other.parameters, whole.parameters)
    for name, vector in whole.state.items():
        np.testing.assert_array_equal(other.state[name], vector)
