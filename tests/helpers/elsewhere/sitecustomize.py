"""A system that is not Linux, as far as Python shows: with this folder on PYTHONPATH, Linux's own names are gone.

Every process that Python starts by the same environment has them taken away too, before it imports anything else.
"""

import builtins
import errno
import functools
import io
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

NAMES = ("O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "fork", "sched_getaffinity", "sched_setaffinity")
MODULES = ("fcntl", "grp", "pwd", "resource", "termios")


def without_proc(function: Callable[..., Any]) -> Any:
    """Return the function for a system without /proc."""

    @functools.wraps(function)
    def called(path: Any = ".", *arguments: Any, **options: Any) -> Any:
        if not isinstance(path, int) and os.fsdecode(path).startswith("/proc"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return function(path, *arguments, **options)

    return staticmethod(called)  # pathlib of Python 3.10 makes it an attribute of a class


def no_fifo(path: object) -> None:
    """Skip the test that makes a FIFO: without O_NONBLOCK, opening it would wait for ever."""
    from unittest import SkipTest  # noqa: PLC0415  # by the few that need it: this module is imported by every process

    raise SkipTest("this system has no FIFOs")


for name in NAMES:
    delattr(os, name)
del signal.SIGUSR1
setattr(os, "mkfifo", no_fifo)  # noqa: B010  # mypy knows its type
sys.modules.update(dict.fromkeys(MODULES))  # type: ignore[arg-type]  # None: it cannot be imported
for name in ("listdir", "lstat", "open", "readlink", "scandir", "stat"):
    setattr(os, name, without_proc(getattr(os, name)))
io.open = builtins.open = without_proc(open)
