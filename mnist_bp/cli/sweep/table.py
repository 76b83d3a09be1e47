"""`bp sweep table`: the results of a sweep."""

from typing import Any

import click

from mnist_bp.cli import columns
from mnist_bp.cli.output import printable
from mnist_bp.cli.result import AS_JSON, Result, reports
from mnist_bp.cli.sweep import gathering
from mnist_bp.run.outcome import Outcome, State
from mnist_bp.sweep import settings as sets
from mnist_bp.sweep.results import Results
from mnist_bp.sweep.settings import Setting, shortened
from mnist_bp.train.records import METRICS


@click.command("table")
@gathering.folder
@gathering.metric
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "markdown", "json"]),
    default="text",
    show_default=True,
    help="CSV and JSON have all metrics, mean and standard deviation apart, with all digits.",
)
@reports
def command(folder: str, metric: str | None, form: str) -> Result:
    """Print a row for each setting of the runs in DIR.

    A setting is a config without its seed. Its row has mean ± standard deviation (of the sample, n − 1) over the n
    seeds that are finished, and names those that are not counted: failed, unfinished, damaged, or missing according to
    DIR/plan.txt. The best comes first. What is no run directory is skipped, with a warning.

    \b
    Examples:
        bp sweep table sweeps/learning-rate
        bp sweep table sweeps/learning-rate --metric test_loss --format markdown
        bp sweep table sweeps/learning-rate --json
    """  # noqa: D301  # \b keeps click from joining the lines
    if form == "json":
        click.get_current_context().meta[AS_JSON] = True
    found = gathering.read(folder)
    metric = metric or sets.usual_metric(found.results)
    settings = sets.settings(found.results, metric)
    if form == "csv":
        text = columns.comma_separated(_all(settings))
    elif form == "markdown":
        text = columns.markdown(_summary(settings, metric))
    else:
        text = _text(settings, metric)
    return Result(text, _report(found, settings, metric))


def _text(settings: list[Setting], metric: str) -> str:
    lines = [columns.aligned(_summary(settings, metric)), ""]
    lines.append(f"mean ± standard deviation over n seeds; the best {metric} comes first")
    for state in gathering.NOT_COUNTED:
        lines += shortened(_described(settings, state))
    return "\n".join(lines)


def _summary(settings: list[Setting], metric: str) -> list[list[str]]:
    """Return header and rows for a reader: what was set, the metric, the accuracies, n, and the seeds not counted."""
    keys = sets.differing(settings)
    shown = [metric, *(name for name in METRICS if name.endswith("accuracy") and name != metric)]
    shown = [name for name in shown if any(setting.mean(name) is not None for setting in settings)]
    apart = any(run.state != "finished" for setting in settings for run in setting.runs)
    rows = [[*keys, *shown, "n", *["seeds not counted"] * apart]]
    for setting in settings:
        values = [sets.rounded(name, setting.mean(name), setting.deviation(name)) for name in shown]
        count = str(len(setting.which("finished")))
        rows.append([*sets.values(setting.config, keys), *values, count, *[gathering.not_counted(setting)] * apart])
    return rows


def _described(settings: list[Setting], state: State) -> list[str]:
    """Return a line for each run of a state."""
    lines = []
    for setting in settings:
        for run in setting.which(state):
            why = f": {printable(run.failure)}" if run.failure else ""
            lines.append(f"{state:10}  {run.path}  seed {run.config.seed}{why}")
    return lines


def _all(settings: list[Setting]) -> list[list[str]]:
    """Return header and rows for a program: all that is known of each setting, in all digits."""
    keys = sets.differing(settings)
    records = [_record(setting) for setting in settings]
    rows = [[*keys, *records[0]]]
    for setting, record in zip(settings, records, strict=True):
        rows.append([*sets.values(setting.config, keys), *map(_cell, record.values())])
    return rows


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _record(setting: Setting) -> dict[str, Any]:
    record: dict[str, Any] = {"n": len(setting.which("finished"))}
    for metric in METRICS:
        record |= {f"{metric}_mean": setting.mean(metric), f"{metric}_sd": setting.deviation(metric)}
    return record | {state: setting.seeds(state) for state in gathering.NOT_COUNTED}


def _report(found: Results, settings: list[Setting], metric: str) -> dict[str, Any]:
    """Return everything, as plain data."""
    keys = sets.differing(settings)
    return {
        "metric": metric,
        "settings": [
            {"config": sets.plain(setting.config, keys)}
            | _record(setting)
            | {"runs": [_run(run) for run in setting.runs]}
            for setting in settings
        ],
        "skipped": found.skipped,
    }


def _run(run: Outcome) -> dict[str, Any]:
    about: dict[str, Any] = {"run": str(run.path), "seed": run.config.seed, "state": run.state}
    if run.state == "failed":
        about["step"] = run.step
    return about | ({"message": run.failure} if run.failure else {})
