"""The report of several runs: their curves on the same axes, their results in a table, and what they differ in."""

from typing import Any

from mnist_bp import config as configs
from mnist_bp.data.download import redacted
from mnist_bp.report.charts import charts
from mnist_bp.report.gathering import IN_A_LABEL, Gathered, described
from mnist_bp.sweep.settings import rounded, values
from mnist_bp.train.records import METRICS


def contents(gathered: Gathered) -> dict[str, Any]:
    """Return what `several.html.jinja` shows."""
    settings = gathered.settings
    metrics = [
        metric for metric in sorted(METRICS, key=_place) if any(each.mean(metric) is not None for each in settings)
    ]
    runs = [run for setting in settings for run in setting.runs]
    return {
        "title": gathered.title,
        "runs": runs,
        "finished": [run for run in runs if run.state == "finished"],
        "charts": charts(gathered),
        "named": not 0 < len(gathered.differing) <= IN_A_LABEL,
        "keys": gathered.differing,
        "metrics": metrics,
        "rows": [
            {
                "label": label,
                "values": values(setting.config, gathered.differing),
                "results": [rounded(metric, setting.mean(metric), setting.deviation(metric)) for metric in metrics],
                "n": len(setting.which("finished")),
                "others": ", ".join(
                    f"seed {run.config.seed} {run.state}" for run in setting.runs if run.state != "finished"
                ),
            }
            for setting, label in zip(settings, gathered.labels, strict=True)
        ],
        "not_counted": [described(run) for run in gathered.not_counted],
        "skipped": gathered.skipped,
        "configs": [
            (label, redacted(configs.dump(setting.config)))
            for setting, label in zip(settings, gathered.labels, strict=True)
        ],
    }


def _place(metric: str) -> tuple[bool, int]:
    """Return a key by which accuracies come before losses, and test before validation before training."""
    return metric.endswith("loss"), -METRICS.index(metric)
