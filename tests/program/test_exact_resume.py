"""Any run, interrupted anywhere and resumed, ends with the bytes of the run that nothing interrupted."""

import json
import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_bp.cli.training_display import TrainingDisplay
from mnist_bp.run import checkpoint
from mnist_bp.run.directory import Run
from mnist_bp.run.table import Table
from tests.helpers.commands import outcome, run
from tests.helpers.data import idx

EXAMPLES, EPOCHS = 850, 3  # more examples than are prepared at a time (batches.CHUNK), so that an epoch has two parts

ALWAYS: dict[str, list[Any]] = {  # keys that fit with all others
    "data.validation": [0, 33],
    "model.hidden": [[4], [5, 3]],
    "model.activation": ["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity"],
    "model.bias": [True, False],
    "model.init": ["normal", "xavier", "he", "zeros"],
    "model.input_dropout": [0, 0.2],
    "model.dropout": [0, 0.3],
    "train.batch_size": [85, 120, 700],  # 85 divides the number of examples, if none are held out
    "train.max_steps": [None, 10, 14],  # the end of an epoch for some batch sizes, for others not
    "train.sampling": ["shuffle", "replacement"],
    "train.learning_rate": [0.01],
    "train.warmup_steps": [0, 15],
    "train.weight_decay": [0, 0.01],
    "train.clip_norm": [None, 0.1],
    "train.ema_decay": [0, 0.9],
    "train.gradient": ["backprop", "numerical"],
    "train.metrics": ["running", "full"],
    "train.log_every": [None, 1, 3],
    "train.dtype": ["float32", "float64"],
    "train.checkpoint_seconds": [1e-9, 3600],  # after every step, or after epochs alone
    "seed": [0, 1],
}
CONV = [[], [{"filters": 2, "pool": "max"}], [{"filters": 2, "kernel": 2, "stride": 2, "pool": "average"}]]
LOSSES: list[dict[str, Any]] = [
    {"model.loss": "softmax_cross_entropy", "model.label_smoothing": 0},
    {"model.loss": "softmax_cross_entropy", "model.label_smoothing": 0.1},
    {"model.loss": "cross_entropy", "model.output": "softmax"},
    {"model.loss": "binary_cross_entropy"},
    {"model.loss": "mean_squared_error", "model.output": "sigmoid"},
    {"model.loss": "half_squared_error", "model.output": "tanh"},
]
OPTIMIZERS: list[dict[str, Any]] = [
    {"train.optimizer": "sgd"},
    {"train.optimizer": "momentum"},
    {"train.optimizer": "nesterov", "train.momentum": 0.5},
    {"train.optimizer": "adagrad"},
    {"train.optimizer": "rmsprop", "train.rho": 0.8},
    {"train.optimizer": "adam", "train.beta1": 0.8},
    {"train.optimizer": "adamw", "train.beta2": 0.99},
]
SCHEDULES: list[dict[str, Any]] = [
    {"train.schedule": "constant"},
    {"train.schedule": "step", "train.decay_every": 1, "train.decay_factor": 0.5},
    {"train.schedule": "cosine", "train.schedule_epochs": 2},
    {"train.schedule": "one_cycle", "train.schedule_epochs": 3},
    {"train.schedule": "cosine"},
    {"train.schedule": "one_cycle"},
]

MOMENTS = [(TrainingDisplay, "step"), (Run, "begin"), (Table, "write"), (Table, "append"), (checkpoint, "save"),
           (Run, "finish")]  # fmt: skip
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]


class Death(BaseException):
    """Ends a run as SIGKILL would: nothing is saved on its way."""


@dataclass(frozen=True)
class Blow:
    """What befalls a process after so many calls of a method or function: a signal or, with None, sudden death."""

    owner: Any
    name: str
    calls: int
    signal: signal.Signals | None


def drawn_config(rng: random.Random, number: int) -> dict[str, Any]:
    """Return the keys of a config: optimizers and schedules come in turn, all else is drawn."""
    chosen = {key: rng.choice(values) for key, values in ALWAYS.items()}
    if chosen["train.gradient"] == "backprop":  # by numerical gradient, convolutions take long
        chosen |= {"model.conv": rng.choice(CONV), "train.shards": 1 + number % 2}
    if chosen["data.validation"]:
        chosen |= {"train.keep": rng.choice(["last", "best"]), "train.patience": rng.choice([None, 1])}
    chosen |= rng.choice(LOSSES)
    return chosen | OPTIMIZERS[number % len(OPTIMIZERS)] | SCHEDULES[number % len(SCHEDULES)]


def drawn_blow(rng: random.Random) -> Blow:
    """Return a signal in a step, or a death there or elsewhere."""
    if rng.random() < 0.4:
        return Blow(TrainingDisplay, "step", rng.randint(1, 12), rng.choice(SIGNALS))
    owner, name = rng.choice(MOMENTS)
    return Blow(owner, name, rng.randint(1, 12 if name == "step" else 3), None)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a config for small images of three classes; some pixels are 0 in most batches, but not in all."""
    rng = np.random.default_rng(20030801)
    folder = tmp_path_factory.mktemp("data")
    for part, count in (("train", EXAMPLES), ("t10k", 20)):
        labels = np.append(rng.integers(0, 3, count - 1, np.uint8), np.uint8(2))
        images = rng.integers(0, 256, (count, 6, 6), np.uint8)
        images[labels == 0, 0] //= 4
        images[:, 3:] *= rng.random((count, 3, 6)) < 1 / 300
        (folder / f"{part}-images").write_bytes(idx(images))
        (folder / f"{part}-labels").write_bytes(idx(labels))
    path = folder / "small.yaml"
    path.write_text(f"data: {{name: idx, dir: {folder}}}\ntrain: {{epochs: {EPOCHS}}}\n")
    return path


def befallen(blow: Blow, *arguments: str | Path) -> bool:
    """Run `bp`, and let the blow befall it; return whether it ended before."""
    genuine, calls = getattr(blow.owner, blow.name), 0

    def struck(*positional: Any, **named: Any) -> Any:
        nonlocal calls
        result = genuine(*positional, **named)
        calls += 1
        if calls == blow.calls:
            if blow.signal is None:
                raise Death
            os.kill(os.getpid(), blow.signal)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blow.owner, blow.name, struck)
        try:
            result = run(*arguments)
        except Death:
            return False
    expected = 128 + blow.signal if blow.signal else 0
    assert result.exit_code in (0, expected), result.output
    return result.exit_code == 0


def summary(path: str) -> dict[str, Any]:
    return {**json.loads(Path(path, "summary.json").read_text()), "seconds": 0}


@pytest.mark.parametrize("number", range(21))
def test_a_run_interrupted_anywhere_ends_as_if_it_had_not_been(
    config: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config and its blows are drawn for each number; many a run is first finished with fewer epochs."""
    monkeypatch.setattr(os, "fsync", lambda file: None)  # half of the time, and no death of a process can tell
    rng = random.Random(number)
    chosen = drawn_config(rng, number)
    open_ended = chosen["train.schedule"] in ("constant", "step") or "train.schedule_epochs" in chosen
    goals = [rng.randint(1, EPOCHS), EPOCHS] if open_ended else [EPOCHS]
    changes = [option for key, value in chosen.items() for option in ("--set", f"{key}={json.dumps(value)}")]
    result = run("train", "--config", config, *changes, "--out", "whole")
    assert result.exit_code == 0, result.output

    history: list[object] = [*changes]
    for epochs in goals:
        history.append(f"to epoch {epochs}")
        goal = "--set", f"train.epochs={epochs}", "--out", "broken", "--resume"
        for blow in [drawn_blow(rng) for _ in range(rng.randint(0, 3))]:
            history.append(blow)
            if befallen(blow, "train", "--config", config, *changes, *goal):
                break
        result = run("train", "--config", config, *changes, *goal)
        assert result.exit_code == 0, (result.output, history)

    assert outcome("broken") == outcome("whole"), history
    assert summary("broken") == summary("whole"), history
