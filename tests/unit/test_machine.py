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
def test_the_matrix_products_have_one_thread_from_then_on() -> None:
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        assert machine.describe()["blas"]["threads"] == 2
        machine.limit_threads()
        assert machine.describe()["blas"]["threads"] == 1


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
