"""Signals become a flag, once; and an exit outside training."""

import os
import signal
import subprocess
import sys

import pytest

from mnist_bp.cli.interruption import CODES, Interruption

needs_sigusr1 = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no SIGUSR1")


@needs_sigusr1
def test_the_codes_are_those_of_a_shell_on_linux() -> None:
    assert {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGUSR1: 138} == CODES


@pytest.mark.parametrize("number", CODES)
def test_a_signal_sets_the_code_and_the_handlers_are_put_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Interruption() as interruption:
        assert interruption.code is None
        os.kill(os.getpid(), number)
        assert interruption.code == CODES[number]
    assert signal.getsignal(number) is before


def ends(program: str) -> tuple[int, str]:
    """Run a program that sends itself signals; return its exit code and what it printed."""
    code, out, _ = told(program)
    return code, out


def told(program: str) -> tuple[int, str, str]:
    """Run a program that sends itself signals; return its exit code, stdout and stderr."""
    program = "import os, signal, time\nfrom mnist_bp.cli.interruption import *\n" + program
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize("first", ["SIGINT", "SIGTERM"])
def test_a_sigint_after_another_signal_ends_the_process_at_once(first: str) -> None:
    program = (
        "with Interruption():\n"
        f"    os.kill(os.getpid(), signal.{first})\n"
        "    print('noted', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('still there')\n"
    )
    assert ends(program) == (-signal.SIGINT, "noted\n")


@needs_sigusr1
def test_further_signals_of_a_batch_system_do_not_change_the_code() -> None:
    program = (
        "with Interruption() as interruption:\n"
        "    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM):\n"
        "        os.kill(os.getpid(), number)\n"
        "    print(int(interruption.code))\n"
    )
    assert ends(program) == (0, "138\n")


@needs_sigusr1
def test_a_signal_that_the_process_was_started_to_ignore_stays_ignored() -> None:
    program = (
        "for number in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "with ExitOnSignals(), Interruption() as interruption:\n"
        "    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):\n"
        "        os.kill(os.getpid(), number)\n"
        "    print(int(interruption.code))\n"
    )
    assert ends(program) == (0, "138\n")


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", pytest.param("SIGUSR1", marks=needs_sigusr1)])
def test_outside_training_a_signal_ends_the_process_after_cleaning_up(number: str) -> None:
    program = (
        "with ExitOnSignals():\n"
        "    try:\n"
        f"        os.kill(os.getpid(), signal.{number})\n"
        "    finally:\n"
        "        time.sleep(0.2)\n"
        "        print('cleaned up')\n"
    )
    assert told(program) == (128 + getattr(signal, number), "cleaned up\n", f"error: interrupted by {number}\n")


DROPPING = "class Dropping:\n    def __del__(self):\n        os.kill(os.getpid(), signal.SIGTERM)\n"
INTERRUPTED = (143, "", "error: interrupted by SIGTERM\n")


def test_a_signal_in_a_destructor_which_drops_its_exception_comes_again() -> None:
    program = DROPPING + ("with ExitOnSignals():\n    Dropping()\n    time.sleep(20)\n    print('slept')\n")
    assert told(program) == INTERRUPTED


def test_a_signal_whose_exception_is_dropped_before_training_stops_the_training() -> None:
    program = DROPPING + (
        "with ExitOnSignals():\n"
        "    Dropping()\n"
        "    with Interruption() as interruption:\n"
        "        while interruption.code is None:\n"
        "            time.sleep(0.01)\n"
        "        print(int(interruption.code))\n"
    )
    assert told(program)[:2] == (143, "143\n")


def test_a_signal_whose_exception_becomes_another_keeps_its_code_and_shows_no_traceback() -> None:
    program = (
        "with ExitOnSignals():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    except SystemExit as error:\n"
        "        raise ImportError('numpy is damaged') from error\n"
    )
    assert told(program) == INTERRUPTED


def test_what_is_done_is_done() -> None:
    assert told("with ExitOnSignals():\n    pass\nos.kill(os.getpid(), signal.SIGINT)\nprint('done')\n") == (
        0,
        "done\n",
        "",
    )


def test_other_exceptions_that_python_drops_are_shown() -> None:
    program = (
        "class Wrong:\n"
        "    def __del__(self):\n"
        "        raise ValueError('of a destructor')\n"
        "with ExitOnSignals():\n"
        "    Wrong()\n"
    )
    code, _, said = told(program)
    assert code == 0
    assert "ValueError: of a destructor" in said


def test_a_signal_is_noted_on_a_terminal_that_nobody_has_told_its_size(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Such a terminal has 0 columns, as those of containers and of `ssh -tt` have."""
    monkeypatch.setattr(os, "isatty", lambda descriptor: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda *descriptor: os.terminal_size((0, 0)))
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
    assert interruption.code == 130
    assert "stopping after this step" in capfd.readouterr().err
