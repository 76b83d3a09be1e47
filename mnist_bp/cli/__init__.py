"""The command line: one module a command, imported when it is asked for, its heavy imports later still."""

import sys


def main() -> None:
    """Run `bp`. Signals are heeded before anything else is imported, as that takes a tenth of a second."""
    try:
        from mnist_bp.cli.interruption import ExitOnSignals

        with ExitOnSignals():
            _run()
    except KeyboardInterrupt:  # which SIGINT is until then
        sys.stderr.write("error: interrupted by SIGINT\n")
        sys.exit(130)


def _run() -> None:
    import os

    from mnist_bp.cli.bp import bp
    from mnist_bp.cli.output import open_streams

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no thread is started that `limit_threads` would stop again
    open_streams()
    bp(prog_name="bp")
