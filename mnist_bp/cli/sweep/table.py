"""`bp sweep table`: the results of a sweep."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from mnist_bp import config as configs
from mnist_bp.cli import columns, options
from mnist_bp.cli.output import printable
from mnist_bp.cli.result import AS_JSON, Result, reports
from mnist_bp.cli.sweep import gathering
from mnist_bp.config.suggesting import meant
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.outcome import Outcome, State
from mnist_bp.sweep import settings as sets
from mnist_bp.sweep.settings import COLUMNS, Setting, shortened
from mnist_bp.train.records import METRICS

APART = "seeds not counted"  # a column, and lines below the table


def _once(ctx: click.Context, option: click.Parameter, values: Sequence[str]) -> str | None:
    """Return the value of an option that may be given once."""
    if len(values) > 1:
        raise click.BadParameter(f"expected one key; got {', '.join(values)}")
    return values[0] if values else None


@click.command("table")
@gathering.folder
@gathering.metric
@click.option(
    "--best-per",
    "key",
    multiple=True,
    callback=_once,
    shell_complete=options.words(lambda: (name for name, key in configs.keys().items() if key.of_setting)),
    metavar="KEY",
    help="Show only the best setting of each value of a key that varies, as in --best-per optimizer.",
)
@click.option(
    "--format",
    "form",
    type=options.Choice(["text", "csv", "markdown", "latex", "json"]),
    default="text",
    show_default=True,
    help="CSV and JSON have all metrics, mean and standard deviation apart, with all digits.",
)
@reports
def command(folder: str, metric: str | None, key: str | None, form: str) -> Result:
    """Print a row for each setting of the runs in DIR.

    A setting is a config without its seed. Its row has mean ± standard deviation (of the sample, n − 1) over the n
    seeds that are finished, and names those that are not counted: failed, unfinished, damaged, or missing according to
    DIR/plan.txt. The best comes first. What is no run directory is skipped, with a warning.

    \b
    Examples:
        bp sweep table sweeps/learning-rate
        bp sweep table sweeps/learning-rate --metric test_loss --format markdown
        bp sweep table sweeps/book-optimizers --best-per optimizer
        bp sweep table sweeps/learning-rate --json
    """  # noqa: D301  # \b keeps click from joining the lines
    if form == "json":
        click.get_current_context().meta[AS_JSON] = True
    found = gathering.read(folder)
    usual = metric or sets.usual_metric(found.results)
    table = Table.of(sets.settings(found.results, usual), usual, key)
    if key is not None:
        gathering.metric_to_choose_by(found.results, metric)  # which warns of a choice by the test set
    if form == "csv":
        text = columns.comma_separated(table.all())
    elif form in ("markdown", "latex"):
        text = {"markdown": columns.markdown, "latex": columns.latex}[form](table.summary())
    else:
        text = table.text()
    return Result(text, table.report() | {"skipped": found.skipped}, exact=form != "text")


@dataclass(frozen=True)
class Table:
    """The settings that have rows, out of all, the best first by a metric; the keys in which all differ.

    With `best_per`, the first of these keys, only the best setting of each of its values has a row.
    """

    settings: list[Setting]
    everything: list[Setting]
    keys: list[str]
    metric: str
    best_per: str | None

    @classmethod
    def of(cls, everything: list[Setting], metric: str, asked: str | None) -> "Table":
        """Return the table; raises BpError (exit 2) if the key that was asked for does not vary."""
        keys = sets.differing(everything)
        if asked is None:
            return cls(everything, everything, keys, metric, None)
        key = _meant(asked, keys)
        chosen = sets.best_per(everything, key)
        return cls(chosen, everything, [key, *(other for other in keys if other != key)], metric, key)

    def text(self) -> str:
        """Return the table for people, with a line for each run that is not counted, in a row or not."""
        rows = self.summary()
        least = [name for name in reversed(METRICS) if name != self.metric and name in rows[0]]
        least += [name for name in rows[0] if name == APART]
        lines = [columns.aligned(rows, least), ""]
        lines.append(f"mean ± standard deviation over n seeds; the best {self.metric} comes first")
        if self.best_per:
            lines.append(f"of each {self.best_per}, only the best setting is shown")
        if len(self.keys) > COLUMNS:
            lines.append(
                f"the settings differ in {len(self.keys)} keys: bp diff compares two runs, --format csv has all"
            )
        for state in gathering.NOT_COUNTED:
            lines += shortened(_described(self.everything, state))
        return "\n".join(lines)

    def summary(self) -> list[list[str]]:
        """Return header and rows for a reader: what was set, the metric, the accuracies, n, and seeds not counted."""
        names = [self.metric, *(name for name in METRICS if name.endswith("accuracy") and name != self.metric)]
        shown = [name for name in names if any(setting.mean(name) is not None for setting in self.settings)]
        many = len(self.keys) > COLUMNS
        keys = self.keys[: self.best_per is not None] if many else self.keys
        apart = any(run.state != "finished" for setting in self.settings for run in setting.runs)
        rows = [[*keys, *["run"] * many, *shown, "n", *[APART] * apart]]
        for setting in self.settings:
            set_to = [*sets.values(setting.config, keys), *[setting.runs[0].path.name] * many]
            results = [sets.rounded(name, setting.mean(name), setting.deviation(name)) for name in shown]
            count = str(len(setting.which("finished")))
            rows.append([*set_to, *results, count, *[gathering.not_counted(setting)] * apart])
        return rows

    def all(self) -> list[list[str]]:
        """Return header and rows for a program: all that is known of each setting, in all digits."""
        records = [_record(setting) for setting in self.settings]
        rows = [[*self.keys, *records[0]]]
        for setting, record in zip(self.settings, records, strict=True):
            rows.append([*sets.values(setting.config, self.keys), *map(_cell, record.values())])
        return rows

    def report(self) -> dict[str, Any]:
        """Return everything, as plain data."""
        return {
            "metric": self.metric,
            "best_per": self.best_per,
            "settings": [
                {"config": sets.plain(setting.config, self.keys)}
                | _record(setting)
                | {"runs": [_run(run) for run in setting.runs]}
                for setting in self.settings
            ],
        }


def _meant(asked: str, keys: list[str]) -> str:
    """Return the key that is meant, by its name or the last part of it; raises BpError (exit 2) if it does not vary."""
    names = {key.rpartition(".")[2]: key for key in keys} | {key: key for key in keys}
    if asked in names:
        return names[asked]
    close = meant(asked, keys) if keys else None
    raise BpError(
        f"--best-per {asked}: expected a key that varies: {', '.join(keys) or 'there is none'}",
        code=Exit.USAGE,
        hint=f"did you mean {close}?" if close else None,
    )


def _described(settings: list[Setting], state: State) -> list[str]:
    """Return a line for each run of a state."""
    lines = []
    for setting in settings:
        for run in setting.which(state):
            why = f": {printable(run.failure)}" if run.failure else ""
            lines.append(f"{state:10}  {run.path}  seed {run.config.seed}{why}")
    return lines


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _record(setting: Setting) -> dict[str, Any]:
    record: dict[str, Any] = {"n": len(setting.which("finished"))}
    for metric in METRICS:
        record |= {f"{metric}_mean": setting.mean(metric), f"{metric}_sd": setting.deviation(metric)}
    return record | {state: setting.seeds(state) for state in gathering.NOT_COUNTED}


def _run(run: Outcome) -> dict[str, Any]:
    about: dict[str, Any] = {"run": str(run.path), "seed": run.config.seed, "state": run.state}
    if run.state == "failed":
        about["step"] = run.step
    return about | ({"message": run.failure} if run.failure else {})
