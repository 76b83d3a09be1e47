"""What commands print: results on stdout, everything else on stderr."""

import math
import os
import sys
from collections.abc import Iterator, Mapping
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
        click.echo(f"hint: {hint}", err=True)


def printable(text: str) -> str:
    """Return the text with its control characters made visible: it comes from files, and may go to a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def forget(stream: IO[str]) -> None:
    """Let what is left in a stream's buffer go nowhere: it would fail again at the exit, whose code is then 120."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def as_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object; numbers that JSON has not, such as NaN, become null."""
    import json

    click.echo(json.dumps(_finite(content), indent=2))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def bar(what: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show a progress bar on stderr, if that is a terminal; a `Progress`."""
    from tqdm import tqdm

    with tqdm(desc=what, total=total, unit=unit, unit_scale=unit == "B", leave=False, **bar_style()) as shown:
        yield shown.update


def bar_style() -> dict[str, Any]:
    """Return what all bars share: hidden where stderr is no terminal, and narrow enough for a ^C behind them."""
    import shutil

    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    return {"disable": not on_terminal, "ncols": shutil.get_terminal_size().columns - 4}
