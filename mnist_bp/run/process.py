"""A process as others can recognise it: which one it is, where, and whether it still runs."""

import os
import platform
import re
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

LINE = re.compile(r"([1-9][0-9]{0,8}) ([0-9]+|-) (\S+) (.*)\n")
UNKNOWN = "-"


@dataclass(frozen=True)
class Process:
    """A process by its number and its start, which hold in one place: a machine since its boot, or a container on it.

    Start and place are UNKNOWN where there is no /proc.
    """

    number: int
    started: str
    place: str
    host: str

    @classmethod
    def this(cls) -> "Process":
        """Return the process that asks."""
        number, started, place = os.getpid(), UNKNOWN, UNKNOWN
        with suppress(OSError):
            if Path("/proc/self").readlink().name == str(
                number
            ):  # otherwise /proc shows the processes of another PID namespace
                boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
                started, place = _start(number), f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
        return cls(number, started, place, platform.node())

    @classmethod
    def parse(cls, line: str) -> "Process | None":
        """Return the process that wrote a line; None if it is not whole."""
        match = LINE.fullmatch(line)
        return cls(int(match[1]), match[2], match[3], match[4]) if match else None

    @property
    def line(self) -> str:
        """The line that `parse` reads."""
        return " ".join(map(str, astuple(self))) + "\n"

    def __str__(self) -> str:
        return f"process {self.number} on {self.host}"

    def runs(self) -> bool | None:
        """Whether it still runs; None if that cannot be told from here."""
        if self.place == UNKNOWN or self.place != Process.this().place:
            return None
        try:
            return _start(self.number) == self.started
        except OSError:  # gone, or not ours to see
            pass
        try:
            os.kill(self.number, 0)  # only asks; on Windows it would end the process, but there no place is known
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return None


def _start(number: int) -> str:
    """Return when a process started, in clock ticks since boot; "" for a zombie, whose parent has not waited for it.

    Its name, in parentheses, may hold anything; 1 and 20 fields after it are state and start: see proc(5).
    """
    text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    state, *fields = text.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]
