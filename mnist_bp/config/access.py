"""The keys of a config by their dotted names: what is known of each, and its value in a config."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass, replace
from functools import cache
from typing import Any

from mnist_bp.config.key import Key
from mnist_bp.config.rules import Rule, Weights
from mnist_bp.config.schema import ITEMS, NESTED, SECTIONS, Config
from mnist_bp.config.suggesting import meant


@cache
def _fields() -> dict[str, "Field[Any]"]:
    found: dict[str, Field[Any]] = {}
    for section, cls in SECTIONS.items():
        for each in fields(cls):
            name = f"{section}.{each.name}"
            found[name] = each
            found |= {f"{name}.{part.name}": part for part in fields(NESTED[name])} if name in NESTED else {}
    return found | {each.name: each for each in fields(Config) if each.name not in SECTIONS}


@cache
def settable() -> dict[str, Key]:
    """Return all that can be set by its dotted name: every key, and before those of data.augment that as a whole."""
    return {name: each.metadata["key"] for name, each in _fields().items()}


@cache
def keys() -> dict[str, Key]:
    """Return every key by its dotted name, in the order of a config file."""
    return {name: key for name, key in settable().items() if name not in NESTED}


@cache
def defaults() -> dict[str, object]:
    """Return the default of every key."""
    return {name: _fields()[name].default for name in keys()}


def documented() -> Iterator[tuple[str, object, Key]]:
    """Yield name, default (or MISSING) and what is known of all that can be set, and of the keys of a list's items."""
    for name, each in _fields().items():
        yield name, each.default, each.metadata["key"]
        for item in fields(ITEMS[name]) if name in ITEMS else ():
            yield f"{name}[].{item.name}", item.default, item.metadata["key"]


def as_setting(given: str) -> str | None:
    """Return the option --set that is meant by a bare `epochs=3`; None if that is like no KEY=VALUE."""
    name, equals, value = given.partition("=")
    key = meant(name, [*settable()]) if equals else None
    return f"--set {shlex.quote(f'{key}={value}')}" if key else None


def rule_of(key: str) -> Rule:
    """Return what the dotted key accepts."""
    return settable()[key].rule


def holds_mappings(key: str) -> bool:
    """Whether YAML writes a value of the dotted key, or an item of it, as keys and values."""
    return key in NESTED or key in ITEMS or bool(rule_of(key).weighed)


def value_of(config: Config, key: str) -> object:
    """Return the value of a dotted key."""
    section, _, name = key.rpartition(".")
    if section in NESTED:
        holder = value_of(config, section) or NESTED[section]  # the class, whose attributes are the defaults
    else:
        holder = getattr(config, section) if section else config
    value: object = getattr(holder, name)
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
        if section in NESTED:
            outer, _, whole = section.rpartition(".")
            own = by_section.setdefault(outer, {})
            own[whole] = replace(own.get(whole, value_of(config, section)) or NESTED[section](), **{name: value})
        else:
            by_section.setdefault(section, {})[name] = value
    top = by_section.pop("", {})
    sections = {section: replace(getattr(config, section), **new) for section, new in by_section.items()}
    return replace(config, **top, **sections)


def changes(before: Config, after: Config) -> dict[str, tuple[str, str]]:
    """Return the keys in which two configs differ, each with both values as one would write them."""
    pairs = {key: (value_of(before, key), value_of(after, key)) for key in keys()}
    return {key: (as_written(old), as_written(new)) for key, (old, new) in pairs.items() if old != new}


def as_written(value: object) -> str:
    """Return a value as one would write it."""
    return json.dumps(plain(value))


def plain(value: object) -> Any:
    """Return a value, or a whole config, as plain data for JSON."""
    if is_dataclass(value):
        return {name: plain(item) for name, item in vars(value).items()}
    if isinstance(value, Weights):
        return dict(value)
    return [plain(item) for item in value] if isinstance(value, tuple) else value
