"""A gradient check during training: at some steps, backprop is compared with finite differences, as it was computed."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples

if TYPE_CHECKING:
    from mnist_bp.nn.check.gradcheck import TensorCheck


class WrongGradientError(BpError):
    """The gradient of a step is not that of its loss."""


def check(network: Network, x: Examples, t: Array, step: int) -> None:
    """Raise WrongGradientError unless `network.gradients`, just computed for a training batch, are those of its loss.

    Two comparisons. On a float64 copy, with the same dropout masks, every derivative of backprop must agree with the
    numerical one, by the criterion of a gradient check. And the gradients themselves, in whatever precision they were
    computed, must equal the copy's up to rounding; where that has moved an example across a kink, this is skipped.
    """
    from mnist_bp.nn.check import as_trained, gradcheck  # noqa: PLC0415  # 7 ms, which most runs need not wait for

    copy, wide = as_trained.in_float64(network, x)
    probes = gradcheck.probe(copy, wide, t, oracle="numerical", mode="full")
    _require(gradcheck.judge(copy, wide, t, "numerical", probes), step, "finite differences")
    if not as_trained.crossed(network, x, copy, wide):
        right = copy.named_gradients
        exact = [
            replace(each, derivatives=right[each.name].flatten(), kinked=np.zeros_like(each.kinked)) for each in probes
        ]
        checks = as_trained.compare(network, as_trained.expect(network, copy, wide, t, exact))
        _require(checks, step, "backprop in float64")


def _require(checks: "list[TensorCheck]", step: int, by: str) -> None:
    for tensor in checks:
        if tensor.verdict == "FAIL":
            place = f"step {step}: wrong gradient at {tensor.name}{list(tensor.worst)}"
            raise WrongGradientError(f"{place}: expected {tensor.n:.9g}, by {by}; got {tensor.a:.9g}")
