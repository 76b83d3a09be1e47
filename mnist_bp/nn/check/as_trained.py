"""Backprop as training computes it: its kind of batch, its precision, its dropout masks.

The other oracles judge a float64 copy on a dense batch. A mistake that only float32 makes, or `NonzeroColumns`, or a
dropout layer in training, is none of theirs.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import gradcheck, rounding
from mnist_bp.nn.check.gradcheck import Probes, TensorCheck
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples, NonzeroColumns

ORACLE = "training"
COARSELY = 100  # times what rounding does: outputs further apart have something wrong with them, kink or no kink


class Expected(NamedTuple):
    """What float64 says of a batch's derivatives, tensor by tensor, and how far rounding may move them, (M,) each."""

    probes: list[Probes]
    atols: list[Array]

    @property
    def kinked(self) -> bool:
        """Whether nothing can be judged, as rounding carries an example across a kink."""
        return all(each.kinked.all() for each in self.probes)


def in_float64(network: Network, x: Examples) -> tuple[Network, Array]:
    """Return a copy of the network in float64, with the same dropout masks if it is in training, and dense examples."""
    dense = x.dense() if isinstance(x, NonzeroColumns) else x
    return network.copy(np.float64), dense.astype(np.float64)


@gradcheck.quietly()
def probe(network: Network, x: Examples, t: Array, *, mode: str, rng: np.random.Generator | None = None) -> Expected:
    """Ask the graph about a batch; where rounding carries one of its examples across a kink, nothing can be judged."""
    copy, wide = in_float64(network, x)
    probes = gradcheck.probe(copy, wide, t, oracle="graph", mode=mode, rng=rng)
    if crossed(network, x, copy, wide):
        probes = [replace(each, kinked=np.ones_like(each.kinked)) for each in probes]
    return expect(network, copy, wide, t, probes)


def expect(network: Network, copy: Network, x: Array, t: Array, probes: list[Probes]) -> Expected:
    """Find out how far rounding may move the derivatives of a network from those of its copy in float64."""
    precision = np.finfo(network.parameters.dtype)
    atols = [np.zeros(len(each.kinked)) for each in probes]
    for trial in rounding.trials(copy, x, t, precision.dtype):
        moved = copy.views(trial)
        for each, most in zip(probes, atols, strict=True):
            np.maximum(most, abs(each.places.of(moved[each.name])), out=most)
    return Expected(probes, [rounding.FACTOR * (most + float(precision.smallest_normal)) for most in atols])


@gradcheck.quietly()
def judge(network: Network, x: Examples, t: Array, expected: Expected) -> list[TensorCheck]:
    """Compare backprop on a batch, after others as in training, with what is expected of it."""
    for other in (slice(len(x) // 2 + 1), slice(None, None, -1)):  # of another size, and of the same
        network.backprop(x[other], t[other])  # what a layer wrongly keeps of these is to show
    network.gradients.fill(np.nan)  # backprop is to overwrite them, all of them
    network.backprop(x, t)
    return compare(network, expected)


def compare(network: Network, expected: Expected) -> list[TensorCheck]:
    """Compare gradients as they stand with what is expected of their batch."""
    rtol = rounding.FACTOR * float(np.finfo(network.parameters.dtype).eps) / 2
    return [
        gradcheck.compare(ORACLE, each, network.named_gradients[each.name], atol, rtol)
        for each, atol in zip(*expected, strict=True)
    ]


def crossed(network: Network, x: Examples, copy: Network, wide: Array) -> bool:
    """Return whether rounding has carried an example across a kink: it lies on one side here, on the other in the copy.

    A step across a kink is continuous, so that the outputs still agree, up to rounding. Where they do not, something is
    wrong, and the gradients are to be judged.
    """
    apart = float(abs(network.predict(x) - copy.predict(wide)).max())
    if all(np.array_equal(*sides) for sides in zip(network.kink_sides(), copy.kink_sides(), strict=True)):
        return False
    precision = np.finfo(network.parameters.dtype)
    most = max(float(abs(moved).max()) for moved in rounding.trials_of_outputs(copy, wide, precision.dtype))
    return apart <= COARSELY * (most + float(precision.smallest_normal))
