"""`bp` itself: its commands, and its manner with errors."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mnist_bp import __version__
from mnist_bp.cli.lazy import LazyGroup
from mnist_bp.cli.output import forget, if_there_is_room, show_warnings
from mnist_bp.cli.result import AS_JSON, report_error
from mnist_bp.errors import BpError, Exit

COMMANDS = (
    "train", "eval", "predict", "draw", "gradcheck", "graph", "report", "plot", "data", "config", "sweep", "diff",
    "ls", "verify", "export",
)  # fmt: skip

NO_ARGUMENTS = getattr(click.exceptions, "NoArgsIsHelpError", ())  # of a group; until click 8.2, that is no error


class Commands(LazyGroup):
    """Turns what a user can mend into a message and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether objects are wanted: an error in the very arguments is to be one as well."""
        ctx.meta[AS_JSON] = "--json" in args
        with _reporting(ctx):  # --help and --version print here
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        show_warnings()
        with _reporting(ctx):
            result = super().invoke(ctx)
            sys.stdout.flush()  # while it can still be told if there is no room for it
            return result


@contextmanager
def _reporting(ctx: click.Context) -> Iterator[None]:
    """Report what the user can do something about; a traceback remains only for a mistake of the program's own."""
    try:
        yield
    except (BpError, MemoryError, OSError, RuntimeError, click.UsageError) as error:
        if isinstance(error, RuntimeError) and "start new thread" not in str(error):
            raise
        if isinstance(error, OSError) and error.errno == errno.EPIPE:  # the reader has gone: click ends quietly
            raise
        message, hint, code = _described(error)
        if _is_lost(error.__cause__ or error):
            hint = "the working directory has been removed; change to one that exists"
        try:
            if isinstance(error, NO_ARGUMENTS):
                with if_there_is_room():
                    error.show()  # the help text
            else:
                report_error(message, hint, code)
            sys.stdout.flush()
        except OSError:
            forget(sys.stdout)
        raise click.exceptions.Exit(code) from error


def _described(error: Exception) -> tuple[str, str | None, Exit]:
    """Return what is wrong, what to do about it, and the exit code."""
    if isinstance(error, BpError):
        return str(error), error.hint, error.code
    if isinstance(error, click.UsageError):
        from mnist_bp.cli.usage import described

        return *described(error), Exit.USAGE
    if isinstance(error, MemoryError):
        what = f": {error}" if str(error) else ""
        return f"not enough memory{what}", "a smaller network, train.batch_size or data set needs less", Exit.FAILURE
    if isinstance(error, OSError):
        return f"{error.filename or 'input or output'}: {error.strerror or error}", None, Exit.FAILURE
    return str(error), "this user's processes are as many as may be; `ulimit -u` tells how many", Exit.FAILURE


def _is_lost(error: BaseException) -> bool:
    """Whether a path was not found because the working directory has been removed."""
    if not isinstance(error, FileNotFoundError) or Path(error.filename or "").is_absolute():
        return False
    try:
        Path.cwd()
    except OSError:
        return True
    return False


@click.command(
    cls=Commands,
    package=__name__.rpartition(".")[0],
    names=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(__version__, prog_name="bp", message="%(prog)s %(version)s")
def bp() -> None:
    """Train small neural networks on MNIST, and prove their gradients.

    \b
    Start here; nothing is downloaded:
        bp train quickstart
        bp eval runs/quickstart
    """  # noqa: D301  # \b keeps click from joining the lines
