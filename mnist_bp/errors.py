"""The one exception that is meant for users, and the exit codes of `bp`."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command; scripts rely on them."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    TARGET_MISSED = 3
    NO_DATA = 4
    UNDECIDED = 5
    HUNG_UP = 129  # SIGHUP, which ends a terminal's processes; of bp sweep run alone
    INTERRUPTED = 130  # as shells report the end by a signal: 128 + 2, SIGINT
    PREEMPTED = 138  # 128 + 10, SIGUSR1 on Linux; the same where that has another number
    TERMINATED = 143  # 128 + 15, SIGTERM


class BpError(Exception):
    """A mistake or mishap that the user can do something about.

    The message says what was expected, what was found and where; `hint` says what to do.
    The command line prints both without a traceback and exits with `code`.
    """

    def __init__(self, message: str, *, code: Exit = Exit.FAILURE, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
