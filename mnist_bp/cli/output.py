"""What commands print: results on stdout, everything else on stderr."""

import codecs
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import click

from mnist_bp.cli import terminal
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import Advance, silent

STAND_INS = {
    "−": "-", "≤": "<=", "≥": ">=", "×": "x", "·": "*", "±": "+-", "²": "^2", "→": "->", "…": "...", "λ": "lambda",
    "Σ": "sum",
}  # fmt: skip


def open_streams() -> None:
    """Make stdout and stderr fit for everything that is printed, wherever they lead; closed, they lead nowhere."""
    if sys.stdout is None or sys.stderr is None:
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # until the process ends
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    codecs.register_error("stand-in", _stand_in)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="stand-in", newline="\n")


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """Return what a terminal or file gets for characters that it cannot encode: their STAND_INS, or else an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(STAND_INS.get(each) or ascii(each)[1:-1] for each in characters), error.end


def exactly(lines: Iterable[str]) -> Iterable[str]:
    """Return lines that programs read; raises BpError (exit 2) for one that cannot be printed as it is.

    Where stdout cannot hold every character, it does so before the first is printed.
    """
    checked = map(_exactly, lines)
    return checked if codecs.lookup(sys.stdout.encoding).name == "utf-8" else [*checked]


def _exactly(line: str) -> str:
    if not line.isprintable():
        raise BpError(f"expected characters that can be printed as they are; got {line!r}", code=Exit.USAGE)
    try:
        line.encode(sys.stdout.encoding)
    except UnicodeEncodeError as error:
        characters, encoding = line[error.start : error.end], sys.stdout.encoding
        message = f"expected an output that can hold {characters!r} as it is; got one in {encoding}"
        raise BpError(message, code=Exit.USAGE, hint="with PYTHONIOENCODING=utf-8 set, it is in UTF-8") from error
    return line


def fail(message: str, hint: str | None = None) -> None:
    """Print an error line by line, and what to do about it; control characters are made visible."""
    for line in message.split("\n"):
        _tell("error:", line)
    if hint:
        advise(hint)


def advise(text: str) -> None:
    """Print what to know or to do beside a result or an error, line by line."""
    for line in text.split("\n"):
        _tell("hint:", line)


def propose(following: str) -> None:
    """Print what to do next below the results, if a person sees both: on terminals."""
    if sys.stdout.isatty() and sys.stderr.isatty():
        sys.stdout.flush()
        _tell("next:", following)


def _tell(label: str, text: str) -> None:
    with if_there_is_room():
        click.echo(labelled(label, text), file=sys.stderr, color=True)


def labelled(label: str, text: str) -> str:
    """Return a line for stderr, which a terminal gets folded and with the label in its colour."""
    told = terminal.folded(f"{label} {printable(text)}", terminal.columns(sys.stderr), indent=len(label) + 1)
    return terminal.labelled(told)


def printable(text: str) -> str:
    """Return the text with its control characters made visible: it comes from files, and may go to a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def show_warnings() -> None:
    """Let warnings be shown as `fail` shows errors, where nobody has configured logging."""
    import logging

    class Line(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return labelled("warning:", record.getMessage())

    if logging.lastResort:
        logging.lastResort.setFormatter(Line())


def forget(stream: IO[str]) -> None:
    """Send what is left in a stream's buffer to os.devnull: flushing it at exit would fail again, with code 120."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


@contextmanager
def if_there_is_room() -> Iterator[None]:
    """Print to stderr; where that takes nothing, as on a full disk, go on without: only results count."""
    try:
        yield
    except OSError:
        forget(sys.stderr)


@contextmanager
def bar(what: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show a progress bar on stderr, if that is a terminal; a `Progress`."""
    if not sys.stderr.isatty():
        with silent(what, total, unit) as advance:
            yield advance
        return
    from tqdm import tqdm  # 25 ms

    style = bar_style() if total else bar_style() | {"bar_format": None}
    with tqdm(desc=what, total=total, unit=unit, unit_scale=unit == "B", leave=False, **style) as shown:
        yield shown.update


def bar_style() -> dict[str, Any]:
    """Return what all bars share; there is room for the ^C that a terminal prints."""
    columns = terminal.room(sys.stderr)
    rate = "  {rate_fmt}" if columns > terminal.USUAL else ""
    return {
        "ncols": max(1, columns - 4),
        "bar_format": f"{{l_bar}}{{bar}}| {{n_fmt}}/{{total_fmt}}{rate}  {{remaining}} left{{postfix}}",
    }
