"""The commands shown to users work as they stand in bash, zsh and PowerShell, and with the tools of macOS.

Shown are those in README.md, CONTRIBUTING.md and docs/, in --help, in errors and hints, and at the top of configs and
scripts. A block that is marked `posix` is for bash and zsh alone; `text` shows no commands.
"""

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.test_documentation import BLOCK, PAGES, ROOT

PROGRAMS = ("bp", "bash", "cmp", "pip", "pytest", "python", "python3", "taskset", "xargs")
COMMAND = re.compile(rf"(?:[A-Z_]+=\S+ )*(?:{'|'.join(PROGRAMS)}|(?:scripts|\.venv/bin|\.ci)/\S+)(?: .*)?")
SYNOPSIS = re.compile(r"\[[A-Z]|\.\.\.|…")
INLINE = re.compile(r"`([^`\n]+)`")
INDENTED = re.compile(r"^(?:#? {4,})(\S.*)$", re.MULTILINE)
GNU = r"\bxargs\b.* (-d|--)|\bsed\b.* (-i|-r|--)|\bgrep\b.* (-P|--)|\bdate\b.* (-d|--)|\bstat\b.* -c|\breadlink\b.* -f"
MISTAKES = {
    r"[\[\]{}()*?!^;,<#`]": "needs quotes, in one of the shells",
    r"\Squoted|quoted\S": "has quotes in the midst of a word, which PowerShell may keep",
    r"(^| )[~=@]": "is expanded, in one of the shells",
    r"\$(?!HOME\b|\()": "is another variable in another shell, or none",
    r"^[A-Za-z_]\w*=": "sets a variable as only POSIX shells do",
    r"\\": "escapes, or goes on in the next line, in POSIX shells only",
    GNU: "is for GNU's tools alone",
}


def mistakes(command: str) -> list[str]:
    """Return what is wrong with a command; what stands in single quotes is right, in double quotes all but $."""
    bare = re.sub(r"'[^']*'", "quoted", command)
    variables = "".join(re.findall(r"\$\(|\$\w*", bare))
    bare = re.sub(r'"[^"]*"', "quoted", bare)
    return [why for wrong, why in MISTAKES.items() if re.search(wrong, variables if wrong.startswith(r"\$") else bare)]


def strings(source: str) -> Iterator[str]:
    """Yield the strings of a Python program, with NAME for what a formatted one fills in."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "NAME" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def shown() -> list[tuple[str, str]]:
    """Return every command that is shown, with the file that shows it."""
    found = []
    for page, text in PAGES.items():
        for words, block in BLOCK.findall(text):
            if words.startswith("sh") and "posix" not in words.split():
                found += [(page, line) for line in block.splitlines()]
            elif words == "console":
                found += [(page, line.removeprefix("$ ")) for line in block.splitlines() if line.startswith("$ ")]
        found += [(page, line) for line in INLINE.findall(BLOCK.sub("", text)) if COMMAND.fullmatch(line)]
    for folder in ("mnist_bp", "configs", "scripts", "examples"):
        for path in sorted((ROOT / folder).rglob("*.*")):
            if path.suffix == ".py":
                texts = [*strings(path.read_text(encoding="utf-8"))]
            elif path.suffix in (".yaml", ".sh", ".sbatch"):
                texts = ["".join(re.findall(r"^#.*\n", path.read_text(encoding="utf-8"), re.MULTILINE))]
            else:
                continue
            lines = [line for text in texts for line in (*INLINE.findall(text), *INDENTED.findall(text))]
            lines = [re.split(" {2,}", line)[0] for line in lines]  # what follows two spaces explains it
            found += [(path.relative_to(ROOT).as_posix(), line) for line in lines if COMMAND.fullmatch(line)]
    return [(file, command) for file, command in dict.fromkeys(found) if not SYNOPSIS.search(command)]


def test_commands_of_every_kind_are_found() -> None:
    found = {(file, command.partition(" ")[0]) for file, command in shown()}
    assert found >= {
        ("README.md", "bp"), ("README.md", "python3"), ("docs/sweeps.md", "bash"), ("docs/data.md", "bp"),
        ("mnist_bp/cli/train.py", "bp"), ("mnist_bp/data/fetch.py", "bp"), ("scripts/sweep.sbatch", "bash"),
        ("scripts/benchmark.py", "scripts/benchmark.py"), ("examples/mnist.py", "python"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        "bp train --set model.hidden=[100,100]", "bp train --set train.batch_size={from: 1}", "bp data import *.gz",
        "bp sweep plan a.yaml --set train.epochs=1,3", "bp data import ~/Downloads", "bp data import FOLDER # this one",
        "MNIST_BP_CACHE=cache bp data fetch", 'bp data import "$FOLDER"', "bp eval $RUN", "bp eval $(bp sweep best s)",
        "bp train --config configs/book.yaml \\", "bp sweep plan a.yaml | xargs -d '\\n' -n 1 sh -c", "sed -i s/a/b/ c",
        "bp train --set='train.epochs=1'",
    ],
)  # fmt: skip
def test_a_command_for_one_shell_alone_would_be_found(command: str) -> None:
    assert mistakes(command)


def test_every_command_is_for_every_shell() -> None:
    assert {(file, command): mistakes(command) for file, command in shown() if mistakes(command)} == {}


def test_bash_and_zsh_see_the_same_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """All programs are stand-ins that write down their arguments."""
    bash, zsh = shutil.which("bash"), shutil.which("zsh")
    if not bash or not zsh:
        pytest.skip("zsh is not installed")
    monkeypatch.setenv("PATH", f"bin{os.pathsep}{os.environ['PATH']}")
    paths = re.compile(r"(?<!\S)(?:scripts|\.venv/bin|\.ci)/\S+")
    for name in {f"bin/{name}" for name in PROGRAMS}.union(*(paths.findall(command) for _, command in shown())):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@" >"$SEEN/$$"\n')
        Path(name).chmod(0o755)

    def seen(command: str, *shell: str) -> list[str]:
        folder = Path("seen")
        folder.mkdir()
        subprocess.run([*shell, "-c", command], env={**os.environ, "SEEN": str(folder)}, check=True)
        found = sorted(path.read_text() for path in folder.iterdir())
        shutil.rmtree(folder)
        return found

    for file, command in shown():
        assert seen(command, zsh, "-f") == seen(command, bash) != [], f"{file}: {command}"
