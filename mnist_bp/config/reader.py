"""YAML and `KEY=VALUE` arguments to a `Config`; every mistake is found in one go, with its line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import yaml

from mnist_bp.config import catalog, nodes
from mnist_bp.config.access import replaced, rule_of, settable
from mnist_bp.config.contradictions import contradictions
from mnist_bp.config.former import FORMER
from mnist_bp.config.rules import MAX_ITEMS, Rule, Weights, choice, weight
from mnist_bp.config.schema import ITEMS, NESTED, SECTIONS, Config
from mnist_bp.config.suggesting import ALIKE, closest, meant, suggestion
from mnist_bp.errors import BpError, Exit

Entry = tuple[str, tuple[yaml.Node | None, str]]  # a dotted key, its value, its place

_INDIVISIBLE = (*ITEMS, *(key for key, each in settable().items() if each.rule.weighed))
MAX_MISTAKES = 100  # to report at once: aliases may repeat a bad list, so that they grow as the square of the file


def load(given: Path | str | None, overrides: Sequence[str] = ()) -> Config:
    """Read a config: defaults, then the file (None: no file), then overrides such as `train.epochs=3`, in order.

    The file may be given by the name of a config that comes with the package, such as `book`. All mistakes are in one
    BpError (exit 2), one line per mistake: place, key, what was expected, what it got; of a hundred or more, the first
    hundred.
    """
    if given is None:
        return parse("", "the defaults", overrides)
    file = catalog.find(given)
    return parse(nodes.read(file), str(file), overrides)


def parse(text: str, source: str, overrides: Sequence[str] = ()) -> Config:
    """Read a config from YAML as `load` does; `source` is what error messages call it."""
    reading = Reading()
    document = nodes.parse(text, source)
    if not nodes.is_empty(document):
        reading.take_mapping(document, source, "")
    for override in overrides:
        key, equals, value = override.partition("=")
        where = f"--set {override}"
        if equals:
            reading.take(key.strip(), _override(key.strip(), value, where), where, where)
        else:
            reading.note(f"{where}: expected KEY=VALUE, as in --set train.epochs=3")
    reading.require_right()
    config = reading.config(Config())
    reading.mistakes += contradictions(config)
    reading.require_right()
    return config


class Reading:
    """Values by dotted key, None for those that are mistaken, and the mistakes, with a hint for one of them."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.mistakes: list[str] = []
        self.hint: str | None = None

    def note(self, mistake: str, hint: str | None = None) -> None:
        """Add a mistake to those found; raise BpError if there are enough of them."""
        self.hint = self.hint or hint
        self.mistakes.append(mistake)
        if len(self.mistakes) == MAX_MISTAKES:
            raise BpError("\n".join([*self.mistakes, f"{MAX_MISTAKES} mistakes: stopped here"]), code=Exit.USAGE)

    def take_mapping(self, node: yaml.Node | None, source: str, section: str) -> None:
        """Take the keys of the whole document (`section` empty) or of one section."""
        for key, (value_node, where) in self.entries(node, source, section):
            if "." in key.removeprefix(f"{section}."):
                self.note(f"{where}: {key}: expected the key inside its section, as in train: {{epochs: 3}}")
            elif key not in SECTIONS:
                self.take(key, value_node, where, source)
            elif not nodes.is_empty(value_node):
                self.take_mapping(value_node, source, key)

    def entries(self, node: yaml.Node | None, source: str, section: str) -> Iterator[Entry]:
        """Yield each key of a mapping, dotted, with its value and its place."""
        if not isinstance(node, yaml.MappingNode):
            where = nodes.place(source, node.start_mark if node else None)
            self.note(f"{where}: expected keys and values{_in(section)}; got {nodes.shown(node)}")
            return
        seen = set()
        for key_node, value_node in node.value:
            where = nodes.place(source, key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self.note(f"{where}: expected a key{_in(section)}; got {nodes.shown(key_node)}")
                continue
            key = f"{section}.{key_node.value}" if section else key_node.value
            if key in seen:
                self.note(f"{where}: {key}: expected each key once; got it again")
            else:
                yield key, (value_node, where)
            seen.add(key)

    def take(self, key: str, node: yaml.Node | None, where: str, source: str) -> None:
        """Take the value of one key, which stands at a place (`where`) in a file or override (`source`)."""
        if key in FORMER and _stands_for(node, FORMER[key][0]):
            return  # it changed nothing then, and changes nothing now
        if self.require_known(key, where):
            value = self.accepted(key, node, where, source)
            if key in NESTED:  # what it leaves out has its default again
                whole = value or NESTED[key]
                self.values |= {f"{key}.{part.name}": getattr(whole, part.name) for part in fields(NESTED[key])}
            else:
                self.values[key] = value

    def require_known(self, key: str, where: str) -> bool:
        """Whether there is such a key; else note the mistake."""
        if key in SECTIONS:
            first = fields(SECTIONS[key])[0].name
            self.note(f"{where}: {key} is a section; expected one of its keys, such as {key}.{first}", _listing(key))
        elif whole := next((each for each in _INDIVISIBLE if key.startswith((f"{each}[", f"{each}."))), None):
            self.note(f"{where}: {key}: expected {whole} as a whole, {rule_of(whole).expected}")
        elif key in FORMER:
            self.note(f"{where}: {key}: no longer a key; {FORMER[key][1]}")
        elif key not in settable():
            self.note_unknown(key, where)
        else:
            return True
        return False

    def note_unknown(self, key: str, where: str) -> None:
        """Note that there is no such key, and which one was meant, or which there are."""
        section = key.rpartition(".")[0]
        own = [f"{section}.{field.name}" for field in fields(_class(section))] if _class(section) else []
        likely = None if section else closest(key, SECTIONS, ALIKE)
        if likely := likely or meant(key, [*own, *settable()]):
            self.note(f"{where}: {key}: unknown key; did you mean {likely}?")
        else:
            self.note(f"{where}: {key}: unknown key", _listing(section.partition(".")[0]))

    def accepted(self, key: str, node: yaml.Node | None, where: str, source: str) -> object:
        """Return the value of a known key; if it is mistaken, note that and return None."""
        if key in ITEMS and 0 < len(items := nodes.mappings(node)) <= MAX_ITEMS:
            return tuple(self.item(f"{key}[{i}]", item, source) for i, item in enumerate(items))
        if isinstance(node, yaml.MappingNode) and key in NESTED:
            given = self.item(key, node, source)
            return None if given == NESTED[key]() else given
        if isinstance(node, yaml.MappingNode) and rule_of(key).weighed:
            return self.weights(key, node, source)
        return self.value(key, rule_of(key), node, where)

    def item(self, name: str, node: yaml.MappingNode, source: str) -> object:
        """Return what has keys and values: `data.augment`, or an item of a list such as `model.conv[0]`."""
        cls = _class(name)
        known = {f"{name}.{key.name}": key for key in fields(cls)}
        required = {key: (None, nodes.place(source, node.start_mark)) for key in known if known[key].default is MISSING}
        values = {}
        for key, (value_node, where) in (required | dict(self.entries(node, source, name))).items():
            if key in known:
                field = known[key]
                values[field.name] = self.value(key, field.metadata["key"].rule, value_node, where)
            else:
                self.note_unknown(key, where)
        return cls(**values)

    def weights(self, key: str, node: yaml.MappingNode, source: str) -> Weights:
        """Return the weights that a key holds by their names, in order."""
        names = choice(*rule_of(key).weighed)
        found: dict[str, Any] = {}
        for dotted, (value_node, where) in self.entries(node, source, key):
            given = dotted.removeprefix(f"{key}.")
            try:
                name = str(names.accept(given))
            except ValueError:
                self.note(f"{where}: {key}: expected {names.expected}; got {given}{suggestion(given, names.choices)}")
                continue
            if name in found:
                self.note(f"{where}: {key}: expected each name once; got {name} again")
            found[name] = self.value(f"{key}.{name}", weight, value_node, where)
        return Weights(sorted(found.items()))

    def value(self, key: str, rule: Rule, node: yaml.Node | None, where: str) -> object:
        """Return a value that its rule accepts; else note the mistake and return None."""
        try:
            return rule.accept(nodes.value(node))
        except ValueError:
            got = nodes.shown(node)
            self.note(f"{where}: {key}: expected {rule.expected}; got {got}{suggestion(got, rule.choices)}")
            return None

    def config(self, base: Config) -> Config:
        """Return `base` with the values that were taken, which must be right."""
        return replaced(base, self.values)

    def require_right(self) -> None:
        """Raise BpError (exit 2) if there are mistakes."""
        if self.mistakes:
            raise BpError("\n".join(self.mistakes), code=Exit.USAGE, hint=self.hint)


def _stands_for(node: yaml.Node | None, value: object) -> bool:
    try:
        return nodes.value(node) == value
    except ValueError:
        return False


def _class(section: str) -> Any:
    """Return the dataclass of a section, of what it nests, or of an item such as `model.conv[0]`; None for others."""
    return SECTIONS.get(section) or NESTED.get(section) or ITEMS.get(re.sub(r"\[\d+\]$", "", section))


def _in(section: str) -> str:
    return f" in section {section}" if section else ""


def _listing(section: str) -> str:
    known = f" {section}" if section in SECTIONS else ""
    return f"`bp config --keys{known}` lists the keys{_in(known.strip())}"


def _override(key: str, text: str, where: str) -> yaml.Node | None:
    """Return the value of an override; a list needs no brackets there."""
    is_list = key in settable() and rule_of(key).is_list
    return nodes.parse(f"[{text}]" if is_list and "," in text and text.strip()[0] != "[" else text, where)
