"""A `Config` to YAML."""

import math
import re
from functools import lru_cache

import yaml

from mnist_bp.config import nodes
from mnist_bp.config.access import plain
from mnist_bp.config.rules import Weights
from mnist_bp.config.schema import ITEMS, NESTED, SECTIONS, Config


def dump(config: Config) -> str:
    """Return `config` as YAML, every key written out; `load` reads it back as the same config."""
    lines = []
    for name, value in vars(config).items():
        if name in SECTIONS:
            lines.append(f"{name}:\n")
            lines += [f"  {key}: {written(key, item)}\n" for key, item in vars(value).items()]
        else:
            lines.append(f"{name}: {written(name, value)}\n")
    return "".join(lines)


@lru_cache(1 << 14, typed=True)  # 1 is not 1.0
def written(name: str, value: object) -> str:
    """Return the value of the key `name`, without its section, as YAML on one line, which `--set` reads back."""
    if type(value) is int:
        return str(value)  # as yaml.dump would, which takes long
    line = yaml.dump({name: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)
    return line.removeprefix(f"{name}: ").rstrip("\n")


class _Dumper(yaml.SafeDumper):
    """Writes [flow, lists] and {flow: mappings}, and quotes a string that `load` would take for a number."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{nodes.FLOAT.pattern})$"), None)
_Dumper.add_representer(
    tuple, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)
for _cls in (*NESTED.values(), *ITEMS.values(), Weights):
    _Dumper.add_representer(
        _cls,
        lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", plain(value).items(), flow_style=True),
    )
