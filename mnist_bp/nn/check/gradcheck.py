"""The verdict: backprop's gradient against an oracle's, tensor by tensor.

An oracle knows the derivatives without backprop: by finite differences of the loss, or by the graph of elementary
operations. `probe` asks it, `judge` compares. Both work on a float64 network, on the loss of one batch and the penalty
of weight decay; dropout is off, or, in a copy of a network in training, has its masks.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import graph_oracle
from mnist_bp.nn.check.finite_differences import Advance, central_differences, in_silence
from mnist_bp.nn.check.numerical import STEP, extrapolated_derivative
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples

ORACLES = ("numerical", "graph")
# atol for a loss of 1, and rtol. A difference is rounded by about 1e-16 · loss / 1e-5.
TOLERANCES = {"numerical": (1e-9, 1e-6), "graph": (1e-13, 1e-10)}
SAMPLES = 100  # parameters of each tensor in mode "sample"
DIRECTIONS = 10  # in each tensor in mode "directional"


def quietly() -> np.errstate:
    """Return a context without NumPy's warnings: what is not finite does not pass anyway."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


@dataclass(frozen=True)
class Places:
    """Where M derivatives of one tensor are taken: with respect to some elements (M,) of it, flattened, each.

    In mode "directional", along some `directions` (M, size) instead.
    """

    shape: tuple[int, ...]
    elements: Array
    directions: Array | None

    def of(self, gradient: Array) -> Array:
        """Return the derivatives, (M,), that a gradient of the tensor implies."""
        return gradient.ravel()[self.elements] if self.directions is None else self.directions @ gradient.ravel()

    @classmethod
    def everywhere(cls, shape: tuple[int, ...]) -> "Places":
        """Return all elements of a tensor."""
        return cls(shape, np.arange(math.prod(shape)), None)

    def moves(self) -> Iterator[tuple[int | slice, Array | float]]:
        """Yield what of the flattened tensor moves, and by how much per unit of distance."""
        for i, element in enumerate(self.elements):
            yield (int(element), 1.0) if self.directions is None else (slice(None), self.directions[i])

    def index(self, number: int) -> tuple[int, ...]:
        """Return the index of an element in the tensor, or the number of a direction."""
        if self.directions is not None:
            return (number,)
        return tuple(int(i) for i in np.unravel_index(self.elements[number], self.shape))


@dataclass(frozen=True)
class Probes:
    """What an oracle says of one tensor: derivatives n (M,), and which of them crossed a kink and mean nothing."""

    name: str
    places: Places
    derivatives: Array
    kinked: Array


@dataclass(frozen=True)
class TensorCheck:
    """How backprop's derivatives a of one tensor compare with the oracle's n.

    The check passes if |a − n| ≤ atol + rtol·|n| throughout. `max_rel` is the largest |a − n| / (|n| + atol / rtol),
    at most rtol to pass; NaN does not pass. Probes across a kink are counted in `kinks` and left out of the rest; where
    nothing else remains, the verdict is KINKS. Where no derivative is large enough for the oracle to tell it from 0,
    and not all are 0, it is TINY. `worst` is where max_rel is, with the values of a, n and atol there: an index of the
    tensor, or the number of a direction.
    """

    oracle: str
    name: str
    size: int
    checked: int
    kinks: int
    atol: float
    rtol: float
    max_abs: float = 0.0
    max_rel: float = 0.0
    largest: float = 0.0  # of all |a| and |n|
    tiny: bool = False  # whether none of them is above its atol, and not all are 0
    worst: tuple[int, ...] = ()
    a: float = 0.0
    n: float = 0.0

    @property
    def verdict(self) -> str:
        """PASS or FAIL; KINKS or TINY if nothing could be compared."""
        if not self.checked:
            return "KINKS"
        if not self.max_rel <= self.rtol:
            return "FAIL"
        return "TINY" if self.tiny else "PASS"


class Judge(NamedTuple):
    """A gradient check of a network on a batch by one oracle, which has been asked: `check` repeats the comparison."""

    network: Network
    x: Examples
    check: Callable[[], list[TensorCheck]]


def count(network: Network, mode: str) -> int:
    """Return how many central differences the numerical oracle takes: two a derivative."""
    sizes = [parameter.size for parameter in network.named_parameters.values()]
    return 2 * sum(DIRECTIONS if mode == "directional" else _elements(size, mode) for size in sizes)


@quietly()
def probe(
    network: Network,
    x: Array,
    t: Array,
    *,
    oracle: str,
    mode: str,
    rng: np.random.Generator | None = None,
    advance: Advance = in_silence,
) -> list[Probes]:
    """Ask an oracle for derivatives: "full", those of every parameter; "sample", of some; "directional", along some.

    `rng` draws the sample or the directions. The numerical oracle extrapolates two central differences, those of step
    STEP and half of it; it takes those of every parameter at once, others by whole passes through the network, and
    tells `advance`.
    """
    gradient, kinked = None, np.zeros(network.parameters.size, np.bool_)
    if oracle == "graph":
        gradient = graph_oracle.gradient(network, x, t)
    elif mode == "full":
        coarse, kinked = central_differences(network, x, t, STEP, advance)
        fine, _ = central_differences(network, x, t, STEP / 2, advance)
        gradient = (4 * fine - coarse) / 3
    found = []
    for name, parameter in network.named_parameters.items():
        places = _choose(parameter, mode, rng or np.random.default_rng(0))
        if gradient is not None:
            derivatives = places.of(network.views(gradient)[name])
            crossed = places.of(network.views(kinked)[name]) != 0
        else:
            slopes = []
            for moving, direction in places.moves():
                slopes.append(_slope(network, x, t, parameter.reshape(-1), moving, direction))
                advance(2)
            derivatives, crossed = np.array(slopes).T
        found.append(Probes(name, places, derivatives, crossed.astype(np.bool_)))
    return found


@quietly()
def judge(network: Network, x: Array, t: Array, oracle: str, probes: list[Probes]) -> list[TensorCheck]:
    """Compare backprop with what an oracle said of the same network and batch.

    atol is that of TOLERANCES times the largest of 1, the loss and a tenth of the outputs, with which rounding grows.
    """
    network.gradients.fill(np.nan)  # backprop is to overwrite them, all of them
    loss = network.backprop(x, t).loss + network.penalty()
    scale = max(1.0, abs(loss), float(np.abs(network.predict(x)).max()) / 10)
    atol, rtol = TOLERANCES[oracle]
    return [compare(oracle, probe, network.named_gradients[probe.name], atol * scale, rtol) for probe in probes]


def compare(oracle: str, probes: Probes, gradient: Array, atol: float | Array, rtol: float) -> TensorCheck:
    """Compare a tensor's gradient, as backprop has it, with what an oracle said of it.

    atol may differ from derivative to derivative, (M,).
    """
    judged = np.flatnonzero(~probes.kinked)
    kinks = len(probes.kinked) - len(judged)
    atols = np.broadcast_to(atol, probes.kinked.shape)
    if not len(judged):
        return TensorCheck(oracle, probes.name, gradient.size, 0, kinks, float(atols.max()), rtol)
    a, n, atols = probes.places.of(gradient)[judged], probes.derivatives[judged], atols[judged]
    absolute, sizes = np.abs(a - n), np.maximum(np.abs(a), np.abs(n))
    relative = absolute / (np.abs(n) + atols / rtol)
    worst = int(np.argmax(relative))  # NaN counts as the largest
    return TensorCheck(
        oracle,
        probes.name,
        gradient.size,
        len(judged),
        kinks,
        float(atols[worst]),
        rtol,
        max_abs=float(absolute.max()),
        max_rel=float(relative[worst]),
        largest=float(sizes.max()),
        tiny=bool(sizes.any() and (sizes <= atols).all()),
        worst=probes.places.index(int(judged[worst])),
        a=float(a[worst]),
        n=float(n[worst]),
    )


def _elements(size: int, mode: str) -> int:
    return size if mode == "full" else min(size, SAMPLES)


def _choose(parameter: Array, mode: str, rng: np.random.Generator) -> Places:
    if mode == "directional":
        directions = rng.standard_normal((DIRECTIONS, parameter.size))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        return Places(parameter.shape, np.arange(DIRECTIONS), directions)
    elements = rng.choice(parameter.size, _elements(parameter.size, mode), replace=False)
    return Places(parameter.shape, np.sort(elements), None)


def _slope(
    network: Network, x: Array, t: Array, tensor: Array, moving: int | slice, direction: Array | float
) -> tuple[float, bool]:
    """Return the derivative along a direction, and whether a kink lies within the step."""
    start = tensor[moving].copy()
    sides: list[list[Array]] = []

    def objective(distance: float) -> float:
        tensor[moving] = start + distance * direction
        value = network.loss(x, t) + network.penalty()
        sides.append(network.kink_sides())
        return value

    slope = extrapolated_derivative(objective, 0.0)
    tensor[moving] = start
    return slope, any(not np.array_equal(plus, minus) for plus, minus in zip(*sides[:2], strict=True))
