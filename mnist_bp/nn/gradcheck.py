"""The verdict: backprop's gradient against finite differences of the same loss, tensor by tensor."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network
from mnist_bp.nn.numerical import numerical_derivative

ATOL = 1e-9  # for a loss of 1: a difference's rounding, about 1e-16 · loss / 1e-5, stays a factor of 40 below
RTOL = 1e-6  # a wrong factor of 1 + 1e-3 is far above
SAMPLES = 100  # parameters of each tensor in mode "sample"
DIRECTIONS = 10  # in each tensor in mode "directional"


@dataclass(frozen=True)
class TensorCheck:
    """How backprop's derivatives a of one tensor compare with the numerical ones n.

    The check passes if |a − n| ≤ atol + RTOL·|n| throughout, where atol = ATOL · max(1, |loss|): the rounding of a
    difference grows with the loss. `max_rel` is the largest |a − n| / (|n| + atol / RTOL), at most RTOL to pass.
    Across a kink of the loss the numerical derivative means nothing: such probes are counted in `kinks` and left out of
    the rest. `worst` is where max_rel is: an index of the tensor, or the number of a direction.
    """

    name: str
    size: int
    checked: int
    kinks: int
    atol: float
    max_abs: float
    max_rel: float
    worst: tuple[int, ...]
    backprop: float
    numerical: float

    @property
    def passed(self) -> bool:
        """Whether all probes agree, and there were some; NaN does not agree."""
        return self.checked > 0 and self.max_rel <= RTOL


def probes(network: Network, mode: str) -> int:
    """Return how many derivatives `check` compares."""
    most = {"full": None, "sample": SAMPLES}
    sizes = [parameter.size for parameter in network.named_parameters.values()]
    return DIRECTIONS * len(sizes) if mode == "directional" else sum(min(size, most[mode] or size) for size in sizes)


def check(
    network: Network, x: Array, t: Array, *, mode: str, rng: np.random.Generator, advance: Callable[[int], object]
) -> Iterator[TensorCheck]:
    """Compare, tensor by tensor, the two gradients of a float64 network's loss on one batch.

    `mode` is "full" (every parameter), "sample" or "directional"; `rng` draws the samples or directions; `advance(1)`
    is called after each probe.
    """
    loss = network.backprop(x, t).loss
    atol = ATOL * max(1.0, abs(loss))
    gradients = {name: gradient.copy() for name, gradient in network.named_gradients.items()}
    for name, parameter in network.named_parameters.items():
        compared: list[tuple[tuple[int, ...], float, float]] = []
        kinks = 0
        for where, direction in _directions(parameter, mode, rng):
            numerical, kinked = _slope(network, x, t, parameter, direction)
            if kinked:
                kinks += 1
            else:
                compared.append((where, float(np.vdot(gradients[name], direction)), numerical))
            advance(1)
        yield _verdict(name, parameter.size, compared, kinks, atol)


def _directions(parameter: Array, mode: str, rng: np.random.Generator) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield where each probe goes: along one element, or along a random unit vector."""
    if mode == "directional":
        for number in range(DIRECTIONS):
            vector = rng.standard_normal(parameter.shape)
            yield (number,), vector / np.linalg.norm(vector)
        return
    count = parameter.size if mode == "full" else min(SAMPLES, parameter.size)
    elements = np.sort(rng.choice(parameter.size, count, replace=False))
    direction = np.zeros_like(parameter)
    for index in zip(*np.unravel_index(elements, parameter.shape), strict=True):
        direction[index] = 1
        yield tuple(int(i) for i in index), direction
        direction[index] = 0


def _slope(network: Network, x: Array, t: Array, parameter: Array, direction: Array) -> tuple[float, bool]:
    """Return the loss's derivative along `direction`, and whether a kink lies within the step."""
    start = parameter.copy()
    sides: list[list[Array]] = []

    def loss(amount: float) -> float:
        np.multiply(direction, amount, out=parameter)
        np.add(parameter, start, out=parameter)
        value = network.loss(x, t)
        sides.append([side for layer in network.layers if (side := layer.kink_sides()) is not None])
        return value

    slope = numerical_derivative(loss, 0.0)
    parameter[...] = start
    return slope, any(not np.array_equal(plus, minus) for plus, minus in zip(*sides, strict=True))


def _verdict(
    name: str, size: int, compared: list[tuple[tuple[int, ...], float, float]], kinks: int, atol: float
) -> TensorCheck:
    if not compared:
        return TensorCheck(name, size, 0, kinks, atol, 0.0, 0.0, (), 0.0, 0.0)
    a, n = np.array([[backprop, numerical] for _, backprop, numerical in compared]).T
    absolute = np.abs(a - n)
    relative = absolute / (np.abs(n) + atol / RTOL)
    worst = int(np.argmax(relative))  # NaN counts as the largest
    return TensorCheck(
        name, size, len(compared), kinks, atol, float(absolute.max()), float(relative[worst]), *compared[worst]
    )
