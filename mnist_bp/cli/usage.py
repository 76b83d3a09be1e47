"""What is wrong with a command line, in the words of all other errors instead of click's."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

WORDS = (
    (r"Got unexpected extra arguments? \((.*)\)", r"expected no more arguments; got \1"),
    (r"Option '(.*)' requires (an argument|\d+ arguments)\.?", r"\1: expected a value; got none"),
    (r"Option '(.*)' does not take a value\.?", r"\1: expected no value; got one"),
)
GOT = re.compile(r"(['\"]?)(.*)\1 is not (?:one of|in the range|a valid|a number|')")


def described(error: click.UsageError) -> tuple[str, str | None]:
    """Return what is wrong, and what to do about it."""
    message, close = _message(error)
    if path := _unquoted(error):
        return message, f"a path with spaces needs quotes: {shlex.quote(path)}"
    if close:
        return message, f"did you mean {close}?"
    return message, f"`{error.ctx.command_path} --help` shows how it is used" if error.ctx else None


def _unquoted(error: click.UsageError) -> str | None:
    """Return the path that exists if the arguments that are too many are the rest of its name."""
    extra = re.search(WORDS[0][0], error.message)
    given = [str(value) for value in error.ctx.params.values() if isinstance(value, str)] if error.ctx else []
    return next((path for each in given if extra and Path(path := f"{each} {extra[1]}").exists()), None)


def _message(error: click.UsageError) -> tuple[str, str | None]:
    """Return what is wrong, and what may have been meant."""
    if isinstance(error, click.NoSuchOption):
        close = _close(error.option_name, [*(error.possibilities or ())])
        setting = _settings([f"{error.option_name.lstrip('-')}=VALUE"], error.ctx)
        return f"no such option {error.option_name}", close or " ".join(setting)
    if isinstance(error, click.MissingParameter):
        kind = error.param.param_type_name if error.param else "argument"
        expected = _expected(error.param.type) if error.param else None
        return f"missing {kind} {_name(error.param)}" + (f": expected {expected}" if expected else ""), None
    if isinstance(error, click.BadParameter) and error.param:
        name, expected, got = _name(error.param), _expected(error.param.type), GOT.match(error.message)
        if expected and got:
            choices = error.param.type.choices if isinstance(error.param.type, click.Choice) else ()
            return f"{name}: expected {expected}; got {got[2]}", _close(got[2], [*map(str, choices)])
        return f"{name}: {_plain(error.message)}", None
    if (unknown := re.match("No such command '(.*?)'", error.message)) and error.ctx:
        known = error.ctx.command.list_commands(error.ctx) if isinstance(error.ctx.command, click.Group) else []
        options = [_name(option) for option in error.ctx.command.get_params(error.ctx)]
        return f"no such command {unknown[1]}", _close(unknown[1], [*known, *options])
    extra = re.match(r"Got unexpected extra arguments? \((.*)\)", error.message)
    return _plain(error.format_message()), " ".join(_settings(extra[1].split(), error.ctx)) if extra else None


def _settings(given: Sequence[str], ctx: click.Context | None) -> list[str]:
    """Return the options --set that are meant by bare settings, where a config is taken; none if any is no setting."""
    from mnist_bp.config.access import as_setting

    takes_config = ctx and any(parameter.name in ("config", "config_file") for parameter in ctx.command.params)
    settings = [setting for each in given if takes_config and (setting := as_setting(each))]
    return settings if len(settings) == len(given) else []


def _name(parameter: click.Parameter | None) -> str:
    """Return the longest name of an option, or what help texts call an argument."""
    if isinstance(parameter, click.Argument):
        return re.sub(r"[\[\]]|\.\.\.", "", parameter.human_readable_name)
    return max(parameter.opts, key=len) if parameter else ""


def _expected(kind: "click.ParamType[Any]") -> str | None:
    if isinstance(kind, click.Choice):
        return f"one of {', '.join(map(str, kind.choices))}"
    if isinstance(kind, click.IntRange | click.FloatRange):
        number = "a whole number" if isinstance(kind, click.IntRange) else "a number"
        return f"{number} of at least {kind.min}" if kind.max is None else f"{number} from {kind.min} to {kind.max}"
    return None


def _close(given: str, known: Sequence[str]) -> str | None:
    """Return the most similar name with a word that begins as given, or else the most similar one; None if none is."""
    from mnist_bp.config.suggesting import closest

    begun = [name for name in known if any(word.startswith(given.lower()) for word in name.split("_"))]
    return closest(given, begun, 0) or closest(given, known)


def _plain(message: str) -> str:
    """Return a message of click's as a part of a sentence."""
    for theirs, ours in WORDS:
        message = re.sub(f"^{theirs}$", ours, message)
    message = message.replace("\n\t", " ").removesuffix(".")
    return message[0].lower() + message[1:] if message[1:2].islower() else message
