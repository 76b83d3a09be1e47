"""The package as a whole: what `import mnist_bp` offers, and how little it takes to start."""

import os
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


def test_gradcheck_prints_the_report_that_it_returns(capsys: pytest.CaptureFixture[str]) -> None:
    """What it finds is tested with `nn.check.layer_check`."""
    report = mnist_bp.gradcheck((lambda x: 3 * x, lambda dout: 3 * dout), [[1.0, 2.0]])
    assert report.verdict == "PASS"
    assert capsys.readouterr().out == f"{report}\n"
    other = mnist_bp.gradcheck((lambda x: 3 * x, lambda dout: 3 * dout), [[1.0, 2.0]], seed=1)
    assert other.tensors[0].a != report.tensors[0].a


def test_gradcheck_prints_where_the_signs_of_mathematics_cannot_be_printed() -> None:
    code = "import mnist_bp; mnist_bp.gradcheck((lambda x: 3 * x, lambda dout: 3 * dout), [1.0])"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.endswith("\nPASS\n")
