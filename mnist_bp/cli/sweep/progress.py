"""What `bp sweep run` shows of its runs while they end, and its result."""

import re
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from mnist_bp.cli import output
from mnist_bp.cli.result import Result
from mnist_bp.errors import Exit
from mnist_bp.sweep.forking import Ended
from mnist_bp.sweep.halving import ROUNDS
from mnist_bp.sweep.running import Job, Names

ACCURACY = re.compile(r"^test accuracy (\S+)", re.MULTILINE)  # as `bp train` says it
ERROR = re.compile(r"^error: (.*)", re.MULTILINE)
STOPPED = {Exit.TERMINATED, Exit.INTERRUPTED, Exit.PREEMPTED, -signal.SIGTERM}  # how runs end that are told to


class SweepProgress:
    """What has become of a sweep: `total` jobs, beside those of its runs that were finished before.

    `folder` is the sweep's; None for mere command lines.
    """

    def __init__(self, folder: Path | None, total: int, before: int, names: Names) -> None:
        self._folder = folder
        self._total = total
        self._before = before
        self._names = names
        self._done = 0
        self._failed: list[tuple[Job, Ended]] = []
        self._bar: Any = None

    @contextmanager
    def shown(self, count: int, *, quiet: bool) -> Iterator[None]:
        """Show on stderr what `note` is told, unless `quiet`: a line each, on a terminal above a bar."""
        from tqdm import tqdm

        if quiet:
            yield
            return
        self._say(f"runs: {self._total}, {count} at a time; {self._before} finished before")
        if self._names.keys:
            self._say(f"each by its {', '.join(self._names.keys)}")
        hidden = not sys.stderr.isatty()
        with tqdm(total=self._total, unit="run", leave=False, disable=hidden, **output.bar_style()) as self._bar:
            yield

    def note(self, job: Job, ended: Ended, stopped: Exit | None) -> None:
        """Take down how a job has ended; if it was `stopped` with the sweep, it is left for the next start."""
        left = stopped is not None and ended.code in STOPPED
        if not left and ended.code:
            self._failed.append((job, ended))
        self._done += not ended.code
        if self._bar is None:
            return
        accuracy = ACCURACY.search(ended.said)
        what = f"{float(accuracy[1]):.4f}" if accuracy and not ended.code else _gist(ended)
        number = f"{self._done + len(self._failed):>{len(str(self._total))}} of {self._total}"
        with output.if_there_is_room():
            self._bar.clear()
            self._say(f"{' ' * len(number) if left else number}  {self._names.of(job)}  {what}")
            self._bar.update(not left)
            self._bar.refresh()

    def result(self, stopped: Exit | None) -> Result:
        """Return the result of the command; `stopped` is the exit code of the signal that has ended it."""
        left = self._total - self._done - len(self._failed)
        counts = f"{self._done} done, {len(self._failed)} failed, {left} left, {self._before} finished before"
        data = {
            "folder": self._folder and str(self._folder),
            "done": self._done,
            "failed": [_about(job, ended) for job, ended in self._failed],
            "left": left,
            "finished_before": self._before,
        }
        advice, following = [], ""
        if left:
            advice.append("the same command goes on with what is left")
        if self._folder:
            following = shlex.join(["bp", "sweep", "table", str(self._folder)])
            if (self._folder / ROUNDS).exists():
                advice.append(f"`{shlex.join(['bp', 'sweep', 'prune', str(self._folder)])}` goes on with its rounds")
        code = (stopped or Exit.FAILURE) if left or self._failed else Exit.DONE
        return Result([*self._listed(), counts], data, code, advice=advice, following=following)

    def _listed(self) -> Iterator[str]:
        """Yield lines about the jobs that have failed: exit code, name, the command line, and what it said."""
        if self._failed:
            yield "failed:"
        for job, ended in self._failed:
            yield f"exit {_code(ended)}: {self._names.of(job)}"
            yield f"    {job.line}"
            yield from (f"    {line}" for line in _said(ended).split("\n"))

    def _say(self, line: str) -> None:
        with output.if_there_is_room():
            click.echo(output.printable(line), err=True)


def _code(ended: Ended) -> int:
    """Return the exit code as a shell tells it."""
    return 128 - ended.code if ended.code < 0 else ended.code


def _said(ended: Ended) -> str:
    """Return what a child said; of one that was ended by a signal, the signal too."""
    try:
        by = f"ended by {signal.Signals(-ended.code).name}"
    except ValueError:
        by = f"exit {ended.code}"
    return "\n".join(filter(None, [ended.said, by])) if ended.code < 0 else ended.said


def _gist(ended: Ended) -> str:
    """Return the line of what a child said that tells why it ended: its first error, or else its last line."""
    error = ERROR.search(said := _said(ended))
    return error[1] if error else said.rpartition("\n")[2]


def _about(job: Job, ended: Ended) -> dict[str, Any]:
    return {"command": job.line, "exit": _code(ended), "said": _said(ended)}
