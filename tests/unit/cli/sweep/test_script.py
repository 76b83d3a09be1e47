"""`bp sweep script`."""

import os
from pathlib import Path

import pytest

from tests.helpers.commands import run

SCRIPTS = Path(__file__).parents[4] / "scripts"


@pytest.mark.parametrize("name", ["sweep.sh", "sweep.sbatch"])
def test_a_script_is_printed_byte_by_byte(name: str) -> None:
    result = run("sweep", "script", name)
    assert (result.exit_code, result.stdout_bytes, result.stderr) == (0, (SCRIPTS / name).read_bytes(), "")


@pytest.mark.parametrize("arguments", [[], ["sweep"]])
def test_without_a_known_name_it_says_which_there_are(arguments: list[str]) -> None:
    result = run("sweep", "script", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: expected sweep.sh or sweep.sbatch; got ")
    assert "hint: sweep.sh runs a sweep on several machines; sweep.sbatch runs" in result.stderr


def test_where_there_is_no_bash_it_says_what_to_use_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    result = run("sweep", "script", "sweep.sh")
    assert result.exit_code == 0
    assert "hint: there is no bash here, which the script needs; `bp sweep run SWEEP` needs none" in result.stderr
