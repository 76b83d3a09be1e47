"""The script that kills and resumes runs: it finds what our own code does right, and planted faults wrong."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "kill_and_resume.py"

FORGETFUL = """
from mnist_bp.run.checkpoint import Checkpoint
restore = Checkpoint.restore
def forget(checkpoint, trainer):
    restore(checkpoint, trainer)
    for vector in trainer.optimizer.state.values():
        vector[...] = 0
Checkpoint.restore = forget
"""
IN_PLACE = """
import io, os
from contextlib import contextmanager
from mnist_bp import atomic
@contextmanager
def in_place(path, check=None):
    whole = io.BytesIO()
    yield whole
    with path.open("wb", buffering=0) as file:
        for byte in whole.getvalue():
            file.write(bytes([byte]))
atomic.replacing = in_place
"""


@pytest.fixture
def momentum(small_config: Path) -> Path:
    """Return a config of some dozen steps, each with a checkpoint."""
    text = small_config.read_text().replace("epochs: 3", "epochs: 4, optimizer: momentum, checkpoint_seconds: 1e-9")
    small_config.write_text(text)
    return small_config


def planted(tmp_path: Path, code: str) -> dict[str, str]:
    """Return an environment in which Python processes begin with some code, and make temporary folders here."""
    (tmp_path / "sitecustomize.py").write_text(code)
    return os.environ | {"PYTHONPATH": str(tmp_path), "TMPDIR": str(Path.cwd())}


def kill_and_resume(kills: int, config: Path, tmp_path: Path, fault: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--kills", str(kills), str(config)]
    environment = planted(tmp_path, fault)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_killed_runs_end_as_if_they_had_not_been(momentum: Path, tmp_path: Path) -> None:
    result = kill_and_resume(2, momentum, tmp_path)
    assert result.returncode == 0, (result.stdout, result.stderr)
    first, *_, last = result.stdout.splitlines()
    assert re.match(r"small.yaml: identical; .*kills 2", first)
    assert re.match(r"1 configs, .*kills 2.*all identical", last)
    struck = re.search(r"2 kills struck\n((?: +\d+  .*\n)+)", result.stdout)
    assert struck
    assert sum(map(int, re.findall(r"^ +(\d+)", struck[1], re.MULTILINE))) == 2
    assert not list(Path.cwd().glob("kill-and-resume-*"))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (FORGETFUL, r"metrics are not those of the run that was left in peace|checkpoint differs in .*"),
        (IN_PLACE, r"np.load cannot read its checkpoint|not a sound checkpoint|not an uncompressed .npz"),
    ],
    ids=["the optimizer's state is not restored", "files are written in place"],
)
def test_a_planted_fault_is_found_and_its_run_is_kept(momentum: Path, tmp_path: Path, fault: str, message: str) -> None:
    result = kill_and_resume(20, momentum, tmp_path, fault)
    assert result.returncode == 1, (result.stdout, result.stderr)
    failed = re.match(rf"small.yaml: FAILED: (\S+): .*({message})", result.stdout)
    assert failed, result.stdout
    assert (Path(failed[1]) / "checkpoint.npz").exists()
    assert "FAILED: small.yaml" in result.stdout.splitlines()[-1]


def test_the_script_ends_the_processes_that_it_started(momentum: Path, tmp_path: Path) -> None:
    """It is interrupted once the run that it leaves in peace has a checkpoint."""
    momentum.write_text(momentum.read_text().replace("epochs: 4", "epochs: 1000000"))
    (pids := tmp_path / "pids").mkdir()
    environment = planted(tmp_path, f"import os; open(f'{pids}/{{os.getpid()}}', 'x')")
    with subprocess.Popen([sys.executable, str(SCRIPT), str(momentum)], env=environment) as script:
        deadline = time.monotonic() + 60
        while not (found := list(Path.cwd().glob("kill-and-resume-*/0/left-in-peace/checkpoint.npz"))):
            assert script.poll() is None
            assert time.monotonic() < deadline
        script.send_signal(signal.SIGINT)
        assert script.wait() == 130
    assert not found[0].exists()
    (child,) = {int(path.name) for path in pids.iterdir()} - {script.pid}
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
