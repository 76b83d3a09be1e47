"""Curves over the epochs: a metric of each setting, as mean and standard deviation of its runs."""

import math
import statistics
from dataclasses import dataclass

from mnist_bp.report.gathering import Gathered
from mnist_bp.sweep.settings import Setting, deviation
from mnist_bp.train.records import Record


@dataclass(frozen=True)
class Curve:
    """A metric over the epochs: the mean of `n` runs, and the standard deviation of that sample, of at least two.

    An unfinished one is a single run so far, as no run of its setting is finished. Values that are not finite, as of a
    run that diverges, are NaN.
    """

    label: str
    metric: str
    epochs: tuple[int, ...]
    values: tuple[float, ...]
    deviations: tuple[float, ...] | None
    n: int
    unfinished: bool

    @property
    def points(self) -> dict[int, tuple[float, float]]:
        """Value and deviation, 0 without any, by the epoch, of what is finite."""
        rows = zip(self.epochs, self.values, self.deviations or [0.0] * len(self.values), strict=True)
        return {epoch: (value, off) for epoch, value, off in rows if math.isfinite(value) and math.isfinite(off)}


def curves(gathered: Gathered, metric: str) -> list[Curve]:
    """Return the curves of the settings that measured a metric, in their order."""
    found = []
    for setting, label in zip(gathered.settings, gathered.labels, strict=True):
        runs, unfinished = _drawn(gathered, setting)
        measured = [{record.epoch: getattr(record, metric) for record in records} for records in runs]
        samples = {epoch: [values.get(epoch) for values in measured] for epoch in (measured or [{}])[0]}
        whole = {epoch: [_finite(value) for value in values if value is not None] for epoch, values in samples.items()}
        whole = {epoch: values for epoch, values in whole.items() if len(values) == len(runs)}
        if whole:
            means = tuple(map(statistics.mean, whole.values()))
            deviations = tuple(_finite(deviation(values)) for values in whole.values()) if len(runs) > 1 else None
            found.append(Curve(label, metric, tuple(whole), means, deviations, len(runs), unfinished))
    return found


def _drawn(gathered: Gathered, setting: Setting) -> tuple[list[list[Record]], bool]:
    """Return the records of the finished runs, or of the one that has come furthest, and whether it is this."""
    finished = [gathered.records[run.path] for run in setting.which("finished")]
    if finished:
        return finished, False
    begun = [gathered.records[run.path] for run in setting.runs if run.state in ("unfinished", "failed")]
    return [max(begun, key=len, default=[])], True


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan
