"""Gradient checks of random configs: trainings that check themselves, and `bp gradcheck`. All are to find nothing.

    python scripts/random_checks.py --trainings 1000 --checks 300

Every config is drawn from all layers, losses, optimizers, precisions and data sets that need no download. Prints how
many alarms there were, each with its config, the largest share of what rounding is allowed that any derivative took,
the longest time and the peak memory. Warnings are errors. Exits 1 after an alarm.
"""

import argparse
import json
import resource
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_bp import build
from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.check import as_trained
from mnist_bp.nn.check.gradcheck import TensorCheck
from mnist_bp.nn.network import Network
from mnist_bp.progress import silent
from mnist_bp.run.checking import check
from mnist_bp.train.trainer import DivergenceError

POINTS = {"xor": (3, 4), "chain": (1, 1), "plane": (2, 200)}  # inputs, and the largest batch
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")


def random_config(rng: np.random.Generator) -> Config:
    """Return a config in which everything that a gradient depends on is drawn."""

    def any_of(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    data = any_of("synthetic", "synthetic", "synthetic", *POINTS)
    images = data == "synthetic"
    conv: list[dict[str, Any]] = []
    if images and rng.random() < 0.3:
        for _ in range(rng.integers(1, 3)):
            pool = any_of(None, "max", "average")
            size = {"pool": pool, "pool_size": int(rng.integers(2, 4))} if pool else {}
            conv.append({"filters": int(rng.integers(1, 4)), "kernel": int(rng.integers(2, 5)),
                         "stride": int(rng.integers(1, 3)), "padding": int(rng.integers(0, 2)), **size})  # fmt: skip
    hidden = [int(rng.integers(1, 30)) for _ in range(rng.integers(0, 4))]
    losses = ["binary_cross_entropy", "mean_squared_error", "half_squared_error"]
    loss = any_of(*losses, *["softmax_cross_entropy", "softmax_cross_entropy", "cross_entropy"] * images)
    outputs = [*ACTIVATIONS, *["softmax"] * images] if loss.endswith("squared_error") else ["identity"]
    optimizer = any_of("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
    init = any_of("normal", "normal", "xavier", "he", "zeros")
    settings = {
        "data.name": data,
        "model.conv": conv,
        "model.hidden": hidden,
        "model.activation": any_of(*ACTIVATIONS),
        "model.output": "softmax" if loss == "cross_entropy" else any_of(*outputs),
        "model.bias": bool(rng.random() < 0.8),
        "model.init": init,
        "model.dropout": any_of(0.0, 0.2, 0.7) if hidden else 0.0,
        "model.loss": loss,
        "train.batch_size": int(rng.integers(1, (20 if conv else 120) if images else POINTS[data][1] + 1)),
        "train.sampling": any_of("shuffle", "replacement"),
        "train.optimizer": optimizer,
        "train.learning_rate": between(1e-4, 0.03 if optimizer in ("rmsprop", "adam", "adamw") else 0.5),
        "train.weight_decay": any_of(0.0, between(1e-5, 0.1)),
        "train.clip_norm": any_of(None, between(0.1, 10)),
        "train.dtype": any_of("float32", "float32", "float64"),
        "train.epochs": 100,
        "train.max_steps": int(rng.integers(5, 40)),
        "train.shadow_check": int(rng.integers(1, 6)),
        "seed": int(rng.integers(1000)),
    }
    if init == "normal":
        settings["model.weight_init_std"] = between(1e-3, 1)
    if loss == "softmax_cross_entropy":
        settings["model.label_smoothing"] = any_of(0.0, 0.1)
    return configs.load(None, [f"{key}={json.dumps(value)}" for key, value in settings.items()])


def main() -> None:
    """Draw, check, count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trainings", type=int, default=1000)
    parser.add_argument("--checks", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("error")
    shares = observed()
    rng = np.random.default_rng(options.seed)
    alarms = 0
    for what, count, examine in (("trainings", options.trainings, train), ("checks", options.checks, gradcheck)):
        outcomes: Counter[str] = Counter()
        longest = 0.0
        while outcomes.total() < count:
            config = random_config(rng)
            started = time.perf_counter()
            try:
                outcome = examine(config, rng)
            except Exception as error:  # whatever it is, it is an alarm, and the rest is to be tried too
                if isinstance(error, BpError) and error.code == Exit.USAGE:
                    continue  # a window that does not fit into its image
                outcome = "ALARM"
                traceback.print_exc()
            if outcome in ("ALARM", "FAIL"):
                alarms += 1
                print(f"{outcome}:\n{configs.dump(config)}")
            outcomes[outcome] += 1
            longest = max(longest, time.perf_counter() - started)
        print(f"{count} {what}: {dict(outcomes)}, the longest took {longest:.1f} s", flush=True)
    print(f"of what rounding is allowed, {max(shares):.3f} was taken at most, in {len(shares)} tensors")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB; {alarms} alarms")
    sys.exit(alarms > 0)


def train(config: Config, rng: np.random.Generator) -> str:
    """Train with shadow checks."""
    dataset = build.dataset(config.data).for_training(0)
    trainer = build.trainer(config, dataset)
    trainer.measured = {}
    try:
        for _ in trainer.run(lambda: False):
            pass
    except DivergenceError:
        return "diverged"
    return "right"


def gradcheck(config: Config, rng: np.random.Generator) -> str:
    """Check as `bp gradcheck` does, in one of its modes."""
    mode = ("full", "sample", "directional")[rng.integers(3)]
    return check(config, None, mode=mode, oracle="all", self_test=False, progress=silent).verdict


def observed() -> list[float]:
    """Have every comparison with what rounding may do noted: the largest difference over the tolerance."""
    shares: list[float] = [0.0]
    right: Callable[..., list[TensorCheck]] = as_trained.compare

    def compare(network: Network, expected: as_trained.Expected) -> list[TensorCheck]:
        checks = right(network, expected)
        shares.extend(check.max_rel / check.rtol for check in checks if check.checked)
        return checks

    as_trained.compare = compare
    return shares


if __name__ == "__main__":
    main()
