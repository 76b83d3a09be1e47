"""YAML and `KEY=VALUE` arguments to a `Config` and back; every mistake is found in one go, with its line."""

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

import yaml

from mnist_bp.config.rules import Rule
from mnist_bp.config.schema import SECTIONS, Config, contradictions, keys
from mnist_bp.errors import BpError, Exit

MAX_FILE_BYTES = 1 << 20


def load(path: Path | str | None, overrides: Sequence[str] = ()) -> Config:
    """Read a config: defaults, then the file (None: no file), then overrides such as `train.epochs=3`, in order.

    All mistakes come in one BpError (exit 2), one line per mistake: place, key, what was expected, what came.
    """
    reading = _Reading()
    if path is not None:
        document = _parse(_read(Path(path)), str(path))
        if _shown(document) != "nothing":
            reading.take_mapping(document, str(path), "")
    for override in overrides:
        key, equals, text = override.partition("=")
        where = f"--set {override}"
        if equals:
            reading.take(key.strip(), _parse(text, where), where)
        else:
            reading.mistakes.append(f"{where}: expected KEY=VALUE, as in --set train.epochs=3")
    config = reading.config()
    mistakes = reading.mistakes or list(contradictions(config))
    if mistakes:
        raise BpError("\n".join(mistakes), code=Exit.USAGE)
    return config


def dump(config: Config) -> str:
    """Return `config` as YAML, every key written out; `load` reads it back as the same config."""
    return yaml.dump(asdict(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)


class _Reading:
    """Values by dotted key, as far as they are right, and the mistakes."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.mistakes: list[str] = []

    def take_mapping(self, node: yaml.Node | None, file: str, section: str) -> None:
        """Take the keys of the whole document (`section` empty) or of one section."""
        if not isinstance(node, yaml.MappingNode):
            line = node.start_mark.line + 1 if node else 1
            self.mistakes.append(f"{file}:{line}: expected keys and values{_in(section)}; got {_shown(node)}")
            return
        seen = set()
        for key_node, value_node in node.value:
            where = f"{file}:{key_node.start_mark.line + 1}"
            if not isinstance(key_node, yaml.ScalarNode):
                self.mistakes.append(f"{where}: expected a key{_in(section)}; got {_shown(key_node)}")
                continue
            key = f"{section}.{key_node.value}" if section else key_node.value
            if "." in key_node.value:
                self.mistakes.append(f"{where}: {key}: expected the key inside its section, as in train: {{epochs: 3}}")
            elif key in seen:
                self.mistakes.append(f"{where}: {key}: expected each key once; got it again")
            elif key not in SECTIONS:
                self.take(key, value_node, where)
            elif _shown(value_node) != "nothing":
                self.take_mapping(value_node, file, key)
            seen.add(key)

    def take(self, key: str, node: yaml.Node | None, where: str) -> None:
        """Take one value."""
        known = keys()
        if key in SECTIONS:
            self.mistakes.append(f"{where}: {key} is a section; expected one of its keys{_list(key)}")
        elif key not in known:
            self.mistakes.append(f"{where}: {key}: unknown key; {_suggestion(key)}")
        else:
            rule: Rule = known[key].metadata["rule"]
            try:
                self.values[key] = rule.accept(_value(node))
            except ValueError:
                self.mistakes.append(f"{where}: {key}: expected {rule.expected}; got {_shown(node)}")

    def config(self) -> Config:
        """Return the defaults with the values that were right."""
        config = Config()
        for key, value in self.values.items():
            section, dot, name = key.rpartition(".")
            change = {section: replace(getattr(config, section), **{name: value})} if dot else {name: value}
            config = replace(config, **change)
        return config


def _in(section: str) -> str:
    return f" in section {section}" if section else ""


def _list(section: str) -> str:
    return ": " + ", ".join(f"{section}.{key.name}" for key in fields(SECTIONS[section]))


def _suggestion(key: str) -> str:
    section, _, name = key.rpartition(".")
    if section in SECTIONS:
        own = [field.name for field in fields(SECTIONS[section])]
        close = [f"{section}.{match}" for match in difflib.get_close_matches(name, own, n=1)]
    else:
        close = difflib.get_close_matches(name, SECTIONS, n=1)
    close += [known for known in keys() if known.endswith(f".{name}")]
    if close:
        return f"did you mean {close[0]}?"
    return (
        f"section {section} has{_list(section)}" if section in SECTIONS else f"expected {', '.join(SECTIONS)} or seed"
    )


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BpError(f"{path}: cannot read the config file: {error.strerror}", code=Exit.USAGE) from error
    if len(raw) > MAX_FILE_BYTES:
        raise BpError(f"{path}: expected a config file of at most {MAX_FILE_BYTES} bytes; got more", code=Exit.USAGE)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BpError(f"{path}: expected UTF-8 text; got byte {raw[error.start]:#04x}", code=Exit.USAGE) from error


def _parse(text: str, where: str) -> yaml.Node | None:
    """Parse one YAML document into nodes, which know their lines. No object is ever constructed from YAML."""
    try:
        document: yaml.Node | None = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark and not where.startswith("--set") else ""
        raise BpError(f"{where}{line}: not YAML: {error.problem or error.context}", code=Exit.USAGE) from error
    except yaml.YAMLError as error:
        raise BpError(f"{where}: not YAML: {str(error).splitlines()[0]}", code=Exit.USAGE) from error
    except RecursionError as error:
        raise BpError(f"{where}: expected a config; got something nested too deeply", code=Exit.USAGE) from error
    return document


# The plain scalars of YAML 1.2 (core schema, section 10.3.2): 1e-3 is a number, `no` a word, 010 ten.
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def _value(node: yaml.Node | None) -> object:
    """Return what a node stands for; ValueError for mappings, nested lists and tags, which no key accepts."""
    if node is None:
        return None
    if isinstance(node, yaml.SequenceNode) and not any(isinstance(item, yaml.SequenceNode) for item in node.value):
        return [_value(item) for item in node.value]
    if not isinstance(node, yaml.ScalarNode) or node.tag != yaml.BaseLoader.DEFAULT_SCALAR_TAG:
        raise ValueError("neither a plain value nor a list of them")
    text: str = node.value
    if node.style or not (text in _WORDS or _FLOAT.fullmatch(text)):  # quoted, or a word
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _shown(node: yaml.Node | None) -> str:
    """Return what the user wrote, short enough for one line."""
    if isinstance(node, yaml.SequenceNode):
        items = ("[…]" if isinstance(item, yaml.SequenceNode) else _shown(item) for item in node.value)
        shown = f"[{', '.join(items)}]"
    elif isinstance(node, yaml.ScalarNode):
        tag = "" if node.tag == yaml.BaseLoader.DEFAULT_SCALAR_TAG else f"{node.tag} "
        shown = tag + (repr(node.value) if node.style else node.value) or "nothing"
    else:
        shown = "nothing" if node is None else "keys and values"
    shown = " ".join(shown.split())
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


class _Dumper(yaml.SafeDumper):
    """Writes tuples as [flow, lists] and quotes a string that `load` would take for a number."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{_FLOAT.pattern})$"), None)
_Dumper.add_representer(
    tuple, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)
