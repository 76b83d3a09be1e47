"""A gradient check in the midst of training: backprop's shadow, which knows what it should be."""

from mnist_bp.errors import BpError
from mnist_bp.nn import gradcheck
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.network import Network


def check(network: Network, x: Array, t: Array, step: int) -> None:
    """Compare all of backprop's gradient on a training batch with the numerical one; raise BpError if they disagree.

    Both are computed on a float64 copy of the network as it stands, dropout off, so that rounding hides nothing.
    """
    twin, x = network.copy("float64"), x.astype("float64")
    probes = gradcheck.probe(twin, x, t, oracle="numerical", mode="full")
    for tensor in gradcheck.judge(twin, x, t, "numerical", probes):
        if tensor.verdict == "FAIL":
            place = f"{tensor.name}{list(tensor.worst)}"
            raise BpError(
                f"backprop and the numerical gradient disagree at step {step} for {place}: "
                f"expected {tensor.n:.9g}; got {tensor.a:.9g}",
                hint="`bp gradcheck` with the same config compares them tensor by tensor, by two oracles",
            )
