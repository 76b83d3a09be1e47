"""The command line: one module a command, imported when it is asked for, its heavy imports later still."""

import gc
import os
import sys


def main() -> None:
    """Run `bp`. Signals are heeded before anything else is imported, as that takes a tenth of a second."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # closed: without this, the next file to be opened would be stdin, stdout or stderr
            os.open(os.devnull, os.O_RDWR)
    try:
        from mnist_bp.cli.interruption import ExitOnSignals

        with ExitOnSignals():
            _run()
    except KeyboardInterrupt:  # which SIGINT is until then
        try:  # noqa: SIM105  # contextlib takes longer to import than all before the signals are heeded
            os.write(2, b"error: interrupted by SIGINT\n")
        except OSError:
            pass
        sys.exit(130)


def _run() -> None:
    from mnist_bp.cli.bp import bp
    from mnist_bp.cli.output import if_there_is_room, open_streams

    gc.set_threshold(100_000)  # what importing makes, stays: looking through it again and again takes 10 ms
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no thread is started that `limit_threads` would stop again
    open_streams()
    if "_BP_COMPLETE" in os.environ:
        from mnist_bp.cli import completion

        completion.install()
    try:
        bp(prog_name="bp")
    finally:
        with if_there_is_room():
            sys.stderr.flush()  # else Python would at exit, and make the exit code 120 if it cannot
        gc.freeze()  # else Python would look through all modules at exit, several times, which takes 40 ms
