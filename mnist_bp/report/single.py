"""The report of one run: how well it does, where it is wrong, what it looks for, and whether its gradients are right."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.errors import BpError
from mnist_bp.nn.check.verdict import Report
from mnist_bp.nn.conv import Conv2D
from mnist_bp.progress import Progress
from mnist_bp.report import images
from mnist_bp.report.gallery import gallery, ink
from mnist_bp.report.gathering import Gathered
from mnist_bp.report.weights import weights
from mnist_bp.run import checking
from mnist_bp.run.directory import Run
from mnist_bp.run.judgement import Wrong
from mnist_bp.run.measuring import Measured, measure
from mnist_bp.run.model import Model

MISTAKES = 24
QUICK = 40_000_000  # parameters times examples of a batch, of which a full gradient check takes about two seconds

T = TypeVar("T")


@dataclass(frozen=True)
class Mistake:
    """A wrong example, with its picture as PNG."""

    wrong: Wrong
    png: bytes


def contents(gathered: Gathered, progress: Progress) -> dict[str, Any]:
    """Return what the template of the page needs of the only run that was gathered.

    What cannot be made, as the data set is not to be had, is None, and `why` says why, by its name.
    """
    [[outcome]] = [setting.runs for setting in gathered.settings]
    run, config, path = Run(outcome.path), outcome.config, str(outcome.path)
    why: dict[str, str] = {}

    def tried(name: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except BpError as error:
            why[name] = f"{error}" + (f"; {error.hint}" if error.hint else "")
            return None

    model = tried("model", lambda: Model.load(path))
    measured = tried("measured", lambda: measure(path, "test", [], progress)) if model else None
    return {
        "run": outcome,
        "records": gathered.records[outcome.path],
        "model": model,
        "network": model and described(config, model),
        "measured": measured,
        "gallery": measured and gallery(measured),
        "mistakes": measured and _mistakes(measured),
        "weights": model and weights(model),
        "check": tried("check", lambda: _checked(config, path, model, progress)) if model and measured else None,
        "config": configs.dump(config),
        "environment": run.environment() or {},
        "why": why,
    }


def described(config: Config, model: Model) -> str:
    """Return the network in a few words: the sizes of its layers, and its activation function."""
    sizes = ["×".join(map(str, model.shape)) if config.model.conv else str(int(np.prod(model.shape)))]
    sizes += [f"{each.filters} filters of {each.kernel}×{each.kernel}" for each in config.model.conv]
    sizes += map(str, [*config.model.hidden, model.network.layers_outputs])
    return f"{' – '.join(sizes)}, {config.model.activation}"


def _mistakes(measured: Measured) -> list[Mistake]:
    """Return the most confidently wrong images; none for a data set of points."""
    if len(measured.dataset.shape) != 2:
        return []
    pictures = ink(measured.examples.x.reshape(-1, *measured.dataset.shape))
    return [Mistake(each, images.png(pictures[each.index])) for each in measured.judgement.errors(MISTAKES)]


def _checked(config: Config, path: str, model: Model, progress: Progress) -> Report:
    """Check the run's gradients by all oracles: all of them, or a sample where that would take long."""
    work = model.network.parameters.size * config.train.batch_size
    slow = work > QUICK or any(isinstance(layer, Conv2D) for layer in model.network.layers)
    mode = "sample" if slow else "full"
    return checking.check(config, path, mode=mode, oracle="all", self_test=False, progress=progress).report
