"""YAML and `KEY=VALUE` arguments to a `Config` and back; every mistake is found in one go, with its line."""

import difflib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, asdict, fields, replace
from pathlib import Path
from typing import Any

import yaml

from mnist_bp.config.rules import MAX_ITEMS, Rule
from mnist_bp.config.schema import ITEMS, SECTIONS, Config, contradictions, keys
from mnist_bp.errors import BpError, Exit

MAX_CONFIG = 1 << 17  # of YAML; the longest config that the rules allow is dumped in fewer, so that it loads back
MAX_MISTAKES = 100  # to report at once: aliases may repeat a bad list, so that they grow as the square of the file


def load(path: Path | str | None, overrides: Sequence[str] = ()) -> Config:
    """Read a config: defaults, then the file (None: no file), then overrides such as `train.epochs=3`, in order.

    All mistakes come in one BpError (exit 2), one line per mistake: place, key, what was expected, what came; of a
    hundred or more, the first hundred.
    """
    return parse("" if path is None else _read(Path(path)), str(path), overrides)


def parse(text: str, source: str, overrides: Sequence[str] = ()) -> Config:
    """Read a config from YAML as `load` does; `source` is what error messages call it."""
    reading = _Reading()
    document = _parse(text, source)
    if _shown(document) != "nothing":
        reading.take_mapping(document, source, "")
    for override in overrides:
        key, equals, value = override.partition("=")
        where = f"--set {override}"
        if equals:
            reading.take(key.strip(), _parse(value, where), where, where)
        else:
            reading.note(f"{where}: expected KEY=VALUE, as in --set train.epochs=3")
    config = reading.config()
    mistakes = reading.mistakes or list(contradictions(config))
    if mistakes:
        raise BpError("\n".join(mistakes), code=Exit.USAGE)
    return config


def dump(config: Config) -> str:
    """Return `config` as YAML, every key written out; `load` reads it back as the same config."""
    return yaml.dump(asdict(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)


class _Reading:
    """Values by dotted key, None for those that are mistaken, and the mistakes."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.mistakes: list[str] = []

    def note(self, mistake: str) -> None:
        """Add a mistake to those found; raise BpError if there are enough of them."""
        self.mistakes.append(mistake)
        if len(self.mistakes) == MAX_MISTAKES:
            raise BpError("\n".join([*self.mistakes, f"{MAX_MISTAKES} mistakes: stopped here"]), code=Exit.USAGE)

    def take_mapping(self, node: yaml.Node | None, source: str, section: str) -> None:
        """Take the keys of the whole document (`section` empty) or of one section."""
        for key, (value_node, where) in self.entries(node, source, section):
            if key not in SECTIONS:
                self.take(key, value_node, where, source)
            elif _shown(value_node) != "nothing":
                self.take_mapping(value_node, source, key)

    def entries(
        self, node: yaml.Node | None, source: str, section: str
    ) -> Iterator[tuple[str, tuple[yaml.Node | None, str]]]:
        """Yield each key of a mapping, dotted, with its value and its place."""
        if not isinstance(node, yaml.MappingNode):
            where = _place(source, node.start_mark if node else None)
            self.note(f"{where}: expected keys and values{_in(section)}; got {_shown(node)}")
            return
        seen = set()
        for key_node, value_node in node.value:
            where = _place(source, key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self.note(f"{where}: expected a key{_in(section)}; got {_shown(key_node)}")
                continue
            key = f"{section}.{key_node.value}" if section else key_node.value
            if "." in key_node.value:
                self.note(f"{where}: {key}: expected the key inside its section, as in train: {{epochs: 3}}")
            elif key in seen:
                self.note(f"{where}: {key}: expected each key once; got it again")
            else:
                yield key, (value_node, where)
            seen.add(key)

    def take(self, key: str, node: yaml.Node | None, where: str, source: str) -> None:
        """Take the value of one key, which stands at a place (`where`) in a file or override (`source`)."""
        known = keys()
        if key in SECTIONS:
            self.note(f"{where}: {key} is a section; expected one of its keys{_list(key)}")
        elif whole := next((item for item in ITEMS if key.startswith((f"{item}[", f"{item}."))), None):
            expected = known[whole].metadata["rule"].expected
            self.note(f"{where}: {key}: expected {whole} as a whole, {expected}")
        elif key not in known:
            self.note(f"{where}: {key}: unknown key; {_suggestion(key)}")
        elif key in ITEMS and 0 < len(items := _mappings(node)) <= MAX_ITEMS:
            self.values[key] = tuple(self.item(f"{key}[{i}]", item, source) for i, item in enumerate(items))
        else:
            self.values[key] = self.value(key, known[key], node, where)

    def item(self, name: str, node: yaml.MappingNode, source: str) -> object:
        """Return an item of a list, such as `model.conv[0]`, made of its keys and values."""
        cls = _class(name)
        known = {f"{name}.{key.name}": key for key in fields(cls)}
        required = {key: (None, _place(source, node.start_mark)) for key in known if known[key].default is MISSING}
        values = {}
        for key, (value_node, where) in (required | dict(self.entries(node, source, name))).items():
            if key in known:
                values[known[key].name] = self.value(key, known[key], value_node, where)
            else:
                self.note(f"{where}: {key}: unknown key; {_suggestion(key)}")
        return cls(**values)

    def value(self, key: str, field: "Field[Any]", node: yaml.Node | None, where: str) -> object:
        """Return a value that its key accepts; else note the mistake and return None."""
        rule: Rule = field.metadata["rule"]
        try:
            return rule.accept(_value(node))
        except ValueError:
            self.note(f"{where}: {key}: expected {rule.expected}; got {_shown(node)}")
            return None

    def config(self) -> Config:
        """Return the defaults with the values that were taken."""
        config = Config()
        for key, value in self.values.items():
            section, dot, name = key.rpartition(".")
            change = {section: replace(getattr(config, section), **{name: value})} if dot else {name: value}
            config = replace(config, **change)
        return config


def _place(source: str, mark: yaml.Mark | None) -> str:
    """Return where something stands: a file's name with the line, an override as it is."""
    return source if source.startswith("--set") else f"{source}:{mark.line + 1 if mark else 1}"


def _class(section: str) -> Any:
    """Return the dataclass of a section or of an item such as `model.conv[0]`; None for other names."""
    return SECTIONS.get(section) or ITEMS.get(re.sub(r"\[\d+\]$", "", section))


def _in(section: str) -> str:
    return f" in section {section}" if section else ""


def _list(section: str) -> str:
    return ": " + ", ".join(f"{section}.{key.name}" for key in fields(_class(section)))


def _suggestion(key: str) -> str:
    section, _, name = key.rpartition(".")
    if cls := _class(section):
        own = [field.name for field in fields(cls)]
        close = [f"{section}.{match}" for match in difflib.get_close_matches(name, own, n=1)]
    else:
        close = difflib.get_close_matches(name, SECTIONS, n=1)
    close += [known for known in keys() if known.endswith(f".{name}")]
    if close:
        return f"did you mean {close[0]}?"
    return f"section {section} has{_list(section)}" if cls else f"expected {', '.join(SECTIONS)} or seed"


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(MAX_CONFIG + 1)
    except OSError as error:
        raise BpError(f"{path}: cannot read the config file: {error.strerror}", code=Exit.USAGE) from error
    except UnicodeDecodeError as error:
        came = f"byte {error.object[error.start]:#04x}"
        raise BpError(f"{path}: expected UTF-8 text; got {came}", code=Exit.USAGE) from error


def _parse(text: str, where: str) -> yaml.Node | None:
    """Parse one YAML document into nodes, which know their lines. No object is ever constructed from YAML."""
    if len(text) > MAX_CONFIG:
        raise BpError(f"{where}: expected a config of at most {MAX_CONFIG} characters; got more", code=Exit.USAGE)
    try:
        document: yaml.Node | None = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BpError(f"{_place(where, mark)}: not YAML: {error.problem or error.context}", code=Exit.USAGE) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML lets those of chr and int through
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


def _mappings(node: yaml.Node | None) -> list[yaml.MappingNode]:
    """Return the items of a list if all are keys and values; a single such item stands for a list of one."""
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    mappings = [item for item in items if isinstance(item, yaml.MappingNode)]
    return mappings if len(mappings) == len(items) else []


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
        some = node.value[:60]
        items = ("[…]" if isinstance(item, yaml.SequenceNode) else _shown(item) for item in some)
        shown = f"[{', '.join(items)}]"
    elif isinstance(node, yaml.ScalarNode):
        tag = "" if node.tag == yaml.BaseLoader.DEFAULT_SCALAR_TAG else f"{node.tag} "
        text = node.value[:1000]
        shown = tag + (repr(text) if node.style else text) or "nothing"
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
