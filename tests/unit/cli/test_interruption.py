"""Signals become a flag, once; and an exit outside training."""

import os
import signal
import subprocess
import sys

import pytest

from mnist_bp.cli.interruption import CODES, Interruption


def test_the_codes_are_those_of_a_shell_on_linux() -> None:
    assert {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGUSR1: 138} == CODES


@pytest.mark.parametrize("number", CODES)
def test_a_signal_sets_the_code_and_the_handlers_are_put_back(number: int) -> None:
    before = signal.getsignal(number)
    with Interruption() as interruption:
        assert interruption.code is None
        os.kill(os.getpid(), number)
        assert interruption.code == CODES[number]
    assert signal.getsignal(number) is before


def ends(program: str) -> tuple[int, str]:
    """Run a program that sends itself signals; return its exit code and what it printed."""
    program = "import os, signal\nfrom mnist_bp.cli.interruption import Interruption, exit_on_signals\n" + program
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


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


def test_further_signals_of_a_batch_system_do_not_change_the_code() -> None:
    program = (
        "with Interruption() as interruption:\n"
        "    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM):\n"
        "        os.kill(os.getpid(), number)\n"
        "    print(int(interruption.code))\n"
    )
    assert ends(program) == (0, "138\n")


def test_a_signal_that_the_process_was_started_to_ignore_stays_ignored() -> None:
    program = (
        "for number in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "exit_on_signals()\n"
        "with Interruption() as interruption:\n"
        "    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):\n"
        "        os.kill(os.getpid(), number)\n"
        "    print(int(interruption.code))\n"
    )
    assert ends(program) == (0, "138\n")


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGUSR1"])
def test_outside_training_a_signal_ends_the_process_after_cleaning_up(number: str) -> None:
    program = f"exit_on_signals()\ntry:\n    os.kill(os.getpid(), signal.{number})\nfinally:\n    print('cleaned up')\n"
    assert ends(program) == (128 + getattr(signal, number), "cleaned up\n")
