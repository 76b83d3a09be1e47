#!/usr/bin/env python3
"""Time the ways to the gradient of all parameters of the book's net, in one run, and print a table.

    scripts/benchmark.py            everything that is installed; about a minute
    scripts/benchmark.py --json

PyTorch is timed too where it is installed: pip install '.[bench]'. The digits are MNIST's, from the cache. Each
row has the median of its repeats; ratios are to the central differences of `mnist_bp.nn.differences`.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from mnist_bp import environment

environment.limit_threads(1)

from mnist_bp import data  # noqa: E402  # NumPy comes after the number of threads
from mnist_bp.nn import graph_oracle  # noqa: E402
from mnist_bp.nn.buffers import Array  # noqa: E402
from mnist_bp.nn.differences import central_differences  # noqa: E402
from mnist_bp.nn.numerical import numerical_gradient  # noqa: E402
from mnist_bp.nn.two_layer_net import TwoLayerNet  # noqa: E402

BATCH = 100
FAST = "central differences, all at once"


def timed(function: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the median of the seconds that a call takes, and the result of the last one."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), result


def ours(net: TwoLayerNet, x: Array, t: Array) -> dict[str, tuple[float, Array | None]]:
    """Time backprop and its two oracles, and the loop over all parameters that textbooks write."""
    return {
        "backprop": timed(lambda: (net.backprop(x, t), net.gradients.copy())[1], 100),
        "graph of elementary nodes": timed(lambda: graph_oracle.gradient(net, x, t), 20),
        FAST: timed(lambda: central_differences(net, x, t).gradient, 20),
        "central differences, textbook loop": timed(
            lambda: numerical_gradient(lambda _: net.loss(x, t), net.parameters), 1
        ),
    }


def pytorch(net: TwoLayerNet, x: Array, t: Array) -> dict[str, tuple[float, Array | None]]:
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    as_json = parser.parse_args().json

    train = data.load("mnist").train
    x, t = train.x[:BATCH] / 255, train.t[:BATCH]
    net = TwoLayerNet(784, 50, 10)
    measured = ours(net, x, t) | (pytorch(net, x, t) if find_spec("torch") else {})
    exact, base = measured["central differences, textbook loop"][1], measured[FAST][0]
    rows = [
        {
            "method": method,
            "seconds": seconds,
            "ratio": seconds / base,
            "max_abs_difference_from_textbook": None if gradient is None else float(abs(gradient - exact).max()),
        }
        for method, (seconds, gradient) in measured.items()
    ]
    if as_json:
        print(json.dumps({"environment": environment.describe(), "rows": rows}, indent=2))
        return
    print(f"gradient of all {net.parameters.size} parameters of 784-50-10, batch {BATCH}, float64\n")
    print("| method | seconds | ratio | largest difference from the textbook loop |\n|---|---|---|---|")
    for row in rows:
        difference = row["max_abs_difference_from_textbook"]
        shown = "" if difference is None else f"{difference:.1e}"
        print(f"| {row['method']} | {row['seconds']:.4f} | {row['ratio']:.3g} | {shown} |")
    about = environment.describe()
    print(f"\nNumPy {about['numpy']}, {about['blas']['name']} {about['blas']['version']}, {about['cpu']}")


if __name__ == "__main__":
    main()
