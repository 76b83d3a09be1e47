"""The script that sends signals to commands: it finds nothing wrong, and would find what is."""

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "signal_commands.py"


def test_a_few_signals_end_as_they_should() -> None:
    result = subprocess.run([sys.executable, SCRIPT, "--signals", "3"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "3 signals: all as they should be"), result.stdout


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    specification = importlib.util.spec_from_file_location("signal_commands", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "signal_commands", module)  # where dataclasses look
    specification.loader.exec_module(module)
    return module


SAID = "error: interrupted by SIGTERM\n"


@pytest.mark.parametrize(
    ("code", "said", "outcome"),
    [
        (143, SAID, "exit code of the signal"),
        (0, "", "done before"),
        (0, SAID, None),
        (130, SAID, None),
        (143, f"Traceback (most recent call last):\n{SAID}", None),
        (143, "", None),
        (1, "error: something else\n", None),
        (-15, "", "before the program's first line"),
        (-15, SAID, None),
        (1, "Traceback\nmnist_bp/cli/bp.py\nKeyboardInterrupt\n", None),
    ],
)
def test_an_end_is_told_from_a_wrong_one(script: ModuleType, code: int, said: str, outcome: str | None) -> None:
    if outcome is None:
        with pytest.raises(ValueError, match="exit code"):
            script.Ended(code, said).outcome(signal.SIGTERM)
    else:
        assert script.Ended(code, said).outcome(signal.SIGTERM) == outcome
