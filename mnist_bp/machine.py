"""The machine and the libraries that decide a run's last bits, and how many threads its matrix products have."""

import os
import platform
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import threadpoolctl

from mnist_bp import __version__


def limit_threads() -> None:
    """Have one thread at a time work on a matrix product (BLAS): the last bits depend on how many do."""
    _libraries().limit(limits=1, user_api="blas")


def processors() -> int:
    """Return how many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """Return the versions and the hardware that decide a run's last bits, as plain data."""
    built: Any = np.show_config(mode="dicts")
    blas = built["Build Dependencies"]["blas"]
    libraries: list[dict[str, Any]] = _libraries().info()
    loaded = next((each for each in libraries if each["user_api"] == "blas"), {})
    return {
        "mnist_bp": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": " ".join([platform.system(), platform.machine(), *platform.libc_ver()]).strip(),
        "cpu": _cpu(),
        "simd": built["SIMD Extensions"].get("found"),  # the instructions that NumPy's own exp and tanh are made of
        "blas": {
            "name": blas.get("name"),
            "version": blas.get("version"),
            "kernel": loaded.get("architecture"),
            "threads": loaded.get("num_threads"),
        },
    }


@cache
def _libraries() -> threadpoolctl.ThreadpoolController:
    """Find the libraries with threads of their own that are loaded, once: it takes 2 ms."""
    return threadpoolctl.ThreadpoolController()


@cache
def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
