"""From a config to a finished run; work that is already done is not repeated."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mnist_bp import config as configs
from mnist_bp.config import Config, DataConfig
from mnist_bp.errors import BpError
from mnist_bp.progress import Progress
from mnist_bp.run import naming
from mnist_bp.run.claim import Claim
from mnist_bp.run.continuing import require_place
from mnist_bp.run.directory import Run

if TYPE_CHECKING:
    from mnist_bp.data.dataset import Dataset
    from mnist_bp.run.training import Display, Stopping
    from mnist_bp.train.trainer import Trainer

KEPT = 4  # data sets in memory, for the runs of a sweep
HARDLY = 0.01  # of the way from chance to all right: a network that is better by no more has learnt nothing


class Finished(NamedTuple):
    """A run at its end: its directory, its summary, and whether it was there before.

    `chance` is the test accuracy of always answering the most frequent class; unknown (1) of a run from before.
    """

    path: Path
    summary: Mapping[str, Any]
    before: bool = False
    chance: float = 1.0

    @property
    def at_chance(self) -> bool:
        """Whether the network is hardly better than chance, where there is anything to tell apart."""
        return self.chance < 1 and self.summary["test_accuracy"] <= self.chance + HARDLY * (1 - self.chance)


def execute(
    config: Config,
    path: Path | None,
    name: str | None,
    *,
    resume: bool,
    stopping: "Stopping",
    display: "Callable[[Path, Trainer], Display]",
    progress: Progress,
    loaded: "Mapping[DataConfig, Dataset] | None" = None,
) -> Finished:
    """Train a run to its end, from wherever it stands; a finished run is left alone.

    `name` is that of its config file, None if there is none. `path` is its directory; None makes a new one under runs/,
    which is called after the config. Data sets that are `loaded` are not loaded again. Raises BpError with the code of
    `stopping` if that asks to stop; if another process writes the directory; if the directory is another run's, or the
    run may not have this length (exit 2); if the data are unavailable (exit 4) or are not those that it was trained on
    (exit 2); and if the training fails, which the directory then tells.
    """
    chosen = path is not None
    if path is not None:
        require_place(Run(path), config, resume=resume)
        if summary := _summary(Run(path), config):
            return Finished(path, summary, before=True)

    from mnist_bp import build, machine  # noqa: PLC0415  # NumPy takes longer than a finished run, which needs none
    from mnist_bp.run.training import Training  # noqa: PLC0415

    machine.limit_threads()
    known = loaded or {}
    dataset = build.training_data(config.data, lambda data: known.get(data) or build.dataset(data, progress))
    trainer = build.trainer(config, dataset)
    path = path or naming.make_new(name or "run")
    with Claim(path) as claim:
        run = Run(path, check=claim.require)
        require_place(run, config, resume=resume)  # which from here on no other process changes
        training = Training(run, config, dataset, trainer, {"config": name, "named_after": None if chosen else name})
        summary = _summary(run, config) or training.train(stopping, display)
    return Finished(path, summary, chance=dataset.test.chance)


def prepare(configs: Iterable[Config], progress: Progress) -> "dict[DataConfig, Dataset]":
    """Load what several runs need, for this process and its copies: libraries and data sets, of these KEPT at most.

    All are then in the cache. One that cannot be had is left out: its runs will say why.
    """
    from mnist_bp import build, machine  # noqa: PLC0415
    from mnist_bp.run import training  # noqa: F401, PLC0415

    machine.limit_threads()
    loaded: dict[DataConfig, Dataset] = {}
    for data in dict.fromkeys(source for config in configs for source in config.data.sources):
        with suppress(BpError):
            dataset = build.dataset(data, progress)
            if len(loaded) < KEPT:
                loaded[data] = dataset
    return loaded


def _summary(run: Run, config: Config) -> dict[str, Any] | None:
    """Return how a run ended, if it is of the length that a config asks for; what else that asks for is its own."""
    finished = run.exists and run.checkpoint.exists() and not configs.length_changes(run.config(), config)
    return run.summary() if finished else None
