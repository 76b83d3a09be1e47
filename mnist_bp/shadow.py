"""A gradient check in the midst of training: backprop's shadow, which knows what it should be."""

import numpy as np

from mnist_bp.errors import BpError
from mnist_bp.nn import gradcheck
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network

# Of the norm of a tensor's gradient, and of that of all: how far rounding may carry a gradient. In float32 a saturated
# unit has no slope left where float64 has a little, which counts little beside the other tensors.
ROUNDING = {"float32": (1e-3, 1e-5), "float64": (1e-9, 1e-11)}


def check(network: Network, x: Array, t: Array, step: int) -> None:
    """Raise BpError unless `network.gradients`, just computed for a training batch, are the gradient of its loss.

    Two comparisons. On a float64 copy, with the same dropout masks, every derivative of backprop must agree with the
    numerical one, by the criterion of a gradient check. And the gradients themselves, in whatever precision they were
    computed, must be the copy's but for rounding; where rounding has carried an example across a kink, they cannot be.
    """
    twin, wide = network.copy("float64"), x.astype("float64")
    probes = gradcheck.probe(twin, wide, t, oracle="numerical", mode="full")
    for tensor in gradcheck.judge(twin, wide, t, "numerical", probes):
        if tensor.verdict == "FAIL":
            place = f"{tensor.name}{list(tensor.worst)}"
            raise _disagreement(step, f"for {place}: expected {tensor.n:.9g}; got {tensor.a:.9g}")
    if _sides_differ(network, twin):
        return
    of_tensor, of_all = ROUNDING[network.parameters.dtype.name]
    for name, right in twin.named_gradients.items():
        apart = float(np.linalg.norm(network.named_gradients[name] - right))
        if not apart <= of_tensor * np.linalg.norm(right) + of_all * np.linalg.norm(twin.gradients):
            raise _disagreement(
                step, f"for {name}: expected it within {of_tensor:g} of its norm; got {apart:.3g} apart"
            )


def _sides_differ(network: Network, twin: Network) -> bool:
    """Return whether an element lay on different sides of a kink in the last passes of the two networks."""
    sides = ((ours.kink_sides(), theirs.kink_sides()) for ours, theirs in zip(network.layers, twin.layers, strict=True))
    return any(ours is not None and theirs is not None and not np.array_equal(ours, theirs) for ours, theirs in sides)


def _disagreement(step: int, what: str) -> BpError:
    hint = "`bp gradcheck` with the same config compares backprop tensor by tensor, by two oracles"
    return BpError(f"backprop and the numerical gradient disagree at step {step} {what}", hint=hint)
