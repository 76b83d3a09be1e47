"""A config as `dump` wrote it, read in a tenth of the time: most of the time of a table of many runs would go here."""

from functools import cache

from mnist_bp.config.former import FORMER
from mnist_bp.config.reader import parse
from mnist_bp.config.schema import Config
from mnist_bp.config.writer import dump
from mnist_bp.errors import BpError


def parse_dumped(text: str, source: str) -> Config:
    """Read a config as `parse` does; of one that `dump` wrote, only the lines unlike the defaults are read as YAML.

    So it is with one that a `dump` of other keys wrote: those that it lacks have their defaults, and former ones are
    left out, whatever their values.
    """
    text = without_former(text)
    lines = _by_key(text)
    unlike = [(key, line) for key, line in lines.items() if line != _default_lines().get(key)]
    try:
        config = parse("", source, [f"{key}={line.partition(': ')[2]}" for key, line in unlike])
        if "".join(f"{line}\n" for key, line in _by_key(dump(config)).items() if key in lines) == text:
            return config
    except BpError:
        pass  # and now with the line's number
    return parse(text, source)


def without_former(text: str) -> str:
    """Return a config that a `dump` wrote without the lines of former keys."""
    former = [f"{line}\n" for key, line in _by_key(text).items() if key in FORMER]
    return "".join(line for line in text.splitlines(keepends=True) if line not in former)


def _by_key(text: str) -> dict[str, str]:
    """Return the lines by their dotted keys; that of a section is its name."""
    section, lines = "", {}
    for line in text.splitlines():
        name = line.partition(":")[0]
        if line.endswith(":"):
            section = name
        lines[f"{section}.{name.strip()}" if name.startswith(" ") else name] = line
    return lines


@cache
def _default_lines() -> dict[str, str]:
    return _by_key(dump(Config()))
