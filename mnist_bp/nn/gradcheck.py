"""The verdict: backprop's gradient against an oracle's, tensor by tensor.

An oracle knows the derivatives without backprop: by finite differences of the loss, or by the graph of elementary
operations. `probe` asks it, `judge` compares. Both work on a float64 network with dropout off, on the loss of one batch
and the penalty of weight decay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mnist_bp.nn import graph_oracle
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.differences import central_differences
from mnist_bp.nn.network import Network
from mnist_bp.nn.numerical import numerical_derivative

ORACLES = ("numerical", "graph")
TOLERANCES = {  # atol for a loss of 1, rtol; a wrong factor of 1 + 1e-3 is far above
    "numerical": (
        1e-9,
        1e-6,
    ),  # a difference is rounded by about 1e-16 · loss / 1e-5, truncated by about 1e-10 relative
    "graph": (1e-13, 1e-10),  # both sides are exact but for rounding
}
SAMPLES = 100  # parameters of each tensor in mode "sample"
DIRECTIONS = 10  # in each tensor in mode "directional"


@dataclass(frozen=True)
class Probes:
    """What an oracle says of one tensor: M derivatives n, and which of them crossed a kink and mean nothing.

    They are derivatives with respect to the `elements` (M,) of the flattened tensor; in mode "directional", along the
    `directions` (M, size) instead.
    """

    name: str
    shape: tuple[int, ...]
    elements: Array
    directions: Array | None
    derivatives: Array
    kinked: Array

    def of(self, gradient: Array) -> Array:
        """Return the same derivatives, (M,), by a gradient of the tensor."""
        return gradient.ravel()[self.elements] if self.directions is None else self.directions @ gradient.ravel()

    def where(self, probe: int) -> tuple[int, ...]:
        """Return the index in the tensor, or the number of the direction, of a probe."""
        if self.directions is not None:
            return (probe,)
        return tuple(int(i) for i in np.unravel_index(self.elements[probe], self.shape))


@dataclass(frozen=True)
class TensorCheck:
    """How backprop's derivatives a of one tensor compare with the oracle's n.

    The check passes if |a − n| ≤ atol + rtol·|n| throughout; atol is that of TOLERANCES times max(1, |loss|), as
    rounding grows with the loss. `max_rel` is the largest |a − n| / (|n| + atol / rtol), at most rtol to pass; NaN does
    not pass. Probes across a kink are counted in `kinks` and left out of the rest; where nothing else remains, the
    verdict is KINKS. `worst` is where max_rel is, with the values of a and n there: an index of the tensor, or the
    number of a direction.
    """

    oracle: str
    name: str
    size: int
    checked: int
    kinks: int
    atol: float
    rtol: float
    max_abs: float
    max_rel: float
    worst: tuple[int, ...]
    a: float
    n: float

    @property
    def verdict(self) -> str:
        """PASS or FAIL; KINKS if nothing could be compared."""
        return "KINKS" if not self.checked else "PASS" if self.max_rel <= self.rtol else "FAIL"


def count(network: Network, mode: str) -> int:
    """Return how many derivatives `probe` asks for."""
    most = {"full": None, "sample": SAMPLES}
    sizes = [parameter.size for parameter in network.named_parameters.values()]
    return DIRECTIONS * len(sizes) if mode == "directional" else sum(min(size, most[mode] or size) for size in sizes)


def probe(
    network: Network,
    x: Array,
    t: Array,
    *,
    oracle: str,
    mode: str,
    rng: np.random.Generator,
    advance: Callable[[int], object] = lambda count: None,
) -> list[Probes]:
    """Ask an oracle for derivatives: "full", those of every parameter; "sample", of some; "directional", along some.

    `rng` draws the sample or the directions; `advance(count)` is called whenever so many derivatives are done.
    """
    everywhere = np.zeros(network.parameters.size, np.bool_)
    gradient = None
    if oracle == "graph":
        gradient = graph_oracle.gradient(network, x, t)
        advance(count(network, mode))
    elif mode == "full":
        gradient, everywhere = central_differences(network, x, t, advance)
    found = []
    for name, parameter in network.named_parameters.items():
        elements, directions = _choose(parameter, mode, rng)
        kinked = network.views(everywhere)[name].ravel() if mode == "full" else np.zeros(len(elements), np.bool_)
        probes = Probes(name, parameter.shape, elements, directions, np.zeros(len(elements)), kinked)
        if gradient is not None:
            probes.derivatives[...] = probes.of(network.views(gradient)[name])
        else:
            for i in range(len(elements)):
                direction = np.eye(1, parameter.size, elements[i])[0] if directions is None else directions[i]
                slope = _slope(network, x, t, parameter, direction.reshape(parameter.shape))
                probes.derivatives[i], kinked[i] = slope
                advance(1)
        found.append(probes)
    return found


def judge(network: Network, x: Array, t: Array, oracle: str, probes: list[Probes]) -> Iterator[TensorCheck]:
    """Compare backprop with what an oracle said of the same network and batch."""
    scale = max(1.0, abs(network.backprop(x, t).loss + network.penalty()))
    atol, rtol = TOLERANCES[oracle]
    for probe in probes:
        yield _verdict(oracle, probe, network.named_gradients[probe.name], atol * scale, rtol)


def _choose(parameter: Array, mode: str, rng: np.random.Generator) -> tuple[Array, Array | None]:
    """Return the numbers of the probes, and their directions where they are not along single elements."""
    if mode == "directional":
        vectors = rng.standard_normal((DIRECTIONS, parameter.size))
        return np.arange(DIRECTIONS), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    if mode == "full" or parameter.size <= SAMPLES:
        return np.arange(parameter.size), None
    return np.sort(rng.choice(parameter.size, SAMPLES, replace=False)), None


def _slope(network: Network, x: Array, t: Array, parameter: Array, direction: Array) -> tuple[float, bool]:
    """Return the derivative along `direction`, and whether a kink lies within the step."""
    start = parameter.copy()
    sides: list[list[Array]] = []

    def objective(amount: float) -> float:
        np.multiply(direction, amount, out=parameter)
        np.add(parameter, start, out=parameter)
        value = network.loss(x, t) + network.penalty()
        sides.append([side.copy() for layer in network.layers if (side := layer.kink_sides()) is not None])
        return value

    slope = numerical_derivative(objective, 0.0)
    parameter[...] = start
    return slope, any(not np.array_equal(plus, minus) for plus, minus in zip(*sides, strict=True))


def _verdict(oracle: str, probes: Probes, gradient: Array, atol: float, rtol: float) -> TensorCheck:
    judged = np.flatnonzero(~probes.kinked)
    kinks = len(probes.kinked) - len(judged)
    if not len(judged):
        return TensorCheck(oracle, probes.name, gradient.size, 0, kinks, atol, rtol, 0.0, 0.0, (), 0.0, 0.0)
    a, n = probes.of(gradient)[judged], probes.derivatives[judged]
    absolute = np.abs(a - n)
    relative = absolute / (np.abs(n) + atol / rtol)
    worst = int(np.argmax(relative))  # NaN counts as the largest
    return TensorCheck(
        oracle,
        probes.name,
        gradient.size,
        len(judged),
        kinks,
        atol,
        rtol,
        float(absolute.max()),
        float(relative[worst]),
        probes.where(int(judged[worst])),
        float(a[worst]),
        float(n[worst]),
    )
