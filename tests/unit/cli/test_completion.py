"""Completion, in the shells themselves: what is typed, a Tab, and what the line has become."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(_BP_COMPLETE=bash_source bp)"'),
    "zsh": (["-f", "-i"], 'autoload -Uz compinit; compinit -u -D; eval "$(_BP_COMPLETE=zsh_source bp)"'),
    "fish": (["--no-config", "-i"], "_BP_COMPLETE=fish_source bp | source"),
}
# What is typed, and the end of the completed line; what is typed behind it, X, shows whether a space has come.
LINES = {
    "train --set train.optim": "train.optimizer=X",
    "train --set=train.optim": "--set=train.optimizer=X",
    "train --set train.optimizer=adag": "train.optimizer=adagrad X",
    "gradcheck --set=train.optimizer=ADAG": "--set=train.optimizer=adagrad X",
    "config --set model.bias=f": "model.bias=false X",
    "sweep plan --set model.activation=relu,leak": "model.activation=relu,leaky_relu X",
    "config --keys model.hid": "model.hidden X",
    "eval runs/on": "runs/one/X",
    "train --qui": "--quiet X",
}


def completed(shell: str, lines: list[str]) -> list[str]:
    """Return what lines become by a Tab in a shell on a terminal; each is then printed, with X behind it."""
    arguments, setup = SHELLS[shell]
    folder = Path("bin").absolute()
    folder.mkdir()
    program = folder / "bp"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mnist_bp "$@"\n')
    program.chmod(0o755)
    typed = [f"bp {line}\tX\x01printf 'words%s.\\n' \"\x05\"" for line in lines]
    shown = subprocess.run(
        [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])", shell, *arguments],
        input="\r".join([setup, *typed, "exit\r"]).encode(),
        env=os.environ | {"HOME": str(folder), "TERM": "dumb", "PATH": f"{folder}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        check=False,
        timeout=60,
    ).stdout
    return re.findall(r"^wordsbp ([^\r\n]*)\.\r*$", shown.decode(), re.MULTILINE)


@pytest.mark.parametrize("shell", SHELLS)
def test_keys_choices_folders_and_options_are_completed(shell: str) -> None:
    if os.name != "posix" or not shutil.which(shell):
        pytest.skip(f"there is no {shell}")
    pytest.importorskip("termios", reason="this system has no pseudo-terminals")
    Path("runs/one").mkdir(parents=True)
    Path("runs/one.txt").touch()
    lines = completed(shell, [*LINES])
    assert len(lines) == len(LINES)
    for line, expected in zip(lines, LINES.values(), strict=True):
        assert line.endswith(f" {expected}")


def test_a_completion_imports_no_numpy() -> None:
    program = "import sys, mnist_bp.cli\ntry:\n  mnist_bp.cli.main()\nfinally:\n  print('numpy' in sys.modules)"
    environment = {"_BP_COMPLETE": "fish_complete", "COMP_WORDS": "bp train --set seed", "COMP_CWORD": "seed"}
    result = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert result.stdout.startswith("plain,seed=\trandom seed")
    assert result.stdout.splitlines()[-1] == "False"
