"""The machine: its description, the limit on threads, and the processors that this process may use."""

import os
import subprocess
import sys

import pytest
import threadpoolctl

from mnist_bp import machine

BLAS = [library for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]


def test_the_description_is_complete_and_plain() -> None:
    about = machine.describe()
    assert set(about) == {"mnist_bp", "python", "numpy", "platform", "cpu", "simd", "blas"}
    assert set(about["blas"]) == {"name", "version", "kernel", "threads"}
    assert about["cpu"]


@pytest.mark.skipif(not BLAS, reason="threadpoolctl knows no BLAS here")
@pytest.mark.skipif(machine.processors() < 2, reason="OpenBLAS starts no more threads than there are processors")
@pytest.mark.parametrize("count", [2, 1])
def test_the_limit_is_what_the_matrix_products_use_from_then_on(count: int) -> None:
    before = machine.describe()["blas"]["threads"]
    machine.limit_threads(count)
    try:
        assert machine.describe()["blas"]["threads"] == count
    finally:
        machine.limit_threads(before)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not confine a process to processors")
def test_only_the_processors_that_the_process_may_use_are_counted() -> None:
    """In a process of its own: this one is to keep its processors."""
    mine = sorted(os.sched_getaffinity(0))
    program = f"""
import os
from mnist_bp.machine import processors
for allowed in {mine[:1]}, {mine}:
    os.sched_setaffinity(0, allowed)
    print(processors())
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["1", str(len(mine))]
