"""Peers as processes: run one, run several in turn, and note how long each took and how much memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
OURS = "mnist_bp"
PEERS = {  # what is compared: the package that it needs, its script, its flags
    OURS: ("numpy", "ours.py"),
    "mnist_bp on one processor": ("numpy", "ours.py", "--alone"),
    "textbook NumPy": ("numpy", "textbook.py"),
    "scikit-learn": ("scikit-learn", "sklearn_mlp.py"),
    "PyTorch DataLoader": ("torch", "pytorch.py", "--loader"),
    "PyTorch": ("torch", "pytorch.py"),
    "JAX": ("jax", "jax_scan.py"),
}


@dataclass(frozen=True)
class Finished:
    """A process that has ended: when it began, how long it took, its largest memory, what it printed."""

    began: float
    seconds: float
    megabytes: float
    printed: Any


def process(*command: str | Path, folder: Path | None = None) -> Finished:
    """Run a command to its end, with this Python's programs before all others; exit with its message if it fails."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryFile("w+") as errors:
        began, started = time.time(), time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert child.stdout is not None
        printed = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            sys.exit(f"{' '.join(map(str, command))} exited with {child.returncode}:\n{errors.read()}")
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return Finished(began, seconds, usage.ru_maxrss * unit / 1e6, printed)


def python(*arguments: str | Path) -> Finished:
    """Run a Python process, which prints JSON or nothing."""
    finished = process(sys.executable, *arguments)
    return replace(finished, printed=json.loads(finished.printed) if finished.printed else None)


@contextmanager
def busy_processor() -> Iterator[None]:
    """Keep a processor busy by another process, which ends with this one."""
    loop = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"
    other = subprocess.Popen([sys.executable, "-c", loop])
    try:
        yield
    finally:
        other.kill()
        other.wait()


def peer(name: str, config: Path, *options: str, threads: int = 1) -> Callable[[], Finished]:
    """Return what runs a peer on a config; of ours, the threads are shards."""
    _, script, *flags = PEERS[name]
    share = sets(f"train.shards={threads}") if script == "ours.py" else ("--threads", str(threads))
    return lambda: python(FOLDER / script, *flags, "--config", config, *share, *options)


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
            print(f"round {number} of {rounds}:", *(name if isinstance(name, tuple) else [name]), file=sys.stderr)
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
