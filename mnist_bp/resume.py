"""A trainer and its run directory brought to one state: that of the checkpoint, or the start where there is none."""

import logging
import time

from mnist_bp import checkpoint, environment
from mnist_bp.config import Config
from mnist_bp.data import Dataset
from mnist_bp.errors import BpError, Exit
from mnist_bp.runs import Run
from mnist_bp.trainer import Trainer

log = logging.getLogger(__name__)


def resume(run: Run, config: Config, trainer: Trainer, dataset: Dataset) -> None:
    """Put the trainer where the run stands, and the run's files with it.

    Raises BpError if the data are not those that the run began with (exit 2), if the config asks for fewer steps than
    are done (exit 2), or if checkpoint or metrics are damaged. Warns of a changed environment.
    """
    position, epoch_steps = trainer.position, trainer.batches.steps
    now = environment.describe() | {
        "data": {
            "name": dataset.name,
            "train": len(dataset.train),
            "test": len(dataset.test),
            "fingerprint": dataset.fingerprint,
        }
    }
    if run.checkpoint.exists():
        _compare(run, run.environment(), now)
        checkpoint.load(run.checkpoint, trainer)
        if position.step > trainer.steps:
            message = f"{run.path}: already at step {position.step}; expected to end at {trainer.steps}"
            raise BpError(message, code=Exit.USAGE, hint="ask for more train.epochs or train.max_steps")
        run.require_records(range(epoch_steps, position.step + 1, epoch_steps))
    elif run.records():
        log.warning("%s: there is no checkpoint; starting again from step 0", run.path)
    run.begin(config, now)
    run.keep_records(lambda record: record.step <= position.step and record.step % epoch_steps == 0)
    if trainer.finished and position.step % epoch_steps:
        run.append(trainer.record(time.perf_counter()))


def _compare(run: Run, before: dict[str, object] | None, now: dict[str, object]) -> None:
    if before is None:
        log.warning("%s: has no env.json: neither data nor machine can be compared with those it began with", run.path)
        return
    if before.get("data") != now["data"]:
        message = f"{run.path}: expected the data that the run began with, {before.get('data')}; got {now['data']}"
        raise BpError(message, code=Exit.USAGE, hint="another --out begins a new run")
    for key, value in now.items():
        if before.get(key) != value:
            log.warning("%s: %s was %s, is %s; the last bits may differ", run.path, key, before.get(key), value)
