"""A later version with one key and one column more: runs, sweeps and tables of this version still work there.

The later version is this one, copied and changed in two lines.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mnist_bp
from tests.helpers.commands import run

PACKAGE = Path(mnist_bp.__file__).parent
KEY = '    rho: float = key(0.9, rules.below_one, "a key that is new", used_by=("train.optimizer", "adam"))\n'
CHANGES = {  # a file of the package: a line in it, and what comes before that line in the later version
    "config/train.py": ("    epochs: int = key(", KEY.replace("rho", "novelty")),
    "train/records.py": ("    @property\n    def metrics(self)", "    surprise: float | None = None\n\n"),
}


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """Return a folder with the later version of the package."""
    folder = tmp_path / "later"
    shutil.copytree(PACKAGE, folder / "mnist_bp", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (line, addition) in CHANGES.items():
        path = folder / "mnist_bp" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(line) == 1
        path.write_text(text.replace(line, addition + line), encoding="utf-8")
    return folder


def bp(*arguments: object, version: Path | None = None) -> str:
    """Run `bp`, of this version or a later one, and return what it prints."""
    if version is None:
        here = run(*arguments)
        assert here.exit_code == 0, here.output
        return here.stdout
    environment = os.environ | {"PYTHONPATH": str(version)}
    command = [sys.executable, "-m", "mnist_bp", *map(str, arguments)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_later_version_has_the_key_and_the_column(small_config: Path, later: Path) -> None:
    assert "novelty: 0.9" in bp("config", small_config, version=later)
    bp("train", "--config", small_config, "--out", "r", "--quiet", version=later)
    assert Path("r/metrics.csv").read_text().splitlines()[0].endswith(",seconds,surprise")


def test_old_runs_are_evaluated_resumed_and_compared(small_config: Path, later: Path) -> None:
    bp("train", "--config", small_config, "--out", "old", "--quiet")
    before = json.loads(bp("eval", "old", "--json"))
    assert json.loads(bp("eval", "old", "--json", version=later)) == before
    bp("train", "--config", small_config, "--out", "old", "--set", "train.epochs=4", "--resume", version=later)
    bp("train", "--config", small_config, "--out", "new", "--set", "train.epochs=4", version=later)
    compared = json.loads(bp("diff", "old", "new", "--json", version=later))
    assert compared["differences"] == {}
    first, second = compared["outcomes"]
    assert first | {"seconds": 0} == second | {"seconds": 0}


def test_a_sweep_is_neither_renamed_nor_trained_again(small_config: Path, later: Path) -> None:
    sweep = ["sweep", "plan", "--config", small_config, "--set", "train.learning_rate=0.1,0.5"]
    lines = bp(*sweep, "--save").splitlines()
    assert bp(*sweep, version=later).splitlines() == lines
    for line in lines:
        bp(*shlex.split(line)[1:])
    assert bp(*sweep, "--missing", version=later) == ""
    table = ["sweep", "table", "sweeps/small", "--json"]
    assert json.loads(bp(*table, version=later))["settings"] == json.loads(bp(*table))["settings"]
    bp("sweep", "prune", "sweeps/small", "--keep", "1/2", version=later)
