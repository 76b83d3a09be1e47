"""The ways to the gradient of all parameters of the book's net: backprop, two oracles, the textbook's loop, PyTorch.

    python scripts/peers/gradients.py

One batch of MNIST, float64, one thread unless the row says otherwise. PyTorch is timed where it is installed.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from mnist_bp import machine
from mnist_bp.data import loading
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import graph_oracle
from mnist_bp.nn.check.finite_differences import central_differences
from mnist_bp.nn.check.numerical import numerical_gradient
from mnist_bp.nn.two_layer_net import TwoLayerNet

machine.limit_threads()


argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()

BATCH = 100
Timed = tuple[list[float], Array | None]


def timed(function: Callable[[], Any], repeats: int) -> Timed:
    """Return the seconds of each call, and the result of the last one."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - started)
    return seconds, result


def ours(net: TwoLayerNet, x: Array, t: Array) -> dict[str, Timed]:
    """Time backprop and its two oracles, and the loop over all parameters that textbooks write."""
    return {
        "backprop": timed(lambda: (net.backprop(x, t), net.gradients.copy())[1], 100),
        "graph of elementary nodes": timed(lambda: graph_oracle.gradient(net, x, t), 20),
        "central differences, all at once": timed(lambda: central_differences(net, x, t).gradient, 20),
        "central differences, textbook loop": timed(
            lambda: numerical_gradient(lambda _: net.loss(x, t), net.parameters), 1
        ),
    }


def pytorch(net: TwoLayerNet, x: Array, t: Array) -> dict[str, Timed]:
    """Time PyTorch's exhaustive check of the same net and batch, with one thread and with all."""
    import torch  # noqa: PLC0415  # an extra

    tensors = {name: torch.tensor(values, requires_grad=True) for name, values in net.named_parameters.items()}
    images, classes = torch.tensor(x), torch.tensor(t, dtype=torch.long)

    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        logits = torch.sigmoid(images @ W1 + b1) @ W2 + b2
        return torch.nn.functional.cross_entropy(logits, classes)

    rows = {}
    for threads in sorted({1, os.cpu_count() or 1}):
        torch.set_num_threads(threads)
        seconds, passed = timed(lambda: torch.autograd.gradcheck(loss, tuple(tensors.values())), 1)
        assert passed
        rows[f"torch.autograd.gradcheck {torch.__version__}, threads: {threads}"] = (seconds, None)
    return rows


train = loading.load("mnist").train
x, t = train.x[:BATCH] / 255, train.t[:BATCH]
net = TwoLayerNet(784, 50, 10)
measured = ours(net, x, t) | (pytorch(net, x, t) if find_spec("torch") else {})
exact = measured["central differences, textbook loop"][1]
base = statistics.median(measured["central differences, all at once"][0])
rows = [
    {
        "method": method,
        "seconds": statistics.median(seconds),
        "ratio": statistics.median(seconds) / base,
        "largest difference from the textbook loop": "" if found is None else f"{abs(found - exact).max():.1e}",
        "all": seconds,
    }
    for method, (seconds, found) in measured.items()
]
print(json.dumps(rows))
