"""The keys of a config by their dotted names: what is known of each, and its value in a config."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import Field, asdict, fields, replace
from functools import cache
from typing import Any

from mnist_bp.config.key import Key
from mnist_bp.config.rules import Rule
from mnist_bp.config.schema import SECTIONS, Config
from mnist_bp.config.suggesting import meant


@cache
def _fields() -> dict[str, "Field[Any]"]:
    dotted = {f"{section}.{each.name}": each for section, cls in SECTIONS.items() for each in fields(cls)}
    return dotted | {each.name: each for each in fields(Config) if each.name not in SECTIONS}


@cache
def keys() -> dict[str, Key]:
    """Return every key by its dotted name, in the order of a config file."""
    return {name: each.metadata["key"] for name, each in _fields().items()}


@cache
def defaults() -> dict[str, object]:
    """Return the default of every key."""
    return {name: each.default for name, each in _fields().items()}


def as_setting(given: str) -> str | None:
    """Return the option --set that is meant by a bare `epochs=3`; None if that is like no KEY=VALUE."""
    name, equals, value = given.partition("=")
    key = meant(name, [*keys()]) if equals else None
    return f"--set {shlex.quote(f'{key}={value}')}" if key else None


def rule_of(key: str) -> Rule:
    """Return what the dotted key accepts."""
    return keys()[key].rule


def value_of(config: Config, key: str) -> object:
    """Return the value of a dotted key."""
    section, _, name = key.rpartition(".")
    value: object = getattr(getattr(config, section) if section else config, name)
    return value


def used(config: Config, chooser: str) -> dict[str, Any]:
    """Return the keys that another key's value uses, by their last names: of train.optimizer=adam, beta1 and so on."""
    chosen = value_of(config, chooser)
    return {
        name.rpartition(".")[2]: value_of(config, name)
        for name, key in keys().items()
        if key.used_by[:1] == (chooser,) and chosen in key.used_by[1:]
    }


def replaced(config: Config, values: Mapping[str, object]) -> Config:
    """Return `config` with other values for some dotted keys; nothing is checked."""
    by_section: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        by_section.setdefault(section, {})[name] = value
    own = by_section.pop("", {})
    sections = {section: replace(getattr(config, section), **new) for section, new in by_section.items()}
    return replace(config, **own, **sections)


def changes(before: Config, after: Config) -> dict[str, tuple[str, str]]:
    """Return the keys in which two configs differ, each with both values as one would write them."""
    pairs = {key: (value_of(before, key), value_of(after, key)) for key in keys()}
    return {key: (as_written(old), as_written(new)) for key, (old, new) in pairs.items() if old != new}


def as_written(value: object) -> str:
    """Return a value as one would write it."""
    return json.dumps(value, default=asdict)


def plain(value: object) -> object:
    """Return a value as plain data, for JSON."""
    return json.loads(as_written(value))
