"""The package as a whole: what `import mnist_bp` offers, and how little it takes to start."""

import subprocess
import sys

import pytest

import mnist_bp


@pytest.mark.parametrize(
    "program",
    ["import mnist_bp", "import runpy; sys.argv = ['bp', '--help']; runpy.run_module('mnist_bp', run_name='__main__')"],
    ids=["import mnist_bp", "bp --help"],
)
def test_import_and_help_load_no_numpy(program: str) -> None:
    """NumPy takes a tenth of a second, which is long for a page of help."""
    code = f"import atexit, sys; atexit.register(lambda: print('numpy' in sys.modules, file=sys.stderr)); {program}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "False\n"
    assert ("Usage: bp" in done.stdout) == ("--help" in program)


def test_load_is_there() -> None:
    """What it returns is tested with `run.model`."""
    assert callable(mnist_bp.load)
