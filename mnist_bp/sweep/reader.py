"""A sweep from YAML and `KEY=V1,V2` arguments; every mistake is found in one go, with its line."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mnist_bp import config as configs
from mnist_bp.config import Config, catalog, nodes, rule_of, rules, settable
from mnist_bp.config.access import holds_mappings
from mnist_bp.config.reader import Reading
from mnist_bp.config.schema import NESTED, SECTIONS
from mnist_bp.config.suggesting import suggestion
from mnist_bp.errors import BpError
from mnist_bp.sweep.axes import MOST_VALUES, Choice, Range, Uniform

OWN = ("base", "grid", "random", "seeds")  # the keys of a sweep file that are no config's
OPTIONS = ("out", "missing", "save", "config", "metric", "keep", "format")  # of bp sweep, which no key is meant by
MOST_DRAWS = 100_000
BOUNDS = ("from", "to", "step", "factor")
DISTRIBUTIONS = ("uniform", "log_uniform", "choice")
RANGE = "{from: 1, to: 9, step: 2} or {from: 1e-4, to: 1, factor: 10}"
DISTRIBUTION = "{uniform: [LOW, HIGH]}, {log_uniform: [LOW, HIGH]} or {choice: [VALUE, ...]}"


@dataclass(frozen=True)
class Sweep:
    """A base config and what varies in it: each draw of `random` with each point of `grid` with each seed."""

    base: Config
    grid: dict[str, Iterable[object]]
    random: dict[str, Choice | Uniform]
    draws: int
    draw_seed: int
    seeds: Iterable[Any]  # integers


def load(path: Path | None, base: str | None, axes: Sequence[str], seeds: int | None) -> Sweep:
    """Read a sweep file (None: no file); a base config, axes such as `train.epochs=1,3` and seeds replace its own.

    A sweep file is a config with axes beside it, and its `base` another config, which it changes: a file, seen from the
    sweep's folder, or a name. All mistakes come in one BpError (exit 2), one line per mistake.
    """
    reading = _SweepReading()
    if path is not None:
        reading.take_file(path)
    for axis in axes:
        reading.take_override(axis)
    if seeds is not None:
        reading.seeds = range(seeds)
    if not (reading.grid or reading.random or reading.seeds or reading.mistakes):
        reading.note(f"{path or base}: expected something to vary: grid, random, seeds or --set KEY=V1,V2")
    reading.require_right()
    start: str | Path | None = base
    if start is None and path is not None and reading.base is not None:
        name, where = reading.base
        try:
            start = catalog.find(name, path.parent)
        except BpError as error:
            raise BpError(f"{where}: base: {error}", code=error.code, hint=error.hint) from error
    config = reading.config(configs.load(start))
    return Sweep(config, reading.grid, reading.random, reading.draws, reading.draw_seed, reading.seeds or [config.seed])


class _SweepReading(Reading):
    """What was read of a sweep: its own keys as attributes, those of a config as `values`."""

    def __init__(self) -> None:
        super().__init__()
        self.base: tuple[str, str] | None = None  # and its place
        self.grid: dict[str, Iterable[object]] = {}
        self.random: dict[str, Choice | Uniform] = {}
        self.draws, self.draw_seed = 1, 0
        self.seeds: Iterable[Any] = ()

    def take_file(self, path: Path) -> None:
        """Take a sweep file's keys."""
        source = str(path)
        for key, (node, where) in self.entries(nodes.parse(nodes.read(path), source), source, ""):
            if key == "base":
                self.base = str(self.value(key, rules.string, node, where)), where
            elif key == "grid":
                self.take_grid(node, where, source)
            elif key == "random":
                self.take_random(node, where, source)
            elif key == "seeds":
                self.take_seeds(node, where, source)
            elif key in SECTIONS:
                if not nodes.is_empty(node):
                    self.take_mapping(node, source, key)
            elif key == "seed":
                self.take(key, node, where, source)
            elif key.partition(".")[0] in SECTIONS:
                section, _, name = key.partition(".")
                self.note(f"{where}: {key}: expected {section}: {{{name}: ...}}, or the key in grid to vary it")
            else:
                known = [*OWN, *SECTIONS, "seed"]
                advice = suggestion(key, known) or f"; expected {', '.join(known)}"
                self.note(f"{where}: {key}: unknown key{advice}")

    def take_override(self, override: str) -> None:
        """Take an axis such as `train.learning_rate=0.01,0.1`, in place of the key's own."""
        key, equals, text = override.partition("=")
        key, where = key.strip(), f"--set {override}"
        if not equals:
            self.note(f"{where}: expected KEY=V1,V2, as in --set 'train.learning_rate=0.01,0.1'")
        elif self.require_varying(key, where):
            node = nodes.parse(f"[{text}]", where)
            if isinstance(node, yaml.SequenceNode) and [type(item) for item in node.value] == [yaml.MappingNode]:
                node = node.value[0]  # a range
            self.random.pop(key, None)
            values = self.axis(key, node, where, where)
            if key == "seed":
                self.seeds = values
            else:
                self.grid[key] = values

    def require_varying(self, key: str, where: str) -> bool:
        """Whether a key makes one setting differ from another; if it does not, or is none, that is noted."""
        if not self.require_known(key, where):
            return False
        if key != "seed" and not settable()[key].of_setting:
            self.note(f"{where}: {key}: expected a key on which the results depend")
            return False
        return True

    def take_grid(self, node: yaml.Node | None, where: str, source: str) -> None:
        """Take the axes of which every combination is a point."""
        before = len(self.mistakes)
        for key, values, place in self.axes(node, source, "grid"):
            self.grid[key] = self.axis(key, values, place, source)
        if not self.grid and len(self.mistakes) == before:
            self.note(f"{where}: grid: expected at least one key with its values; got none")

    def take_random(self, node: yaml.Node | None, where: str, source: str) -> None:
        """Take the number of draws, their seed, and a distribution for each key."""
        before, draws = len(self.mistakes), 0
        for key, value, place in self.axes(node, source, "random"):
            if key == "n":
                draws = self.draws = self.whole("random.n", 1, MOST_DRAWS, value, place)
            elif key == "seed":
                self.draw_seed = self.whole("random.seed", 0, 2**63 - 1, value, place)
            elif found := self.distribution(key, value, place, source):
                self.random[key] = found
        if not (self.random and draws) and len(self.mistakes) == before:
            self.note(f"{where}: random: expected n, the number of draws, and at least one key with its distribution")

    def take_seeds(self, node: yaml.Node | None, where: str, source: str) -> None:
        """Take how many seeds, from 0 on, or which."""
        if isinstance(node, yaml.ScalarNode):
            self.seeds = range(self.whole("seeds", 1, MOST_VALUES, node, where))
        else:
            self.seeds = self.axis("seed", node, where, source)

    def axes(self, node: yaml.Node | None, source: str, section: str) -> Iterator[tuple[str, yaml.Node | None, str]]:
        """Yield the keys of grid or random, without the section's name, with value and place; note those of no use."""
        for name, (value, where) in self.entries(node, source, section):
            own, _, key = name.partition(".")
            if key in (*SECTIONS, *NESTED) and isinstance(value, yaml.MappingNode) and nodes.names(value) != ["choice"]:
                yield from self.axes(value, source, name)
            elif name in ("random.n", "random.seed"):
                yield key, value, where
            elif key == "seed":
                self.note(f"{where}: {name}: expected seeds: 5 or seeds: [3, 7], outside of {own}")
            elif key in self.grid or key in self.random:
                self.note(f"{where}: {name}: expected each key once; got it again")
            elif key in OPTIONS:
                self.note(f"{where}: {key}: unknown key; --{key} is an option of bp sweep")
            elif self.require_varying(key, where):
                yield key, value, where

    def axis(self, key: str, node: yaml.Node | None, where: str, source: str) -> Iterable[object]:
        """Return the values of a key: those of a list, a single one, or those of a range."""
        if isinstance(node, yaml.MappingNode) and not holds_mappings(key):
            return self.range(key, node, where, source)
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not items or nodes.is_empty(node):
            self.note(f"{where}: {key}: expected at least one value; got {nodes.shown(node)}")
            return ()
        before = len(self.mistakes)
        values = [self.accepted(key, item, where, source) for item in items]
        if len(self.mistakes) == before and len({*values}) < len(values):
            self.note(f"{where}: {key}: expected each value once; got {nodes.shown(node)}")
        return values

    def range(self, key: str, node: yaml.MappingNode, where: str, source: str) -> Iterable[object]:
        """Return the values of a key from one to another, by a step or a factor."""
        before = len(self.mistakes)
        entries = {name.removeprefix(f"{key}."): entry for name, entry in self.entries(node, source, key)}
        expected = f"expected a list of values, or a range such as {RANGE}"
        if (unknown := next((name for name in entries if name not in BOUNDS), None)) is not None:
            drawn = "; values are drawn under random: in a sweep file" if unknown in DISTRIBUTIONS else ""
            self.note(f"{where}: {key}: {expected}; got {unknown}{drawn or suggestion(unknown, BOUNDS)}")
            return ()
        given = {name: self.number(f"{key}.{name}", *entry) for name, entry in entries.items()}
        first, last, step, factor = map(given.get, BOUNDS)
        if len(self.mistakes) > before:
            return ()
        if first is None or last is None or (step is None) == (factor is None):
            self.note(f"{where}: {key}: {expected}")
            return ()
        try:
            return Range(first, last, step, factor, rule_of(key).accept)
        except ValueError as error:
            by = f"step: {step}" if factor is None else f"factor: {factor}"
            self.note(f"{where}: {key}: expected {error}; got {{from: {first}, to: {last}, {by}}}")
            return ()

    def distribution(self, key: str, node: yaml.Node | None, where: str, source: str) -> Choice | Uniform | None:
        """Return what to draw the values of a key from."""
        entries = list(self.entries(node, source, key)) if isinstance(node, yaml.MappingNode) else []
        names = [name.removeprefix(f"{key}.") for name, _ in entries]
        if names == ["choice"]:
            (_, (values, place)) = entries[0]
            return Choice([*self.axis(key, values, place, source)])
        bounds = entries[0][1][0] if names in (["uniform"], ["log_uniform"]) else None
        if not isinstance(bounds, yaml.SequenceNode) or len(bounds.value) != 2:
            got = ", ".join(names) or nodes.shown(node)
            self.note(f"{where}: {key}: expected {DISTRIBUTION}; got {got}{suggestion(got, DISTRIBUTIONS)}")
            return None
        before = len(self.mistakes)
        low, high = (self.number(f"{key}.{names[0]}", item, where) for item in bounds.value)
        if len(self.mistakes) > before:
            return None
        accept = rule_of(key).accept
        try:
            return Uniform(low, high, names == ["log_uniform"], _only_integers(accept, low), accept)
        except ValueError as error:
            self.note(f"{where}: {key}: expected {error}; got {names[0]}: {nodes.shown(bounds)}")
            return None

    def whole(self, name: str, least: int, most: int, node: yaml.Node | None, where: str) -> int:
        """Return an integer; if it is mistaken, note that and return the least."""
        value = self.value(name, rules.whole(least, most), node, where)
        return value if isinstance(value, int) else least

    def number(self, name: str, node: yaml.Node | None, where: str) -> Any:
        """Return a number, an integer as such; if it is mistaken, note that and return None."""
        return self.value(name, rules.finite, node, where)


def _only_integers(accept: Callable[[object], object], low: float) -> bool:
    try:
        accept(float(low))
    except ValueError:
        return isinstance(low, int)
    return False
