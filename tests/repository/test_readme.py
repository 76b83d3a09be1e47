"""The README: every command in it runs, and everything that a user can type is in it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_bp.config import Config, dump, keys
from mnist_bp.errors import Exit
from tests.conftest import MNIST
from tests.unit.cli.test_bp import commands

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SET_UP = re.findall(r"<!-- (?:quickstart|tests) -->\n```sh\n(.*?)```", README, re.DOTALL)  # which .ci/run executes
BLOCKS = re.findall(r"^```(.*?)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?")


def without_numbers(text: str) -> str:
    """Return the text with # for each number, and one space for many: columns move with the numbers' lengths."""
    return re.sub(" +", " ", NUMBER.sub("#", text))


def shell(command: str) -> str:
    """Run a command as a reader would, and return what it prints."""
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.mark.parametrize("needs_mnist", [False, pytest.param(True, marks=pytest.mark.skipif(
    not MNIST.is_dir(), reason="the genuine archives are not beside this checkout"))])  # fmt: skip
def test_every_command_runs_and_prints_what_is_shown(
    needs_mnist: bool, genuine_mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("configs", "scripts"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, folder)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MNIST_BP_MIRRORS", genuine_mirror)
    (tmp_path / "Downloads").symlink_to(MNIST)

    for language, text in BLOCKS:
        if ("mnist" in language) != needs_mnist or text in SET_UP:
            continue
        if language.startswith("sh"):
            shell(text.replace("http://127.0.0.1:8000/", genuine_mirror))
        elif language.startswith("console"):
            for command, shown in re.findall(r"^\$ (.*?)\n(.*?)(?=^\$|\Z)", text, re.DOTALL | re.MULTILINE):
                assert without_numbers(shell(command)) == without_numbers(shown), command
        elif language.startswith("yaml"):
            Path("configs/sweeps/shown.yaml").write_text(text)
            shell("bp sweep plan configs/sweeps/shown.yaml")
        elif language.startswith("python"):
            shell(f"python - <<'END'\n{text}\nEND")
        else:
            pytest.fail(f"a block of {language or 'nothing'}, which no test runs")

    if needs_mnist:  # the two figures that no other test measures
        for network, accuracy in (("mnist", 0.98), ("drawn", 0.96)):
            shown = shell(f"bp eval runs/{network} --set data.name=mnist --json")
            assert json.loads(shown)["accuracy"] > accuracy


def test_the_two_set_up_commands_are_marked_for_ci() -> None:
    assert len(SET_UP) == 2
    for command in SET_UP:
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    assert f"bp {' '.join(words)}" in README


@pytest.mark.parametrize("name", keys())
def test_every_key_is_documented_with_its_default_its_values_and_its_meaning(name: str) -> None:
    key = keys()[name]
    default = re.search(rf"^ *{name.rpartition('.')[2]}: (.*)$", dump(Config()), re.MULTILINE)
    assert default
    row = f"| `{name}` | `{default[1]}` | {key.metadata['meaning']} | {key.metadata['rule'].expected} |\n"
    assert row in README


@pytest.mark.parametrize("code", Exit)
def test_every_exit_code_is_documented(code: Exit) -> None:
    assert f"| {code.value} | " in README


@pytest.mark.parametrize("path", sorted(ROOT.glob("configs/**/*.yaml")), ids=lambda path: path.name)
def test_every_config_is_documented(path: Path) -> None:
    assert f"({path.relative_to(ROOT)})" in README
