"""`bp sweep metrics`: every epoch of every run as one table."""

import csv
import io
import logging
from collections.abc import Iterator
from typing import Any

import click

from mnist_bp.cli.output import printable
from mnist_bp.cli.result import Result, reports
from mnist_bp.cli.sweep import gathering
from mnist_bp.errors import BpError
from mnist_bp.run.directory import Run
from mnist_bp.run.outcome import Outcome
from mnist_bp.sweep import settings as sets
from mnist_bp.train.records import Record

log = logging.getLogger(__name__)


@click.command("metrics")
@gathering.folder
@reports
def command(folder: str) -> Result:
    """Print the metrics of all epochs of the runs in DIR as one CSV table.

    A row has the run, the keys in which the settings differ, its seed and state, and the columns of its metrics.csv,
    digit by digit: a long table, as pandas and R like it. Runs that are not finished have the rows that they have. With
    --json, each line is an object.

    \b
    Examples:
        bp sweep metrics sweeps/learning-rate > metrics.csv
        bp sweep metrics runs > metrics.csv
    """  # noqa: D301  # \b keeps click from joining the lines
    found = gathering.read(folder)
    keys = sets.differing(sets.settings(found.results))
    runs = sorted(found.results, key=lambda run: run.path.name)
    return Result(_lines(runs, keys), _objects(runs, keys), exact=True)


def _lines(runs: list[Outcome], keys: list[str]) -> Iterator[str]:
    yield f"{_cells(['run', *keys, 'seed', 'state'])},{Record.header().rstrip()}"
    for run in runs:
        about = _cells([printable(str(run.path)), *sets.values(run.config, keys), str(run.config.seed), run.state])
        for record in _records(run):
            yield f"{about},{record.line().rstrip()}"


def _objects(runs: list[Outcome], keys: list[str]) -> Iterator[dict[str, Any]]:
    for run in runs:
        about = {"run": str(run.path), **sets.plain(run.config, keys), "seed": run.config.seed, "state": run.state}
        for record in _records(run):
            yield about | vars(record)


def _records(run: Outcome) -> list[Record]:
    """Return the records of a run; of one that is damaged none, with a warning."""
    try:
        if run.state == "damaged":
            raise BpError(f"{run.path}: {run.failure}")
        return Run(run.path).metrics.rows()
    except BpError as error:
        log.warning("skipped %s", error)
        return []


def _cells(row: list[str]) -> str:
    """Return some cells as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()
