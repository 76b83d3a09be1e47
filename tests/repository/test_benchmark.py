"""The scripts that time us and our peers: what of them needs nothing but NumPy still runs and computes what it says."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.pytorch import NUMBERS

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "scripts" / "peers"


def peer(script: str, config: Path, *changes: str) -> subprocess.CompletedProcess[str]:
    options = [option for change in changes for option in ("--set", change)]
    command = [sys.executable, str(PEERS / script), "--config", str(config), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", ["ours.py", "textbook.py"])
def test_a_peer_learns_what_the_config_describes(script: str, small_config: Path) -> None:
    """210 training images in batches of 20: 11 steps an epoch; three classes, each with a row of its own, are easy."""
    changes = "model.init=normal", "model.weight_init_std=0.1", "train.epochs=30", "train.max_steps=325"
    result = peer(script, small_config, *changes)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["steps"], len(found["epoch_seconds"])) == (325, 29)
    assert found["test_accuracy"] > 0.9  # chance: a third


def test_the_numbers_of_pytorch_name_its_version_and_the_script_that_wrote_them() -> None:
    assert (NUMBERS["program"], NUMBERS["version"][:2]) == ("PyTorch", "2.")
    _, script, file = NUMBERS["command"].split()
    root = PEERS.parents[1]
    assert (root / script).is_file()
    assert json.loads((root / file).read_text("utf-8")) == NUMBERS


def test_the_floor_is_measured_beside_the_step(small_config: Path) -> None:
    result = peer("floor.py", small_config)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert all(found[key] > 0 for key in ("floor_us", "floor_first_layer_us", "step_us", "ratio"))


def test_every_numpy_call_of_a_step_is_timed(small_config: Path) -> None:
    """Two affine layers make five products, and every step one update."""
    result = peer("calls.py", small_config)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    rows = {(row["module"], row["line"]): row for row in found["calls"]}
    assert sum(row["calls"] for row in rows.values() if row["product"]) == pytest.approx(5)
    assert rows["nn/optimizers.py", "self.gradients *= learning_rate"]["calls"] == pytest.approx(1)
    assert 0 < found["products_us"] < found["calls_us"]
    for module, line in rows:
        assert line in (ROOT / "mnist_bp" / module).read_text("utf-8")


def test_a_table_is_printed_under_the_machine_that_it_was_measured_on(small_config: Path) -> None:
    small_config.write_text(small_config.read_text().replace("init: xavier", "init: normal"))
    script = PEERS.parent / "benchmark.py"
    command = [sys.executable, str(script), "--rounds", "1", "--config", str(small_config), "startup"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    machine, *table = result.stdout.splitlines()
    kernel = re.match(r"Python 3.*; .* kernel (.*); .+, \d+ processors$", machine)
    assert kernel is not None
    assert any(row.endswith(f"; kernel {kernel[1]}") for row in table)
    assert any(row.startswith("| mnist_bp: its training loop | ") for row in table)


def test_each_is_compared_with_ours_at_one_thread_and_at_the_better_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours: medians 4 and 2; theirs: 6 and 8, so that they are better with one thread."""
    monkeypatch.syspath_prepend(str(PEERS.parent))
    benchmark = importlib.import_module("benchmark")
    ours, theirs = ("net", "mnist_bp"), ("net", "JAX")
    times = {(*ours, 1): [4, 9, 3], (*ours, 2): [1, 2, 7], (*theirs, 1): [6], (*theirs, 2): [8]}
    rows = [[*row.values()][:-1] for row in benchmark.compared(times, "s")]
    assert rows == [[*ours, 4, 2, 2, 1, 1], [*theirs, 6, 8, 0.75, 1.5, 3]]


def test_a_peer_refuses_a_config_that_it_cannot_follow(small_config: Path) -> None:
    result = peer("textbook.py", small_config, "model.init=normal", "train.optimizer=adam")
    assert (result.returncode, result.stdout) == (2, "")
    assert "train.optimizer: this peer knows sgd; got adam" in result.stderr
