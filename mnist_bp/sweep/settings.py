"""The settings of a sweep, each a config without its seed: the results of their runs, and which is the best."""

import math
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mnist_bp.config import Config, access, keys
from mnist_bp.config.access import value_of
from mnist_bp.config.writer import written
from mnist_bp.run.outcome import Outcome, State

COLUMNS = 8  # for keys that differ: of more, as of runs of unlike configs, the name of a run stands for all
SHOWN = 20  # lines of a kind, before the rest is only counted
NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e[-+]\d+)?)")


@dataclass(frozen=True)
class Setting:
    """What the runs of a setting share, and the runs, one a seed, in the order of their seeds."""

    config: Config
    runs: tuple[Outcome, ...]

    def which(self, state: State) -> list[Outcome]:
        """Return its runs of a state."""
        return [run for run in self.runs if run.state == state]

    def seeds(self, state: State) -> list[int]:
        """Return the seeds of its runs of a state."""
        return [run.config.seed for run in self.which(state)]

    def mean(self, metric: str) -> float | None:
        """Return the mean over the finished runs, correctly rounded; None without any, or if one did not measure it."""
        values = self._values(metric)
        return statistics.mean(values) if values else None

    def deviation(self, metric: str) -> float | None:
        """Return the standard deviation of the sample; None for fewer than two values."""
        values = self._values(metric)
        return deviation(values) if len(values) > 1 else None

    def _values(self, metric: str) -> list[float]:
        values = [getattr(run.kept, metric) for run in self.which("finished")]
        return [] if None in values else values


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation of a sample of two values or more, √(Σ(x − mean)² / (n − 1))."""
    mean = statistics.mean(values)
    return math.hypot(*(value - mean for value in values)) / math.sqrt(len(values) - 1)


def rounded(metric: str, mean: float | None, deviation: float | None = None) -> str:
    """Return mean ± deviation for a reader, both to four decimals, of losses to those of four digits of the mean."""
    if mean is None:
        return ""
    text = f"{mean:.4f}" if metric.endswith("accuracy") else f"{mean:#.4g}".rstrip(".")
    decimals = ".2g" if "e" in text else f".{len(text.partition('.')[2])}f"
    return text if deviation is None else f"{text} ± {deviation:{decimals}}"


def order(value: float | None, metric: str) -> tuple[bool, float]:
    """Return a key to sort by: high accuracies and low losses first, what was not measured (None) last."""
    if value is None:
        return True, 0.0
    return False, -value if metric.endswith("accuracy") else value


def settings(results: Sequence[Outcome], metric: str | None = None) -> list[Setting]:
    """Return the settings of some results, best first by the mean of a metric (None: `usual_metric`).

    Those without a value come last, ties in the order of what was set.
    """
    runs: dict[Config, list[Outcome]] = {}
    for result in results:
        runs.setdefault(result.setting, []).append(result)
    found = [Setting(config, tuple(sorted(runs[config], key=lambda run: run.config.seed))) for config in runs]
    varying = differing(found)
    by = metric or usual_metric(results)
    return sorted(
        found, key=lambda each: (order(each.mean(by), by), [_natural(value) for value in values(each.config, varying)])
    )


def shortened(lines: Iterable[str]) -> list[str]:
    """Return the first lines, and how many more there are."""
    lines = list(lines)
    return [*lines[:SHOWN], *([f"... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else [])]


def usual_metric(results: Sequence[Outcome]) -> str:
    """Return what to choose by: the validation accuracy if all finished runs measured it, else the test accuracy.

    Before the first is finished, it is what they will measure.
    """
    kept = [result.kept for result in results if result.kept is not None]
    validated = [record.validation_accuracy is not None for record in kept]
    validated = validated or [result.config.data.validation > 0 for result in results]
    return "validation_accuracy" if validated and all(validated) else "test_accuracy"


def differing(settings: Sequence[Setting]) -> list[str]:
    """Return the keys in which settings differ, as `varying` does."""
    return varying([setting.config for setting in settings])


def varying(configs: Sequence[Config]) -> list[str]:
    """Return the keys in which configs differ, in the order of the config."""
    return [key for key in keys() if len({value_of(config, key) for config in configs}) > 1]


def best_per(settings: Iterable[Setting], key: str) -> list[Setting]:
    """Return of each value of a key the first setting: the best one, if they are sorted."""
    first: dict[object, Setting] = {}
    for setting in settings:
        first.setdefault(value_of(setting.config, key), setting)
    return [*first.values()]


def values(config: Config, keys: Sequence[str]) -> list[str]:
    """Return the values of some keys as one would write them."""
    return [written(key.rpartition(".")[2], value_of(config, key)) for key in keys]


def plain(config: Config, keys: Sequence[str]) -> dict[str, object]:
    """Return some keys and their values as plain data."""
    return {key: access.plain(value_of(config, key)) for key in keys}


def _natural(text: str) -> list[str | float]:
    """Return a key that sorts text with its numbers by their size."""
    return [float(part) if index % 2 else part for index, part in enumerate(NUMBER.split(text))]
