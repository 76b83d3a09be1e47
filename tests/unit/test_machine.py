"""What a run's last bits depend on."""

import os
import subprocess
import sys

import pytest

from mnist_bp import machine


def test_the_description_is_complete_and_plain() -> None:
    about = machine.describe()
    assert set(about) == {"mnist_bp", "python", "numpy", "platform", "cpu", "simd", "blas"}
    assert set(about["blas"]) == {"name", "version", "kernel", "threads"}
    assert about["cpu"]


@pytest.mark.skipif(machine.describe()["blas"]["threads"] is None, reason="NumPy's BLAS is not a bundled OpenBLAS")
@pytest.mark.parametrize("count", [1, 2])
def test_the_limit_is_what_the_matrix_products_then_use(count: int) -> None:
    """In a process of its own: the limit counts when NumPy is first imported."""
    if (os.cpu_count() or 1) < count:
        pytest.skip("OpenBLAS starts no more threads than there are processors")
    program = (
        "from mnist_bp import environment\n"
        f"machine.limit_threads({count})\n"
        "print(machine.describe()['blas']['threads'])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(result.stdout) == count


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not confine a process to processors")
def test_only_the_processors_that_the_process_may_use_are_counted() -> None:
    mine = sorted(os.sched_getaffinity(0))
    for allowed in (mine[:1], mine):
        program = (
            "import os\n"
            "from mnist_bp.machine import processors\n"
            f"os.sched_setaffinity(0, {allowed})\n"
            "print(processors())"
        )
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert int(result.stdout) == len(allowed)
