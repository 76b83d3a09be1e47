"""What a run directory may be continued as: never as another run, and as a longer one only if that is asked for."""

import math
import shlex
from pathlib import Path

from mnist_bp import config as configs
from mnist_bp.config import Config, TrainConfig
from mnist_bp.config.dumped import parse_dumped
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.directory import BEGIN_AGAIN, Run, is_free

BEGIN_NEW = "a new run begins with another --out, or with neither --out nor --resume"


def command_line(path: Path | str) -> str:
    """Return the command line that continues a run, whatever other runs there are."""
    return f"`bp train --config {shlex.quote(f'{path}/config.yaml')} --out {shlex.quote(str(path))}`"


def require_place(run: Run, config: Config, *, resume: bool) -> None:
    """Refuse, with exit 2, to overwrite what is in a directory or to continue it as something else.

    Without `resume`, a run of another length is something else.
    """
    free = is_free(run.path)
    if not run.exists:  # asked last: another process may be beginning the run
        if not free:
            message = f"{run.path}: expected a new or empty directory, or a run to resume; got something else"
            raise BpError(message, code=Exit.USAGE, hint=f"move it away; {BEGIN_NEW}")
        return
    before = run.config()
    hint = BEGIN_NEW
    changes = configs.forbidden_changes(before, config)
    if changes and run.state != "finished":
        hint = f"{command_line(run.path)} continues that run; {hint}"
    if changes and configs.has_fixed_length(before):
        hint += "; with train.schedule_epochs set from its start, its length may change later"
    elif not changes and not resume:
        changes = configs.length_changes(before, config)
        if changes and _is_longer(before.train, config.train):
            hint = "--resume continues it to another length; " + hint
    if changes:
        changed = "; ".join(f"{key} was {old}, is {new}" for key, (old, new) in changes.items())
        message = f"{run.path}: expected the config that the run began with; {changed}"
        raise BpError(message, code=Exit.USAGE, hint=hint)


def require_own(run: Run, checkpoint_config: str) -> Config:
    """Return the config in a run's checkpoint, given as YAML; refuse, with exit 2, that of another run."""
    own, other = run.config(), parse_dumped(checkpoint_config, str(run.checkpoint))
    if changes := configs.forbidden_changes(own, other):
        which = "; ".join(f"{key} is {theirs} instead of {ours}" for key, (ours, theirs) in changes.items())
        message = f"{run.checkpoint}: expected the checkpoint of this run; got another's, in which {which}"
        hint = f"one of {run.checkpoint.name} and config.yaml is another's: put the right one back; or, {BEGIN_AGAIN}"
        raise BpError(message, code=Exit.USAGE, hint=hint)
    return other


def _is_longer(before: TrainConfig, after: TrainConfig) -> bool:
    """Whether a run of the one length surely takes more steps by the other, however many an epoch has."""
    steps = [train.max_steps or math.inf for train in (before, after)]
    return after.epochs >= before.epochs and steps[1] >= steps[0]
