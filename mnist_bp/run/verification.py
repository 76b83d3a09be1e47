"""Whether a run is what it says: it is trained again from its config, and judged by where the two differ."""

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from mnist_bp import build, machine
from mnist_bp import config as configs
from mnist_bp.config import Config
from mnist_bp.config.dumped import parse_dumped
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import Progress
from mnist_bp.run import checkpoint, comparison, explaining
from mnist_bp.run.checkpoint import Checkpoint
from mnist_bp.run.comparison import Difference
from mnist_bp.run.directory import Run
from mnist_bp.run.environment import differences
from mnist_bp.run.execution import execute
from mnist_bp.run.explaining import Environment
from mnist_bp.run.measuring import measure
from mnist_bp.run.standing import unfinished
from mnist_bp.run.training import Display
from mnist_bp.train.records import Record
from mnist_bp.train.trainer import DivergenceError, Trainer

CONTRADICT = "its own files contradict each other"


@dataclass(frozen=True)
class Verification:
    """What training a run again came to: the first difference, if there is one.

    `last` is the run's last record, and `kept` that of the epoch whose parameters it has kept, if they can be read.
    `environment` holds every key of env.json in which this machine is another one, with both values; `unexplained` says
    why that does not explain the difference.
    """

    last: Record | None = None
    kept: Record | None = None
    parameters: int = 0
    difference: Difference | None = None
    environment: Environment = field(default_factory=dict)
    unexplained: str = ""

    @property
    def verdict(self) -> Literal["identical", "explained", "different"]:
        """Whether the run is what it says."""
        if self.difference is None:
            return "identical"
        return "different" if self.unexplained else "explained"


class _Unstoppable(AbstractContextManager["_Unstoppable"]):
    """Never asks a training to stop with a checkpoint, which would be temporary: signals end the process."""

    code: Exit | None = None

    def __exit__(self, *_: object) -> None:
        """Do nothing."""


def verify(
    path: Path, overrides: Sequence[str], display: Callable[[Path, Trainer], Display], progress: Progress
) -> Verification:
    """Train a finished run again, into a temporary folder, and compare.

    `overrides` say where its data lie. Raises BpError (exit 2) for others, and if the run is not finished, and (exit 4)
    if the data that it was trained on are not to be had.
    """
    run = Run(path)
    config = _config(run, overrides)
    try:
        found, summary = checkpoint.read(run.checkpoint), run.summary() or {}
        rows, losses, environment = run.metrics.rows(), run.steps.rows(), run.environment()
        kept = run.kept(config) or rows[-1]
    except BpError as error:  # a file is damaged, or says something else than another one
        return Verification(difference=Difference(str(error)), unexplained=f"it is damaged, or {CONTRADICT}")
    for contradiction in _contradictions(run, found, environment):
        return Verification(rows[-1], kept, difference=contradiction, unexplained=CONTRADICT)
    _require_data(config, found, progress)

    every = math.gcd(*(row.step for row in losses)) or None
    logging = replace(config, train=replace(config.train, log_every=every))  # which changes nothing that is trained
    with tempfile.TemporaryDirectory(prefix="bp-verify-") as folder:
        again = Run(Path(folder) / "run")
        try:
            ended = execute(
                logging, again.path, None, resume=False, stopping=_Unstoppable(), display=display, progress=progress
            )
        except BpError as error:
            if isinstance(error.__cause__, DivergenceError):
                return Verification(
                    rows[-1], kept, difference=Difference(str(error.__cause__)), unexplained="it had an end"
                )
            raise
        records, parameters = again.metrics.rows(), ended.summary["parameters"]
        every_difference = chain(
            comparison.in_metrics(rows, records),
            comparison.in_steps(losses, again.steps.rows()),
            comparison.in_checkpoints(found, checkpoint.read(again.checkpoint)),
            comparison.of("summary.json, parameters", summary.get("parameters"), parameters),
        )
        difference = next(every_difference, None)
    changed = differences(environment, machine.describe())
    unexplained = ""
    if difference:
        unexplained = explaining.objection(
            rows,
            records,
            kept,
            changed,
            lambda: measure(str(path), "test", overrides, progress).measurement,
            patience=config.train.patience is not None,
        )
    return Verification(rows[-1], kept, parameters, difference, changed, unexplained)


def _config(run: Run, overrides: Sequence[str]) -> Config:
    """Return the config of a finished run, its data in their place; raises BpError (exit 2) as `verify` does."""
    own, config = run.config(), run.config(overrides)
    for key in configs.changes(own, config):
        if not key.startswith("data.") or configs.keys()[key].on_resume != "free":
            message = f"--set {key}: expected a key that says where the data lie, such as data.dir"
            raise BpError(message, code=Exit.USAGE, hint="everything else is as the run was trained")
    if run.state == "finished":
        return config
    got, hint = "one that is not", unfinished(run.path)
    if (failure := run.failure()) is not None:
        got, hint = f"one that failed after step {failure['step']}: {failure['message']}", None
    raise BpError(f"{run.path}: expected a finished run; got {got}", code=Exit.USAGE, hint=hint)


def _contradictions(run: Run, found: Checkpoint, environment: Mapping[str, Any] | None) -> list[Difference]:
    """Return where what the files of a run say is not what its checkpoint says."""
    try:
        trained = parse_dumped(found.config, str(run.checkpoint))
    except BpError as error:
        return [Difference(str(error))]
    data = (environment or {}).get("data")
    data = data if isinstance(data, dict) else {}
    fingerprint, extra = data.get("fingerprint"), data.get("extra")
    mixed = [*extra.values()] if isinstance(extra, dict) else [*found.mixture]
    return [
        *comparison.in_configs(run.config(), trained),
        *comparison.of("env.json, data.fingerprint", fingerprint or found.fingerprint, found.fingerprint),
        *comparison.of("env.json, data.extra", mixed, [*found.mixture]),
    ]


def _require_data(config: Config, found: Checkpoint, progress: Progress) -> None:
    """Raise BpError (exit 4) unless the data are there that the run was trained on."""
    for data, fingerprint in zip(config.data.sources, found.fingerprints, strict=False):
        hint = "--set data.dir=FOLDER says where its data lie" if data.name == "idx" else None
        try:
            dataset = build.dataset(data, progress)
        except BpError as error:
            raise BpError(str(error), code=error.code, hint=error.hint or hint) from error
        if dataset.fingerprint != fingerprint:
            message = f"{found.path}: expected data of fingerprint {fingerprint:.12}…, on which it was trained"
            raise BpError(f"{message}; got {dataset.name} of {dataset.fingerprint:.12}…", code=Exit.NO_DATA, hint=hint)
