"""What a run's last bits depend on."""

import os
import subprocess
import sys

import pytest

from mnist_bp import environment


def test_the_description_is_complete_and_plain() -> None:
    about = environment.describe()
    assert set(about) == {"mnist_bp", "python", "numpy", "platform", "cpu", "cpus", "blas"}
    assert set(about["blas"]) == {"name", "version", "kernel", "threads"}
    assert about["cpu"]


@pytest.mark.skipif(environment.describe()["blas"]["threads"] is None, reason="NumPy's BLAS is not a bundled OpenBLAS")
@pytest.mark.parametrize("count", [1, 2])
def test_the_limit_is_what_the_matrix_products_then_use(count: int) -> None:
    """In a process of its own: the limit counts when NumPy is first imported."""
    if (os.cpu_count() or 1) < count:
        pytest.skip("OpenBLAS starts no more threads than there are processors")
    program = (
        "from mnist_bp import environment\n"
        f"environment.limit_threads({count})\n"
        "print(environment.describe()['blas']['threads'])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(result.stdout) == count
