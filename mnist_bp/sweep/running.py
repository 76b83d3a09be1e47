"""Running a sweep: each run is a child process, several at a time; what is finished is left alone."""

import re
import shlex
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mnist_bp.config import Config, catalog
from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep import folder as folders
from mnist_bp.sweep import plan, reader
from mnist_bp.sweep.forking import Children, Ended
from mnist_bp.sweep.plan import Planned
from mnist_bp.sweep.settings import COLUMNS, values, varying

LOOK = 0.1  # seconds between two looks at whether to stop
KEY = re.compile(r"^[^\w#$]*[A-Za-z_][\w.-]*[\"']?\s*:([\s\"'{\[]|$)", re.MULTILINE)  # begins a line of YAML
QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"")
OF_A_SHELL = re.compile(r"[]|&;<>()$`*?~#{}!\\[]")  # what a shell does more with than to split words


@dataclass(frozen=True)
class Job:
    """A line `bp train …` that makes a run, and the run's config, if it is known."""

    line: str
    config: Config | None

    @property
    def words(self) -> list[str]:
        """The words after `bp`."""
        return shlex.split(self.line)[1:]


class Stopping(Protocol):
    """Whoever may ask to stop: once `code` is no longer None, no run is begun any more."""

    code: Exit | None


def is_yaml(text: str, name: str) -> bool:
    """Whether a file is YAML by its name or its content, as sweep.sh tells it, and not command lines."""
    return name.lower().endswith((".yaml", ".yml")) or KEY.search(text.replace("\r", "\n")) is not None


def command_lines(text: str, name: str) -> list[str]:
    """Return the lines of a file; raises BpError (exit 2) for any but `bp train …` without what only a shell can do."""
    lines = []
    for number, line in enumerate(map(str.strip, text.split("\n")), start=1):
        try:
            plain = shlex.split(line)[:2] == ["bp", "train"] and not OF_A_SHELL.search(QUOTED.sub("", line))
        except ValueError:
            plain = False
        if plain:
            lines.append(line)
        elif line:
            message = f"{name}: expected lines `bp train …` of plain words; got another, line {number}: {line[:100]!r}"
            raise BpError(message, code=Exit.USAGE, hint="sweep.sh, from `bp sweep script`, runs lines of any kind")
    if not lines:
        raise BpError(f"{name}: expected lines `bp train …`; got none", code=Exit.USAGE)
    return lines


def planned(sweep: str) -> tuple[Path, list[Planned]]:
    """Return the folder of a sweep, by its file or name, and its runs; their plan is saved there."""
    file = catalog.find_sweep(sweep)
    folder = folders.folder_of(file)
    if not str(folder).isprintable():  # a line must be one line
        raise BpError(f"{sweep!r}: expected a file with a printable name", code=Exit.USAGE)
    read = reader.load(file, None, (), None)
    folders.require_own(folder, file)
    runs = [*plan.plan(read, folder)]
    folders.take(folder, file)
    plan.save(runs, folder)
    return folder, runs


def missing(runs: Iterable[Planned]) -> list[Job]:
    """Return what is to be done of a plan, as `bp sweep plan --missing` does."""
    pairs = [(run, plan.unfinished(run)) for run in runs]
    return [Job(left.command(resume=left is not run), left.config) for run, left in pairs if left is not None]


class Names:
    """What each of some runs is called: by the `keys` that vary among their configs, and its seed if there are several.

    Where nothing varies or too much, or a config is not known, it is called by its directory, or by the whole line.
    """

    def __init__(self, configs: Sequence[Config]) -> None:
        keys = [key for key in varying(configs) if key != "seed"]
        self.keys = keys if len(keys) <= COLUMNS else []
        self._seeds = len({config.seed for config in configs}) > 1 and len(keys) <= COLUMNS

    def of(self, job: Job) -> str:
        """Return the name of the run that a job makes."""
        if job.config is None or not (self.keys or self._seeds):
            words = job.words
            return words[words.index("--out") + 1] if "--out" in words[:-1] else job.line
        return " ".join([*values(job.config, self.keys), *[f"seed {job.config.seed}"] * self._seeds])


def run(jobs: Iterable[Job], children: Children, count: int, stopping: Stopping) -> Iterator[tuple[Job, Ended]]:
    """Run jobs, `count` at a time; yield each that has ended, and how.

    When it is time to stop, those under way are told to end, and are waited for; so they are if this is left early.
    Raises BpError if the system has no room for another process.
    """
    waiting, under_way, told = deque(jobs), dict[int, Job](), False
    places = [*reversed(range(count))]
    try:
        while under_way or (waiting and stopping.code is None):
            while waiting and places and stopping.code is None:
                place, job = places.pop(), waiting.popleft()
                try:
                    children.start(place, job.words)
                except OSError as error:
                    message = f"expected room for {count} runs; number {len(under_way) + 1} cannot start: {error}"
                    raise BpError(message, hint="fewer at a time: -j N") from error
                under_way[place] = job
            if stopping.code is not None and not told:
                children.terminate()
                told = True
            for place, ended in children.ended(LOOK):
                places.append(place)
                yield under_way.pop(place), ended
    finally:
        if under_way:
            children.terminate()
            while under_way:
                for place, _ in children.ended(LOOK):
                    del under_way[place]
