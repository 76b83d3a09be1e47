"""What commands print: results on stdout, everything else on stderr."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import click

from mnist_bp.progress import Advance


def fail(message: str, hint: str | None = None) -> None:
    """Print an error line by line, and what to do about it; control characters are made visible."""
    for line in message.split("\n"):
        click.echo(f"error: {printable(line)}", err=True)
    if hint:
        click.echo(f"hint: {printable(hint)}", err=True)


def printable(text: str) -> str:
    """Return the text with its control characters made visible: it comes from files, and may go to a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def show_warnings() -> None:
    """Let warnings be shown as `fail` shows errors, where nobody has configured logging."""
    import logging

    class Line(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return f"warning: {printable(record.getMessage())}"

    if logging.lastResort:
        logging.lastResort.setFormatter(Line())


def forget(stream: IO[str]) -> None:
    """Send what is left in a stream's buffer to os.devnull: flushing it at exit would fail again, with code 120."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


@contextmanager
def bar(what: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show a progress bar on stderr, if that is a terminal; a `Progress`."""
    from tqdm import tqdm

    with tqdm(desc=what, total=total, unit=unit, unit_scale=unit == "B", leave=False, **bar_style()) as shown:
        yield shown.update


def bar_style() -> dict[str, Any]:
    """Return what all bars share: hidden where stderr is no terminal, with room for the ^C that a terminal prints."""
    import shutil

    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    return {"disable": not on_terminal, "ncols": shutil.get_terminal_size().columns - 4}
