"""The result of a command, and the one place where results are printed: as text, or with --json as an object."""

import functools
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import click

from mnist_bp.cli import terminal
from mnist_bp.cli.output import advise, exactly, fail, printable, propose
from mnist_bp.errors import Exit

AS_JSON = "mnist_bp.as_json"  # in the context of every command: whether objects are wanted


class Result(NamedTuple):
    """The result of a command: `text` for people and `data` for programs, and how the process ends.

    An iterable gives a line, and an object, each; only one of the two is asked for. `error` is what is wrong with a
    result whose code is not 0, unless the result itself says so, and `hint` what to do about it. An `exact` text is for
    programs too: it is printed as it is, or refused. `advice` is what to know beside the result, and `following` a
    command to go on with, for people at a terminal.
    `picture` comes below the text as it is, with a terminal's colours.
    """

    text: str | Iterable[str]
    data: Mapping[str, Any] | Iterable[Mapping[str, Any]]
    code: Exit = Exit.DONE
    error: str = ""
    hint: str | None = None
    exact: bool = False
    advice: Sequence[str] = ()
    following: str = ""
    picture: Iterable[str] = ()


def reports(function: Callable[..., Result]) -> Callable[..., None]:
    """Give a command the option --json, and print the result that it returns."""

    @click.option("--json", is_flag=True, expose_value=False, help="Print JSON instead of text.")
    @functools.wraps(function)
    def command(**options: Any) -> None:
        result = function(**options)
        as_json = click.get_current_context().meta[AS_JSON]
        if as_json:
            _print_json(result)
        else:
            lines = result.text.split("\n") if isinstance(result.text, str) else result.text
            _print_lines(exactly(lines) if result.exact else _for_people(lines))
            _print_lines(result.picture)
        if result.error or result.advice:
            sys.stdout.flush()
        for advice in result.advice:
            advise(advice)
        if result.error:
            fail(result.error, result.hint)
        elif result.following and not as_json:
            propose(result.following)
        if result.code:
            raise click.exceptions.Exit(result.code)

    return command


def report_error(message: str, hint: str | None, code: int) -> None:
    """Say that a command failed, and why: on stderr, and with --json as an object on stdout too."""
    fail(message, hint)
    if click.get_current_context().meta[AS_JSON]:
        click.echo(_text(_about_error(message, hint, code), indent=2))


def _for_people(lines: Iterable[str]) -> Iterable[str]:
    """Return lines without control characters, but for the colours of verdicts; a terminal gets them folded."""
    limit = terminal.columns(sys.stdout)
    return (terminal.emphasized(terminal.folded(printable(line), limit)) for line in lines)


def _print_json(result: Result) -> None:
    if isinstance(result.data, Mapping):
        error = _about_error(result.error, result.hint, result.code) if result.error else {}
        click.echo(_text({**result.data, **error}, indent=2))
    else:
        _print_lines(_text(each) for each in result.data)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        if "\x1b" in line:
            click.echo(line, color=True)  # colours on Windows, too
        else:
            sys.stdout.write(f"{line}\n")  # which does not flush each line


def _about_error(message: str, hint: str | None, code: int) -> dict[str, Any]:
    return {"error": message, "hint": hint, "code": int(code)}


def _text(content: Mapping[str, Any], indent: int | None = None) -> str:
    """Return JSON; numbers that JSON does not have, such as NaN, become null."""
    import json

    return json.dumps(_plain(content), indent=indent)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
