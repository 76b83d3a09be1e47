"""The command line: one module a command, imported when it is asked for, its heavy imports later still."""

import errno
import io
import os
import sys
from pathlib import Path

import click

from mnist_bp import __version__
from mnist_bp.cli.interruption import exit_on_signals
from mnist_bp.cli.lazy import LazyGroup
from mnist_bp.cli.output import forget, show_warnings
from mnist_bp.cli.result import AS_JSON, report_error
from mnist_bp.errors import BpError, Exit

COMMANDS = ("train", "eval", "gradcheck", "data", "config", "sweep", "diff")


class Commands(LazyGroup):
    """Turns what a user can mend into a message and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether objects are wanted: an error in the very arguments is to be one as well."""
        ctx.meta[AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a traceback remains only for a mistake of the program's own."""
        show_warnings()
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # while it can still be told if there is no room for it
            return result
        except BpError as error:
            message, hint, code = str(error), error.hint, error.code
        except MemoryError as error:
            message, hint = f"not enough memory: {error}", "a smaller network or train.batch_size needs less"
            code = Exit.FAILURE
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of our output has gone: click ends quietly
                raise
            message, hint = f"{error.filename or 'input or output'}: {error.strerror or error}", None
            code = Exit.FAILURE
        except click.UsageError as error:
            if not ctx.meta[AS_JSON]:  # then click shows how the command is used
                raise
            message, hint, code = error.format_message(), None, Exit.USAGE
        try:
            report_error(message, hint, code)
            sys.stdout.flush()
        except OSError:
            forget(sys.stdout)
        raise click.exceptions.Exit(code)


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
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # to the end, for streams that are closed
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no thread is started that `limit_threads` would stop again
    exit_on_signals()
    bp(prog_name="bp")
