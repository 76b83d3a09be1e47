"""The path that training takes, judged as it is: its kind of batch, its precision, its dropout masks.

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


class Asked(NamedTuple):
    """What the graph says of a batch in float64, and how far rounding may move each tensor's derivatives from that."""

    probes: list[Probes]
    limits: dict[str, float]

    @property
    def kinked(self) -> bool:
        """Whether nothing can be judged, as rounding carries an example across a kink."""
        return all(each.kinked.all() for each in self.probes)


def widened(network: Network, x: Examples) -> tuple[Network, Array]:
    """Return a copy of the network in float64, with the same dropout masks if it is in training, and dense examples."""
    dense = x.dense() if isinstance(x, NonzeroColumns) else x
    return network.copy(np.float64), dense.astype(np.float64)


@gradcheck.quietly()
def probe(network: Network, x: Examples, t: Array, *, mode: str, rng: np.random.Generator | None = None) -> Asked:
    """Ask the graph about a batch; where rounding carries one of its examples across a kink, nothing can be judged."""
    twin, wide = widened(network, x)
    probes = gradcheck.probe(twin, wide, t, oracle="graph", mode=mode, rng=rng)
    network.predict(x)
    twin.predict(wide)
    if crossed(network, twin):
        probes = [replace(each, kinked=np.ones_like(each.kinked)) for each in probes]
    return Asked(probes, rounding.limits(twin, wide, t, network.parameters.dtype))


@gradcheck.quietly()
def judge(network: Network, x: Examples, t: Array, asked: Asked) -> list[TensorCheck]:
    """Compare backprop on a batch with what was asked about it."""
    network.gradients.fill(np.nan)  # backprop is to overwrite them, all of them
    network.backprop(x, t)
    return compare(network, asked)


def compare(network: Network, asked: Asked) -> list[TensorCheck]:
    """Compare gradients as they stand with what was asked about their batch.

    The tolerance of a derivative n is what rounding may do to the largest of its tensor, and as much again of n itself.
    """
    rtol = rounding.FACTOR * float(np.finfo(network.parameters.dtype).eps) / 2
    return [
        gradcheck.compare(ORACLE, each, network.named_gradients[each.name], asked.limits[each.name], rtol)
        for each in asked.probes
    ]


def crossed(network: Network, twin: Network) -> bool:
    """Return whether, in their last pass, an example lay on one side of a kink in one and on the other in the other."""
    return any(not np.array_equal(*sides) for sides in zip(network.kink_sides(), twin.kink_sides(), strict=True))
