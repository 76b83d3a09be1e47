"""The plan of a sweep: each of its runs as one command line, and such a line as a run."""

import hashlib
import itertools
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from mnist_bp import config as configs
from mnist_bp.atomic import replacing
from mnist_bp.config import Config
from mnist_bp.config.access import defaults, value_of
from mnist_bp.config.contradictions import contradictions
from mnist_bp.config.writer import written
from mnist_bp.errors import BpError, Exit
from mnist_bp.run import outcome
from mnist_bp.sweep.reader import Sweep

PLAN = "plan.txt"  # the lines of a sweep's plan, in its folder
NAME_LENGTH = 16  # hexadecimal digits: two of a million runs share a name with a probability of 3e-8


@dataclass(frozen=True)
class Planned:
    """A run that is to be made: its config, its directory, and the keys that vary in its sweep."""

    config: Config
    out: Path
    varied: Collection[str] = ()

    @property
    def settings(self) -> dict[str, object]:
        """The keys that vary or have another value than their default, but for the seed."""
        values = {key: value_of(self.config, key) for key in defaults() if key != "seed"}
        return {key: value for key, value in values.items() if value != defaults()[key] or key in self.varied}

    def command(self, *, resume: bool = False) -> str:
        """Return the line for a shell that makes the run. It names no file but the directory: all keys are in it."""
        words = ["bp", "train"]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={as_yaml(key, value)}"]
        words += ["--seed", str(self.config.seed), "--out", str(self.out), *["--resume"] * resume, "--quiet"]
        return shlex.join(words)


def plan(sweep: Sweep, folder: Path) -> Iterator[Planned]:
    """Return the runs of a sweep, always in the same order, one at a time: draws, in each the grid, in each the seeds.

    The draws of one key do not depend on those of another, and the first of many are those of few. A draw that equals
    an earlier one is left out. Raises BpError (exit 2), at once, for values that are right alone and wrong together.
    """
    varied = {*sweep.grid, *sweep.random}
    for key in sorted(varied):
        if (whole := key.rpartition(".")[0]) in varied:
            raise BpError(f"{key}: expected either this key to vary or {whole}; got both", code=Exit.USAGE)
    for config, values in _settings(sweep):
        if wrong := next(contradictions(config), None):
            here = (
                ""
                if wrong in contradictions(sweep.base)
                else ", ".join(f"{key}={as_yaml(key, value)}" for key, value in values.items())
            )
            raise BpError(f"{here}: {wrong}" if here else wrong, code=Exit.USAGE)
    runs = ((replace(config, seed=seed), values) for config, values in _settings(sweep) for seed in sweep.seeds)
    return (Planned(run, folder / run_name(run), values.keys()) for run, values in runs)


def unfinished(planned: Planned) -> Planned | None:
    """Return a planned run unless it is finished; one that goes on to another length, as what it is now."""
    if not planned.out.exists():
        return planned
    try:
        run = outcome.read(planned.out)
    except (BpError, OSError):
        return planned
    if run.state == "finished":
        return None
    same_run = not configs.forbidden_changes(planned.config, run.config)
    return replace(planned, config=run.config) if same_run else planned


def save(runs: Iterable[Planned], folder: Path) -> None:
    """Write the plan into the sweep's folder, by which it is known later what is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / PLAN) as file:
        for run in runs:
            file.write(f"{run.command()}\n".encode())


def run_name(config: Config) -> str:
    """Return what the run of an effective config is called: the first digits of a SHA-256.

    It is that of the keys whose values differ from their defaults, sorted, and of the seed, a line each. So a key that
    a later version adds renames no run that was made before.
    """
    values = {key: value_of(config, key) for key in sorted(defaults()) if key != "seed"}
    lines = [f"{key}: {as_yaml(key, value)}\n" for key, value in values.items() if value != defaults()[key]]
    return hashlib.sha256("".join([*lines, f"seed {config.seed}\n"]).encode()).hexdigest()[:NAME_LENGTH]


def as_yaml(key: str, value: object) -> str:
    """Return the value of a dotted key as `--set` reads it."""
    return written(key.rpartition(".")[2], value)


def out_of(line: str) -> Path:
    """Return the run directory that a line of a plan names; raises ValueError for any other line."""
    words = shlex.split(line)
    if words[:2] != ["bp", "train"] or words.count("--out") != 1 or words[-1] == "--out":
        raise ValueError("expected `bp train ... --out DIR`")
    return Path(words[words.index("--out") + 1])


def parse(line: str) -> Planned:
    """Return the run that a line of a plan makes; raises ValueError for any line that `command` does not write."""
    out, words = out_of(line), shlex.split(line)
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


def _settings(sweep: Sweep) -> Iterator[tuple[Config, Mapping[str, object]]]:
    """Yield the config of each setting, with the seed of the base, and what was set in it."""
    for draw in _draws(sweep):
        for point in itertools.product(*sweep.grid.values()):
            values = {**draw, **dict(zip(sweep.grid, point, strict=True))}
            yield configs.replaced(sweep.base, values), values


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
