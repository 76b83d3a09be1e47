"""Signals become a flag, so that a run ends between two steps with its checkpoint saved."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from mnist_bp.errors import Exit

CODES = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}
if hasattr(signal, "SIGUSR1"):  # which batch systems send some time before they end a job; not on Windows
    CODES[signal.SIGUSR1] = Exit.PREEMPTED


class Interruption:
    """Context manager: `code` is the exit code for the first of the signals that arrived, or None.

    A SIGINT after that ends the process at once. Other signals may well come twice, from `timeout` and batch systems.
    """

    def __init__(self) -> None:
        self.code: Exit | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interruption":
        for number in _heeded():
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.code is None:
            self.code = CODES[signal.Signals(number)]
            message = "\nstopping after this step"
            if signal.SIGINT in self._before:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                message += f"; {'another ' * (number == signal.SIGINT)}Ctrl-C ends at once, without a checkpoint"
            _say(message)


def exit_on_signals() -> None:
    """From now on, the signals end the process as an exception does: temporary files are removed on the way."""

    def leave(number: int, frame: FrameType | None) -> None:
        _say(f"error: interrupted by {signal.Signals(number).name}")
        sys.exit(CODES[signal.Signals(number)])

    for number in _heeded():
        signal.signal(number, leave)


def _heeded() -> list[signal.Signals]:
    """Return the signals that this process was not started to ignore, as SIGINT is by a script's `&`."""
    return [number for number in CODES if signal.getsignal(number) != signal.SIG_IGN]


def _say(message: str) -> None:
    """Write a line to stderr; print is not safe in a signal handler."""
    with suppress(OSError):
        os.write(2, f"{message}\n".encode())
