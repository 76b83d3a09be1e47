"""The machine and the libraries that a run depends on to the last bit."""

import ctypes
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mnist_bp import __version__

THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",
)


def limit_threads(count: int) -> None:
    """Set the number of threads of the matrix products. It takes effect only before NumPy is first imported."""
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(count)


def processors() -> int:
    """Return how many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """Return the versions and the hardware that decide a run's last bits, as plain data."""
    import numpy as np  # noqa: PLC0415  # `limit_threads` must come before it

    built: Any = np.show_config(mode="dicts")
    return {
        "mnist_bp": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": " ".join([platform.system(), platform.machine(), *platform.libc_ver()]).strip(),
        "cpu": _cpu(),
        "simd": built["SIMD Extensions"].get("found"),  # which NumPy's own exp and tanh are made of
        "blas": _blas(built["Build Dependencies"]["blas"]),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _blas(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return name and version of NumPy's BLAS; for OpenBLAS also its kernel and threads, asked of the library."""
    import numpy as np  # noqa: PLC0415  # as above

    blas = {"name": about.get("name"), "version": about.get("version"), "kernel": None, "threads": None}
    package = Path(np.__file__).parent
    for path in [*package.parent.glob("numpy.libs/*openblas*"), *package.glob(".dylibs/*openblas*")]:
        library = ctypes.CDLL(str(path))  # NumPy has loaded it: this is the same copy
        for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
            kernel = getattr(library, f"{prefix}openblas_get_corename{suffix}", None)
            threads = getattr(library, f"{prefix}openblas_get_num_threads{suffix}", None)
            if kernel and threads:
                kernel.restype = ctypes.c_char_p
                return blas | {"kernel": kernel().decode(), "threads": threads()}
    return blas
