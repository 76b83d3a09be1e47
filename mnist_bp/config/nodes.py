"""YAML as nodes, which know their lines: no object is ever constructed from YAML."""

import re
from pathlib import Path

import yaml

from mnist_bp.errors import BpError, Exit

MAX_CONFIG = 1 << 17  # of YAML; the longest config that the rules allow is dumped in fewer, so that it loads back


def read(path: Path) -> str:
    """Return the text of a file, or as much of it as shows that it is too long; raises BpError (exit 2)."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(MAX_CONFIG + 1)
    except OSError as error:
        raise BpError(f"{path}: cannot read the config file: {error.strerror}", code=Exit.USAGE) from error
    except UnicodeDecodeError as error:
        got = f"byte {error.object[error.start]:#04x}"
        raise BpError(f"{path}: expected UTF-8 text; got {got}", code=Exit.USAGE) from error


def parse(text: str, where: str) -> yaml.Node | None:
    """Parse one YAML document; raises BpError (exit 2), which says `where` the text is from. Nothing is None."""
    if len(text) > MAX_CONFIG:
        raise BpError(f"{where}: expected a config of at most {MAX_CONFIG} characters; got more", code=Exit.USAGE)
    try:
        document: yaml.Node | None = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BpError(f"{place(where, mark)}: not YAML: {error.problem or error.context}", code=Exit.USAGE) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML lets those of chr and int through
        raise BpError(f"{where}: not YAML: {str(error).splitlines()[0]}", code=Exit.USAGE) from error
    except RecursionError as error:
        raise BpError(f"{where}: expected a config; got something nested too deeply", code=Exit.USAGE) from error
    return document


# The plain scalars of YAML 1.2 (core schema, section 10.3.2): 1e-3 is a number, `no` a word, 010 ten.
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def place(source: str, mark: yaml.Mark | None) -> str:
    """Return where something stands: a file's name with the line, an override as it is."""
    return source if source.startswith("--set") else f"{source}:{mark.line + 1 if mark else 1}"


def mappings(node: yaml.Node | None) -> list[yaml.MappingNode]:
    """Return the items of a list if all are keys and values; a single such item stands for a list of one."""
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    mappings = [item for item in items if isinstance(item, yaml.MappingNode)]
    return mappings if len(mappings) == len(items) else []


def names(node: yaml.MappingNode) -> list[object]:
    """Return the keys of a mapping, as they are written."""
    return [key.value for key, _ in node.value]


def value(node: yaml.Node | None) -> object:
    """Return what a node stands for; ValueError for mappings, nested lists and tags, which no key accepts."""
    if node is None:
        return None
    if isinstance(node, yaml.SequenceNode) and not any(isinstance(item, yaml.SequenceNode) for item in node.value):
        return [value(item) for item in node.value]
    if not isinstance(node, yaml.ScalarNode) or node.tag != yaml.BaseLoader.DEFAULT_SCALAR_TAG:
        raise ValueError("neither a plain value nor a list of them")
    text: str = node.value
    if node.style or not (text in _WORDS or FLOAT.fullmatch(text)):  # quoted, or a word
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else float(text.replace(".inf", "inf").replace(".nan", "nan"))


def is_empty(node: yaml.Node | None) -> bool:
    """Whether nothing was written, as in `train:` without a value."""
    return node is None or (isinstance(node, yaml.ScalarNode) and not node.value and not node.style)


def shown(node: yaml.Node | None) -> str:
    """Return what the user wrote, short enough for one line."""
    if isinstance(node, yaml.SequenceNode):
        some = node.value[:60]
        items = ("[…]" if isinstance(item, yaml.SequenceNode) else shown(item) for item in some)
        text = f"[{', '.join(items)}]"
    elif isinstance(node, yaml.ScalarNode):
        tag = "" if node.tag == yaml.BaseLoader.DEFAULT_SCALAR_TAG else f"{node.tag} "
        got = node.value[:1000]
        text = tag + (repr(got) if node.style else got) or "nothing"
    else:
        text = "nothing" if node is None else "keys and values"
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
