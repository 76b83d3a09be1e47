"""What commands print: results on stdout, everything else on stderr."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from mnist_bp.progress import Advance


def fail(message: str, hint: str | None = None) -> None:
    """Print an error, a line each, and what to do about it; foreign control characters are made visible."""
    for line in message.split("\n"):
        click.echo(f"error: {''.join(char if char.isprintable() else repr(char)[1:-1] for char in line)}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)


def as_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    import json

    click.echo(json.dumps(content, indent=2))


@contextmanager
def bar(what: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show a progress bar on stderr, if that is a terminal; a `Progress`."""
    from tqdm import tqdm

    with tqdm(desc=what, total=total, unit=unit, unit_scale=unit == "B", disable=None, leave=False) as shown:
        yield shown.update
