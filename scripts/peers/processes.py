"""Peers as processes: run one, run several in turn, and note how long each took and how much memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
OURS = "mnist_bp"
PEERS = {  # what is compared: the package that it needs, its script, its flags
    OURS: ("numpy", "ours.py"),
    "textbook NumPy": ("numpy", "textbook.py"),
    "scikit-learn": ("scikit-learn", "sklearn_mlp.py"),
    "PyTorch DataLoader": ("torch", "pytorch.py", "--loader"),
    "PyTorch eager": ("torch", "pytorch.py"),
    "JAX scan": ("jax", "jax_scan.py"),
}


@dataclass(frozen=True)
class Finished:
    """A process that has ended: when it began, how long it took, its largest memory, the JSON that it printed."""

    began: float
    seconds: float
    megabytes: float
    printed: Any


def python(*arguments: str | Path) -> Finished:
    """Run a Python process to its end; exit with its message if it fails."""
    with tempfile.TemporaryFile("w+") as errors:
        began, started = time.time(), time.perf_counter()
        child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True)
        assert child.stdout is not None
        printed = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            sys.exit(f"{' '.join(map(str, arguments))} exited with {child.returncode}:\n{errors.read()}")
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return Finished(began, seconds, usage.ru_maxrss * unit / 1e6, json.loads(printed) if printed else None)


def peer(name: str, config: Path, *options: str) -> Callable[[], Finished]:
    """Return what runs a peer on a config."""
    _, script, *flags = PEERS[name]
    return lambda: python(FOLDER / script, *flags, "--config", config, *options)


def bp_train(config: Path, *options: str) -> Callable[[], Finished]:
    """Return what runs `bp train` on a config, in a new run directory."""

    def run() -> Finished:
        with tempfile.TemporaryDirectory() as folder:
            fixed = "--config", config, "--out", Path(folder) / "run", "--quiet", "--json"
            return python("-m", "mnist_bp", "train", *fixed, *options)

    return run


def in_turn(jobs: Mapping[Any, Callable[[], Finished]], rounds: int) -> dict[Any, list[Finished]]:
    """Run all jobs once a round, so that a noisy moment of the machine does not hit one of them alone."""
    finished: dict[Any, list[Finished]] = {name: [] for name in jobs}
    for number in range(1, rounds + 1):
        for name, job in jobs.items():
            print(f"round {number} of {rounds}: {name}", file=sys.stderr)
            finished[name].append(job())
    return finished


def sets(*changes: str) -> list[str]:
    """Return the options that change keys of a config."""
    return [option for change in changes for option in ("--set", change)]


@cache
def installed() -> list[str]:
    """Return the peers whose packages are here; say which are not."""
    found = []
    for name, (package, *_) in PEERS.items():
        try:
            version(package)
            found.append(name)
        except PackageNotFoundError:
            print(f"{name}: not installed (pip install '.[bench]')", file=sys.stderr)
    return found
