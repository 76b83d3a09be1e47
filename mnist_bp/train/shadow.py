"""A gradient check during training: at some steps, the gradient just computed is compared with the numerical one."""

import numpy as np

from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import gradcheck
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples, NonzeroColumns

# How far rounding may carry a tensor's gradient: the first number is relative to its norm; the second to the largest of
# 1, the inputs and the whole gradient's norm, as differences like 1 − σ and p − 1 leave the rounding of 1 behind.
ROUNDING = {"float32": (1e-3, 1e-5), "float64": (1e-9, 1e-11)}


def check(network: Network, x: Examples, t: Array, step: int) -> None:
    """Raise BpError unless `network.gradients`, just computed for a training batch, are the gradient of its loss.

    Two comparisons. On a float64 copy, with the same dropout masks, every derivative of backprop must agree with the
    numerical one, by the criterion of a gradient check. And the gradients themselves, in whatever precision they were
    computed, must equal the copy's up to rounding; where that has moved an example across a kink, this is skipped.
    """
    dense = x.dense() if isinstance(x, NonzeroColumns) else x
    twin, wide = network.copy("float64"), dense.astype("float64")
    probes = gradcheck.probe(twin, wide, t, oracle="numerical", mode="full")
    for tensor in gradcheck.judge(twin, wide, t, "numerical", probes):
        if tensor.verdict == "FAIL":
            place = f"{tensor.name}{list(tensor.worst)}"
            raise _disagreement(step, f"for {place}: expected {tensor.n:.9g}; got {tensor.a:.9g}")
    if any(not np.array_equal(*sides) for sides in zip(network.kink_sides(), twin.kink_sides(), strict=True)):
        return
    relative, absolute = ROUNDING[network.parameters.dtype.name]
    absolute *= max(1.0, float(np.abs(wide).max()), float(np.linalg.norm(twin.gradients)))
    for name, right in twin.named_gradients.items():
        apart = float(np.linalg.norm(network.named_gradients[name] - right))
        limit = relative * float(np.linalg.norm(right)) + absolute
        if not apart <= limit:
            raise _disagreement(step, f"for {name}: expected a difference of norm {limit:.3g} at most; got {apart:.3g}")


def _disagreement(step: int, what: str) -> BpError:
    hint = "`bp gradcheck` with the same config compares backprop tensor by tensor, by two oracles"
    return BpError(f"backprop and the numerical gradient disagree at step {step} {what}", hint=hint)
