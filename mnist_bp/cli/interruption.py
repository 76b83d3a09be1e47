"""Signals become a flag, so that a run ends between two steps with its checkpoint saved; outside of it, an exit."""

import _thread
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import FrameType, TracebackType

from mnist_bp.errors import Exit

CODES = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}
if hasattr(signal, "SIGUSR1"):  # which batch systems send some time before they end a job; not on Windows
    CODES[signal.SIGUSR1] = Exit.PREEMPTED

SOON = 0.05  # seconds until a signal comes again

Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


class Interruption:
    """Context manager: `code` is the exit code for the first of the signals that arrived, or None.

    A SIGINT after that ends the process at once. Other signals may well come twice, from `timeout` and batch systems.
    """

    codes: Mapping[signal.Signals, Exit] = CODES

    def __init__(self) -> None:
        self.code: Exit | None = None
        self._before: dict[signal.Signals, Handler] = {}

    def __enter__(self) -> "Interruption":
        for number in _heeded(self.codes):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.code is None:
            self.code = self.codes[signal.Signals(number)]
            message = "stopping after this step"
            if signal.SIGINT in self._before:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                message += f"; {'another ' * (number == signal.SIGINT)}Ctrl-C ends at once, without a checkpoint"
            _say(message)


class SweepInterruption(Interruption):
    """The same for a sweep, which SIGHUP stops as well; after the first signal, others change nothing."""

    codes = CODES | ({signal.SIGHUP: Exit.HUNG_UP} if hasattr(signal, "SIGHUP") else {})

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.code is None:
            self.code = self.codes[signal.Signals(number)]
            _say("stopping: the runs under way save their checkpoints")


class ExitOnSignals:
    """Context manager: in it, a signal ends the process as an exception does, so that temporary files are removed.

    After it, signals are ignored: what is done is done. Python drops an exception that is raised in a callback of an
    import or in a destructor: then the signal comes again. C code may turn it into another one: whatever arrives here
    in the end, the exit code is that of the signal.
    """

    def __init__(self) -> None:
        self._number: signal.Signals | None = None  # of the first that came

    def __enter__(self) -> None:
        for number in _heeded():
            signal.signal(number, self._leave)
        sys.unraisablehook = self._take_dropped

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in _heeded():
            signal.signal(number, signal.SIG_IGN)
        if self._number is not None:
            raise SystemExit(CODES[self._number]) from None

    def _leave(self, number: int, frame: FrameType | None) -> None:
        if self._number is None:
            self._number = signal.Signals(number)
            _say(f"error: interrupted by {self._number.name}")
        raise SystemExit(CODES[self._number])

    def _take_dropped(self, dropped: "sys.UnraisableHookArgs") -> None:
        if self._number is not None and dropped.exc_type is SystemExit:
            with suppress(RuntimeError):  # there may be no more threads
                _thread.start_new_thread(_send_again, (self._number, _thread.get_ident()))
        else:
            sys.__unraisablehook__(dropped)


def _send_again(number: signal.Signals, thread: int) -> None:
    """Send a signal to a thread, a little later, if it is still heeded: by its default it would kill."""
    time.sleep(SOON)
    if callable(signal.getsignal(number)):
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(thread, number)  # which also wakes a thread that waits
        else:
            _thread.interrupt_main(number)


def _heeded(codes: Iterable[signal.Signals] = CODES) -> list[signal.Signals]:
    """Return the signals that this process was not started to ignore, as SIGINT is by a script's `&`."""
    return [number for number in codes if signal.getsignal(number) != signal.SIG_IGN]


def _say(message: str) -> None:
    """Write a line to stderr, on a terminal in the place of ^C and a bar; print is not safe in a signal handler."""
    with suppress(OSError):
        if os.isatty(2):
            message = message.ljust(os.get_terminal_size(2).columns - 1)  # 0 where nobody has said
            with suppress(Exception):  # whatever a module raises that a signal left half imported
                from mnist_bp.cli.terminal import labelled

                message = labelled(message)
            message = f"\r{message}"
        os.write(2, f"{message}\n".encode())
