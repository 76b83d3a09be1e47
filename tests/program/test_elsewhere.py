"""What only POSIX or Linux has is not needed: a part of the unit tests, and a run, without it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("test_machine.py", "test_regular.py", "run/test_claim.py", "run/test_process.py", "run/test_directory.py")
GONE = """
import os, signal
for name in ("O_NONBLOCK", "O_DIRECTORY", "O_NOFOLLOW", "sched_getaffinity", "sched_setaffinity", "fork"):
    assert not hasattr(os, name), name
assert not hasattr(signal, "SIGUSR1")
for look in (os.stat, os.readlink, os.listdir, open, lambda path: os.open(path, os.O_RDONLY)):
    try:
        look("/proc/self")
    except FileNotFoundError:
        continue
    raise AssertionError(look)
"""


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "helpers" / "elsewhere"))


def python(*arguments: str) -> str:
    result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.usefixtures("elsewhere")
def test_a_run_is_trained_and_evaluated() -> None:
    python("-c", GONE)
    values = ("data.name=xor", "model.loss=half_squared_error", "train.batch_size=2", "train.epochs=2")
    python("-m", "mnist_bp", "train", "--out", "r", *(word for value in values for word in ("--set", value)))
    assert "loss" in python("-m", "mnist_bp", "eval", "r")


@pytest.mark.usefixtures("elsewhere")
def test_unit_tests_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    parts = [f"tests/unit/{part}" for part in PARTS]
    told = python(
        "-m", "pytest", "-q", "-n0", "-k", "not eight", "-pno:cacheprovider", f"--basetemp={tmp_path / 'temp'}", *parts
    )
    passed = re.search(r"(\d+) passed", told)
    assert passed is not None
    assert int(passed[1]) > 80
