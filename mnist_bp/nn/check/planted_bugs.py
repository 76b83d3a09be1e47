"""Known bugs, planted in a network's backprop: a gradient check that lets one pass proves nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check.gradcheck import Probes, judge
from mnist_bp.nn.layers import Linear
from mnist_bp.nn.network import Network

BUGS: dict[str, Callable[[Array, int], Array]] = {  # what becomes of a right dW in a batch of N
    "a flipped sign": lambda dW, N: -dW,
    "a factor of 1 + 1e-3": lambda dW, N: dW * (1 + 1e-3),
    "a transposed matrix": lambda dW, N: dW.T.reshape(dW.shape),
    "a missing 1/N": lambda dW, N: dW * N,
    "an off-by-one row": lambda dW, N: np.roll(dW, 1, axis=0),
}
NO_BUG = "no bug"
SEEN = {"FAIL": "caught", "PASS": "too small", "TINY": "too small", "KINKS": "kinks"}  # what a verdict says of a bug


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
    """What each oracle makes of a bug in a tensor.

    "caught"; "too small", if what the bug changes is within the tolerance; "kinks", which hide it; or "no effect", if
    it changes nothing. Without a bug, "right" or "WRONG".
    """

    bug: str
    tensor: str
    outcomes: dict[str, str]


def hunt(network: Network, x: Array, t: Array, asked: Mapping[str, list[Probes]]) -> list[Finding]:
    """Judge the weights of every layer, as they are and spoiled by each bug, by what each oracle said of this batch."""
    found = []
    for layer, names in zip(network.layers, network.names, strict=True):
        if isinstance(layer, Linear):
            tensor = names["W"]
            verdicts = _verdicts(network, x, t, asked, tensor)
            right = network.gradients.copy()
            unspoiled = {oracle: "WRONG" if verdict == "FAIL" else "right" for oracle, verdict in verdicts.items()}
            found.append(Finding(NO_BUG, tensor, unspoiled))
            for bug in BUGS:
                with planted(layer, bug):
                    verdicts = _verdicts(network, x, t, asked, tensor)
                effect = not np.array_equal(network.gradients, right)
                seen = {oracle: SEEN[verdict] if effect else "no effect" for oracle, verdict in verdicts.items()}
                found.append(Finding(bug, tensor, seen))
    return found


def proven(findings: Sequence[Finding]) -> bool:
    """Return whether the check can be trusted: it finds nothing wrong without a bug, and any bug that has an effect.

    That is, by each oracle, in one tensor at least; and there were bugs with an effect.
    """
    outcomes: dict[tuple[str, str], set[str]] = {}
    for finding in findings:
        for oracle, outcome in finding.outcomes.items():
            outcomes.setdefault((finding.bug, oracle), set()).add(outcome)
    planted = [seen for (bug, _), seen in outcomes.items() if bug != NO_BUG and seen != {"no effect"}]
    wrong = any("WRONG" in seen for seen in outcomes.values())
    return bool(planted) and not wrong and all("caught" in seen for seen in planted)


def _verdicts(network: Network, x: Array, t: Array, asked: Mapping[str, list[Probes]], tensor: str) -> dict[str, str]:
    return {
        oracle: check.verdict
        for oracle, probes in asked.items()
        for check in judge(network, x, t, oracle, [probe for probe in probes if probe.name == tensor])
    }
