"""`bp` itself: its help, its speed of start, and its manner with errors."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mnist_bp import __version__
from mnist_bp.cli.bp import bp
from tests.helpers.commands import loads, run


def commands(group: click.Group = bp, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return every command and subcommand, as words."""
    found = []
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            found.append((*prefix, name))
            if isinstance(command, click.Group):
                found += commands(command, (*prefix, name))
    return found


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_every_command_has_help_with_an_example_in_80_columns(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # on a wide terminal, too
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert f"Usage: {' '.join(['bp', *words])}" in result.output
    assert re.search(rf"^ +{' '.join(['bp', *words])}\b", result.output, re.MULTILINE)
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]], ids=" ".join)
def test_the_start_needs_no_numpy_requests_tqdm_or_yaml(arguments: list[str]) -> None:
    assert loads(["numpy", "requests", "tqdm", "yaml"], *arguments) == []


def test_at_exit_python_does_not_look_through_all_that_was_imported() -> None:
    program = (
        "import atexit, gc, sys; from mnist_bp.cli import main; sys.argv[1:] = ['--version']\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 10_000)); main()"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "True"


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").output == f"bp {__version__}\n"


def test_the_module_runs_as_the_command() -> None:
    result = subprocess.run([sys.executable, "-m", "mnist_bp", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"bp {__version__}\n"


def test_a_command_that_does_not_exist_gets_a_suggestion() -> None:
    result = run("trian")
    assert (result.exit_code, result.stderr) == (2, "error: no such command trian\nhint: did you mean train?\n")


def test_every_error_ends_in_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, code, message in (
        (MemoryError("8 TB"), 1, "error: not enough memory: 8 TB\n"),
        (RuntimeError("can't start new thread"), 1, "error: can't start new thread\nhint: "),
        (OSError(28, "No space left on device", "there"), 1, "error: there: No space left on device\n"),
    ):

        def fail(*arguments: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr("mnist_bp.config.load", fail)
        result = run("config", "c.yaml")
        assert result.exit_code == code
        assert result.stderr.startswith(message)


def test_a_mistake_of_the_programs_own_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_bp.config.load", lambda *arguments: 1 / 0)
    assert isinstance(run("config", str(Path("c.yaml"))).exception, ZeroDivisionError)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
@pytest.mark.parametrize("arguments", ["config c.yaml", "--version", "train --help"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_results_that_find_no_room_are_a_failure(arguments: str, unbuffered: str) -> None:
    Path("c.yaml").write_text("seed: 1\n")
    command, environment = [sys.executable, "-m", "mnist_bp", *arguments.split()], {"PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=os.environ | environment
        )
    assert (result.returncode, result.stderr) == (1, "error: input or output: No space left on device\n")


@pytest.mark.parametrize("arguments", ["--version", "config c.yaml", "config"])
@pytest.mark.parametrize("redirection", [">&-", ">&- 2>&- <&-", "2>/dev/full"])
def test_streams_that_are_closed_or_full_change_no_exit_code(arguments: str, redirection: str) -> None:
    Path("c.yaml").write_text("seed: 1\n")
    command = ["bash", "-c", f'"$0" "$@" {redirection}', sys.executable, "-m", "mnist_bp", *arguments.split()]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONUNBUFFERED": ""}
    )  # what is left in a buffer would fail at exit
    assert result.returncode == (2 if arguments == "config" else 0)
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_warning_that_finds_no_room_changes_no_exit_code() -> None:
    """Logging passes over the error, and leaves the warning in the buffer."""
    program = (
        "import logging, mnist_bp.cli, mnist_bp.cli.bp as commands\n"
        "commands.show_warnings = lambda: logging.getLogger('r').warning('lost')\n"
        "mnist_bp.cli.main()\n"
    )
    Path("c.yaml").write_text("seed: 1\n")
    command, environment = [sys.executable, "-c", program, "config", "c.yaml"], os.environ | {"PYTHONUNBUFFERED": ""}
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, env=environment, check=False)
    assert (result.returncode, b"seed: 1\n" in result.stdout) == (0, True)


def test_a_working_directory_that_is_gone_is_called_so() -> None:
    Path("c.yaml").write_text("data: {name: chain}\nmodel: {hidden: 1, loss: half_squared_error}\n")
    program = 'mkdir gone && cd gone && rmdir ../gone && "$0" "$@"'
    Path("bp.py").write_text(
        "from mnist_bp.cli import main; main()\n"
    )  # with -c, Python itself would need the directory
    arguments = [sys.executable, str(Path("bp.py").resolve()), "train", "--config", str(Path("c.yaml").resolve())]
    result = subprocess.run(["bash", "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert re.search("^error: (runs|input or output): No such file or directory$", result.stderr, re.MULTILINE)
    assert result.stderr.endswith("hint: the working directory has been removed; change to one that exists\n")


def test_a_sigint_before_signals_are_heeded_shows_no_traceback() -> None:
    program = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *arguments):\n"
        "        if name == 'mnist_bp.cli.interruption':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from mnist_bp.cli import main\n"
        "main()\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (130, "error: interrupted by SIGINT\n")
