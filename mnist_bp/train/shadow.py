"""A gradient check during training: at some steps, the gradient just computed is compared with the numerical one."""

import numpy as np

from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import as_trained, gradcheck, rounding
from mnist_bp.nn.check.gradcheck import Places, Probes
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples


class WrongGradientError(BpError):
    """The gradient of a step is not that of its loss."""


def check(network: Network, x: Examples, t: Array, step: int) -> None:
    """Raise WrongGradientError unless `network.gradients`, just computed for a training batch, are those of its loss.

    Two comparisons. On a float64 copy, with the same dropout masks, every derivative of backprop must agree with the
    numerical one, by the criterion of a gradient check. And the gradients themselves, in whatever precision they were
    computed, must equal the copy's up to rounding; where that has moved an example across a kink, this is skipped.
    """
    twin, wide = as_trained.widened(network, x)
    probes = gradcheck.probe(twin, wide, t, oracle="numerical", mode="full")
    checks = gradcheck.judge(twin, wide, t, "numerical", probes)
    if not as_trained.crossed(network, twin):
        exact = [
            Probes(name, Places.everywhere(right.shape), right.flatten(), np.zeros(right.size, np.bool_))
            for name, right in twin.named_gradients.items()
        ]
        limits = rounding.limits(twin, wide, t, network.parameters.dtype)
        checks += as_trained.compare(network, as_trained.Asked(exact, limits))
    for tensor in checks:
        if tensor.verdict == "FAIL":
            place = f"{tensor.name}{list(tensor.worst)}"
            raise WrongGradientError(
                f"backprop and the numerical gradient disagree at step {step} for {place}: "
                f"expected {tensor.n:.9g}; got {tensor.a:.9g}"
            )
