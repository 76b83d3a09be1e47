"""Known bugs, planted in a network's backprop: a gradient check that lets one pass proves nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.gradcheck import Probes, judge
from mnist_bp.nn.layers import Linear
from mnist_bp.nn.network import Network

BUGS: dict[str, Callable[[Array, int], Array]] = {  # what becomes of a right dW in a batch of N
    "a flipped sign": lambda dW, N: -dW,
    "a factor of 1 + 1e-3": lambda dW, N: dW * (1 + 1e-3),
    "a transposed matrix": lambda dW, N: dW.T.reshape(dW.shape),
    "a missing 1/N": lambda dW, N: dW * N,
    "an off-by-one row": lambda dW, N: np.roll(dW, 1, axis=0),
}


@contextmanager
def planted(layer: Linear, bug: str) -> Iterator[None]:
    """Give the layer's backprop one of the BUGS, within the context."""
    right = layer.parameter_gradients

    def wrong(dout: Array) -> None:
        right(dout)
        layer.dW[...] = BUGS[bug](layer.dW, len(dout))

    layer.parameter_gradients = wrong  # type: ignore[method-assign]  # that is the point
    try:
        yield
    finally:
        del layer.parameter_gradients


@dataclass(frozen=True)
class Finding:
    """What each oracle says of a bug in a tensor: "caught"; "MISSED"; "kinks", which hide it; "no effect", if none."""

    bug: str
    tensor: str
    outcomes: dict[str, str]


def hunt(network: Network, x: Array, t: Array, asked: Mapping[str, list[Probes]]) -> Iterator[Finding]:
    """Plant every bug in every layer, and judge the tensor that it spoils by what each oracle said of this batch."""
    meaning = {"FAIL": "caught", "PASS": "MISSED", "KINKS": "kinks"}
    learning = [layer for layer in network.layers if isinstance(layer, Linear)]
    for number, layer in enumerate(learning, 1):
        tensor = f"W{number}"
        network.backprop(x, t)
        right = network.gradients.copy()
        for bug in BUGS:
            with planted(layer, bug):
                checks = {
                    oracle: next(judge(network, x, t, oracle, [probe for probe in probes if probe.name == tensor]))
                    for oracle, probes in asked.items()
                }
            effect = not np.array_equal(network.gradients, right)
            yield Finding(
                bug,
                tensor,
                {oracle: meaning[check.verdict] if effect else "no effect" for oracle, check in checks.items()},
            )
