"""Child processes, a few at a time: copies of this one where there is fork, and elsewhere new ones."""

import gc
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

KEPT = 1500  # bytes of what a child says: its last ones

Act = Callable[[Sequence[str]], object]


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code, for a signal minus its number, and the end of what it said."""

    code: int
    said: str


def processors() -> list[int]:
    """Return the processors that this process may run on, by their numbers."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [*range(os.cpu_count() or 1)]


def possible() -> bool:
    """Whether copies of this process can be made: on Linux; on macOS, its libraries may fail in a copy."""
    return sys.platform == "linux" and hasattr(os, "fork")


class Children(Protocol):
    """Children that do what words tell them; each has a place of its own, a number from 0, while it lives."""

    def start(self, place: int, words: Sequence[str]) -> None:
        """Start a child."""

    def ended(self, seconds: float) -> Iterator[tuple[int, Ended]]:
        """Wait for so long that one ends; yield the places of those that have, and how they did."""

    def terminate(self) -> None:
        """Tell all that live to end."""


class Forked:
    """Copies of this process, which so have imported and loaded what it has; `act` is what they do, then they end.

    What `act` returns or gives SystemExit is the exit code. A child is held on the processor of its place, if
    `processors` names any. It ignores SIGINT, SIGHUP and SIGUSR1, which may be sent to all: SIGTERM tells it to end. No
    thread that holds a lock may run here when a child is started: the copy would lack it, and might wait for the lock.
    """

    def __init__(self, act: Act, processors: Sequence[int] = ()) -> None:
        self._act = act
        self._processors = processors
        self._living: dict[int, _Copy] = {}  # by the end of the pipe in which a child speaks
        gc.freeze()  # what is here stays shared: looking for garbage among it would write to it
        if sys.platform == "linux":
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, nobody learns how a child has ended

    def start(self, place: int, words: Sequence[str]) -> None:
        """Start a child."""
        if sys.platform != "linux":
            raise NotImplementedError
        hearing, speaking = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # heeded here, not in the copy
        try:
            process = os.fork()
            if not process:
                self._be_child(place, words, hearing, speaking, before)
        except OSError:
            os.close(hearing)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(speaking)
        self._living[hearing] = _Copy(place, process)

    def ended(self, seconds: float) -> Iterator[tuple[int, Ended]]:
        """Wait for so long that a child ends; yield the places of those that have, and how they did."""
        for hearing in select.select([*self._living], [], [], seconds)[0]:
            child = self._living[hearing]
            if piece := os.read(hearing, 1 << 16):
                child.said = (child.said + piece)[-KEPT - 1 :]
                continue
            os.close(hearing)
            del self._living[hearing]
            _, status = os.waitpid(child.process, 0)
            yield child.place, Ended(os.waitstatus_to_exitcode(status), _text(child.said))

    def terminate(self) -> None:
        """Tell all children that live to end, by SIGTERM."""
        for child in self._living.values():
            os.kill(child.process, signal.SIGTERM)  # which is not waited for yet: the number is still its own

    def _be_child(self, place: int, words: Sequence[str], own: int, speaking: int, mask: Iterable[int]) -> None:
        if sys.platform != "linux":
            raise NotImplementedError
        code: object = 1
        try:
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
                signal.signal(number, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            for hearing in (*self._living, own):  # with its own, it would wait for ever to be heard by a dead parent
                os.close(hearing)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for stream in (1, 2):
                os.dup2(speaking, stream)
            os.close(speaking)
            sys.stdout = sys.stderr = os.fdopen(1, "w", 1, encoding="utf-8", errors="backslashreplace", newline="\n")
            if self._processors:
                os.sched_setaffinity(0, {self._processors[place]})
            code = self._act(words)
        except SystemExit as end:
            code = end.code
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            with suppress(OSError):
                sys.stdout.flush()
            os._exit(code if isinstance(code, int) else code is not None)


@dataclass
class _Copy:
    """A child that was forked: its place, the number of its process, and what it has said."""

    place: int
    process: int
    said: bytes = b""


class Started:
    """New processes of a command, with the words behind it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._living: dict[int, subprocess.Popen[bytes]] = {}  # by place
        self._told: SimpleQueue[tuple[int, bytes]] = SimpleQueue()

    def start(self, place: int, words: Sequence[str]) -> None:
        """Start a child, and a thread that listens to it."""
        options: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        options["start_new_session"] = os.name != "nt"  # which the Ctrl-C of a terminal does not reach
        process = subprocess.Popen([*self._command, *words], env={**os.environ, **self._environment}, **options)
        self._living[place] = process
        Thread(target=lambda: self._told.put((place, process.communicate()[0])), daemon=True).start()

    def ended(self, seconds: float) -> Iterator[tuple[int, Ended]]:
        """Wait for so long that a child ends; yield its place, and how it did."""
        with suppress(Empty):
            place, said = self._told.get(timeout=seconds)
            yield place, Ended(self._living.pop(place).returncode, _text(said[-KEPT - 1 :]))

    def terminate(self) -> None:
        """Tell all children that live to end; on Windows, Ctrl-C has told them, and nothing else could."""
        for process in self._living.values() if os.name != "nt" else ():
            process.terminate()


def _text(said: bytes) -> str:
    """Return what was said, cut to KEPT bytes."""
    whole = len(said) <= KEPT
    return ("" if whole else "...") + said[-KEPT:].decode(errors="replace" if whole else "ignore").rstrip()
