"""The report of one run: how good it is, where it is wrong, what it looks for, and whether its gradients are right."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.data import cache
from mnist_bp.data.download import redacted
from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check.gradcheck import SAMPLES
from mnist_bp.nn.check.verdict import Report
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.network import Network
from mnist_bp.progress import Progress
from mnist_bp.report import images
from mnist_bp.report.charts import charts
from mnist_bp.report.gallery import ABREAST, gallery
from mnist_bp.report.gathering import Gathered
from mnist_bp.report.links import DRAWING, beside, identity
from mnist_bp.report.weights import weights
from mnist_bp.run import checking
from mnist_bp.run.directory import Run
from mnist_bp.run.measuring import Measured, measure
from mnist_bp.run.model import Model
from mnist_bp.run.reading import preprocessing

MISTAKES = 24
QUICK = 400_000_000  # parameters × examples of a batch × outputs, of which a full check takes about two seconds
FEW = 10  # examples of a gradient check that would take longer

T = TypeVar("T")


def contents(gathered: Gathered, progress: Progress, folder: Path = Path()) -> dict[str, Any]:
    """Return what `single.html.jinja` shows of the only run that was gathered.

    What cannot be made is None, and `why` says why: mostly, because the data set is not to be had.
    Raises BpError (exit 1) for a run that has nothing to show yet.
    """
    [[outcome]] = [setting.runs for setting in gathered.settings]
    run, path, records = Run(outcome.path), str(outcome.path), gathered.records[outcome.path]
    why: dict[str, str] = {}

    def tried(part: str, make: Callable[[], T], needs: str = "") -> T | None:
        try:
            if needs not in why:
                return make()
            why[part] = why[needs]
        except BpError as error:
            why[part] = f"{error}; {error.hint}" if error.hint else str(error)
        return None

    model = tried("model", lambda: Model.load(path))
    if not (model or records):
        raise BpError(f"{path}: expected an epoch or a checkpoint to report on; got neither", hint=why["model"])
    measured = tried("measured", lambda: measure(path, "test", [], progress), needs="model")
    check = tried("check", lambda: _checked(outcome.config, path, progress), needs="measured")
    shown = weights(model) if model else None
    return {
        "run": outcome,
        "identity": identity(path),
        "drawing": beside(folder / DRAWING, path),
        "drawable": _is_drawable(model) if model else False,
        "title": gathered.labels[0],
        "last": records[-1] if records else None,
        "kept": Run(path).kept(outcome.config) if records else None,
        "seconds": sum(record.seconds for record in records),
        "charts": charts(gathered),
        "model": model,
        "network": described(outcome.config, model) if model else None,
        "data": data_of(outcome.config),
        "measured": measured,
        **(_judged(measured) if measured else {}),
        "weights": shown,
        "pictures": [images.png(each) for each in shown.pictures] if shown else [],
        "check": check,
        "samples": SAMPLES,
        "config": redacted(configs.dump(outcome.config)),
        "environment": tried("environment", lambda: _facts(run.environment() or {})),
        "why": why,
        "skipped": gathered.skipped,
    }


def described(config: Config, model: Model) -> str:
    """Return the network in a few words: the sizes of its layers, and its activation function."""
    convolutions = [f"{each.filters} filters of {each.kernel}×{each.kernel}" for each in config.model.conv]
    inputs = "×".join(map(str, model.shape)) if convolutions else np.prod(model.shape)
    sizes = map(str, [inputs, *convolutions, *config.model.hidden, _outputs(model.network)])
    return f"{(', ' if convolutions else '-').join(sizes)}, {config.model.activation}"


def data_of(config: Config) -> str:
    """Return for a reader which data sets a run was trained on; a user's own is called as its folder is."""
    own = cache.expanded(config.data.dir).name if config.data.dir else ""
    called = {"synthetic": "drawn digits (synthetic)", "idx": own or "idx"}
    return " and ".join(called.get(name, name) for name in (config.data.name, *dict(config.data.extra)))


def _outputs(network: Network) -> int:
    return int(network.named_parameters[network.weights[-1]].shape[-1])


def _judged(measured: Measured) -> dict[str, Any]:
    """Return where the network is right and where it is wrong, with pictures if the examples are images."""
    judgement, errors = measured.judgement, measured.judgement.errors()
    confusion = judgement.confusion
    pictures = []
    if len(measured.dataset.shape) == 2:
        which = [each.index for each in errors[:MISTAKES]]
        pictures = [
            images.png(each) for each in images.ink(measured.examples.x[which].reshape(-1, *measured.dataset.shape))
        ]
    found = gallery(measured)
    return {
        "confusion": confusion.tolist(),
        "shares": _shares(confusion).tolist(),
        "scores": judgement.scores(),
        "wrong": len(errors),
        "mistakes": list(zip(errors, pictures, strict=False)),
        "gallery": found and {
            **vars(found),
            "abreast": ABREAST,
            "shape": measured.dataset.shape,
            "classes": measured.classes,
            "kind": measured.predictions.kind,
        },
    }  # fmt: skip


def _shares(confusion: Array) -> Array:
    """Return how strong the colour of a cell is, from 0 to 1: by its part of its row, of errors by the root of it."""
    part = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    wrong = np.sqrt(part - np.diag(part.diagonal()))
    shares: Array = np.diag(part.diagonal()) + wrong / (wrong.max() or 1)
    return shares


def _is_drawable(model: Model) -> bool:
    try:
        return bool(preprocessing(model))
    except BpError:
        return False


def _checked(config: Config, path: str, progress: Progress) -> Report:
    """Check the run's gradients by all oracles: all of them, or a sample on few examples where that would take long."""
    network = Model.load(path).network
    slow = network.parameters.size * config.train.batch_size * _outputs(network) > QUICK
    thrifty = slow or any(isinstance(layer, Conv2D) for layer in network.layers)
    mode, examples = ("sample", FEW) if thrifty else ("full", None)
    checked = checking.check(
        config, path, mode=mode, oracle="all", self_test=False, progress=progress, examples=examples
    )
    return checked.report


def _facts(environment: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the entries of env.json, those of its objects with dotted names, as text."""
    facts: dict[str, str] = {}
    for name, value in environment.items():
        if isinstance(value, Mapping):
            facts |= _facts(value, f"{prefix}{name}.")
        elif value not in (None, []):
            facts[prefix + name] = value if isinstance(value, str) else json.dumps(value)
    return facts
