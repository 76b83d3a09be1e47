"""The plan of a sweep: each of its runs as one command line, and such a line as a run."""

import hashlib
import itertools
import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.config.schema import INTERDEPENDENT, SECTIONS, contradictions, replaced
from mnist_bp.config.writer import written
from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep.reader import Sweep

NAME_LENGTH = 16  # hexadecimal digits: two of a million runs share a name with a probability of 3e-8
QUOTED = re.compile(r"['\"\\]")
DEFAULTS = {section: vars(getattr(Config(), section)) for section in SECTIONS}


@dataclass(frozen=True)
class Planned:
    """A run that is to be made: its config, its directory, and the keys that vary in its sweep."""

    config: Config
    out: Path
    varied: Collection[str] = ()

    @property
    def settings(self) -> dict[str, object]:
        """The keys that vary or have another value than their default, but for the seed."""
        return {
            f"{section}.{name}": value
            for section, defaults in DEFAULTS.items()
            for name, value in vars(getattr(self.config, section)).items()
            if value != defaults[name] or f"{section}.{name}" in self.varied
        }

    def command(self, *, resume: bool = False) -> str:
        """Return the line for a shell that makes the run. It names no file but the directory: all keys are in it."""
        words = ["bp", "train"]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={written(key.rpartition('.')[2], value)}"]
        words += ["--seed", str(self.config.seed), "--out", str(self.out), *["--resume"] * resume, "--quiet"]
        return " ".join(map(shlex.quote, words))


def plan(sweep: Sweep, folder: Path) -> Iterator[Planned]:
    """Yield the runs of a sweep, always in the same order, one at a time: draws, in each the grid, in each the seeds.

    The draws of one key do not depend on those of another, and the first of many are those of few. A draw that equals
    an earlier one is left out. Raises BpError (exit 2), before the first run, for values that are right alone and wrong
    together.
    """
    _require_consistent(sweep)
    for draw in _draws(sweep):
        for point in _points(sweep.grid):
            values = {**draw, **point}
            config = replaced(sweep.base, values)
            for seed in sweep.seeds:
                run = replace(config, seed=seed)
                yield Planned(run, folder / run_name(run), values.keys())


def run_name(config: Config) -> str:
    """Return what the run of an effective config is called: the first digits of the SHA-256 of its config.yaml."""
    return hashlib.sha256(configs.dump(config).encode()).hexdigest()[:NAME_LENGTH]


def out_of(line: str) -> Path:
    """Return the run directory that a line of a plan names; raises ValueError for any other line."""
    words = _words(line)
    if words[:2] != ["bp", "train"] or words.count("--out") != 1 or words[-1] == "--out":
        raise ValueError("expected `bp train ... --out DIR`")
    return Path(words[words.index("--out") + 1])


def parse(line: str) -> Planned:
    """Return the run that a line of a plan makes; raises ValueError for any line that `command` does not write."""
    out, words = out_of(line), _words(line)
    given = [*itertools.pairwise(words)]
    settings = [value for option, value in given if option == "--set"]
    try:
        config = configs.load(None, [*settings, f"seed={dict(given).get('--seed', '')}"])
    except BpError as error:
        raise ValueError(str(error)) from error
    planned = Planned(config, out, {setting.partition("=")[0] for setting in settings})
    if line.strip() not in (planned.command(), planned.command(resume=True)):
        raise ValueError(f"expected {planned.command()}")
    return planned


def _words(line: str) -> list[str]:
    """Return the words of a line, as a shell splits them: most lines have nothing quoted, and shlex is slow."""
    return line.split() if QUOTED.search(line) is None else shlex.split(line)


def _require_consistent(sweep: Sweep) -> None:
    """Look at every combination of those axes that could be at odds, which are few, if any."""
    grid = {key: values for key, values in sweep.grid.items() if key in INTERDEPENDENT}
    for draw in _draws(sweep):
        for point in _points(grid):
            values = {**draw, **point}
            if wrong := next(contradictions(replaced(sweep.base, values)), None):
                where = ", ".join(f"{key}={written(key.rpartition('.')[2], value)}" for key, value in values.items())
                raise BpError(f"{where}: {wrong}" if where else wrong, code=Exit.USAGE)


def _draws(sweep: Sweep) -> Iterator[dict[str, object]]:
    if not sweep.random:
        yield {}
        return
    generators = {key: Random(f"{sweep.draw_seed} {key}") for key in sweep.random}
    seen = set()
    for _ in range(sweep.draws):
        values = {key: distribution.draw(generators[key]) for key, distribution in sweep.random.items()}
        if (drawn := tuple(values.values())) not in seen:
            seen.add(drawn)
            yield values


def _points(axes: Mapping[str, Iterable[object]]) -> Iterator[dict[str, object]]:
    """Yield each combination; the last axis varies fastest. Unlike itertools.product it keeps no list of the values."""
    if not axes:
        yield {}
        return
    (key, values), *others = axes.items()
    for value in values:
        for rest in _points(dict(others)):
            yield {key: value, **rest}
