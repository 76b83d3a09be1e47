"""The command line: one module a command, imported when it is asked for, its heavy imports later still."""

import errno
import io
import os
import sys

import click

from mnist_bp import __version__
from mnist_bp.cli.interruption import exit_on_signals
from mnist_bp.cli.lazy import LazyGroup
from mnist_bp.cli.output import fail, forget
from mnist_bp.errors import BpError, Exit

COMMANDS = ("train", "eval", "gradcheck", "data", "config", "sweep", "diff")


class Commands(LazyGroup):
    """Turns what a user can mend into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a traceback remains only for a mistake of the program's own."""
        import logging

        if logging.lastResort:  # what prints warnings to stderr where nobody has configured logging
            logging.lastResort.setFormatter(logging.Formatter("warning: %(message)s"))
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # while it can still be told if there is no room for it
            return result
        except BpError as error:
            fail(str(error), error.hint)
            ctx.exit(error.code)
        except KeyboardInterrupt:
            fail("interrupted")
            ctx.exit(Exit.INTERRUPTED)
        except MemoryError as error:
            fail(f"not enough memory: {error}", "a smaller network or train.batch_size needs less")
            ctx.exit(Exit.FAILURE)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of our output has gone: click ends quietly
                raise
            fail(f"{error.filename or 'input or output'}: {error.strerror or error}")
            try:
                sys.stdout.flush()
            except OSError:
                forget(sys.stdout)
            ctx.exit(Exit.FAILURE)


@click.command(
    cls=Commands,
    package=__name__,
    names=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="bp", message="%(prog)s %(version)s")
def bp() -> None:
    """Train small neural networks on MNIST, and prove their gradients.

    \b
    Start here; nothing is downloaded:
        bp train --config configs/quickstart.yaml
        bp eval runs/quickstart
    """  # noqa: D301  # \b keeps click from joining the lines


def main() -> None:
    """Run `bp`; a character that the terminal or file cannot encode is escaped."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # closed: without this, the next file to be opened would be stdin, stdout or stderr
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    exit_on_signals()
    bp(prog_name="bp")
