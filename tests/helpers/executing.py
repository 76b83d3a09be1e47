"""Taking a run to its end without the command line, for tests."""

from pathlib import Path

from mnist_bp.config import Config
from mnist_bp.errors import Exit
from mnist_bp.progress import silent
from mnist_bp.run.execution import Finished, execute
from mnist_bp.run.training import Display, Stopping
from mnist_bp.train.records import Record
from mnist_bp.train.trainer import Trainer
from tests.helpers.making import config, unsynced

ON_XOR = config(data_name="xor", model_hidden=[4], model_loss="half_squared_error", train_batch_size=2, train_epochs=3)


class Stop(Stopping):
    """Asks to stop after so many steps."""

    def __init__(self, after: int | None) -> None:
        self.code: Exit | None = None
        self.after = after

    def __exit__(self, *_: object) -> None:
        pass


class Shown(Display):
    """Notes what it is told."""

    def __init__(self, stop: Stop) -> None:
        self.stop, self.steps, self.records = stop, 0, list[Record]()

    def __call__(self, path: Path, trainer: Trainer) -> "Shown":
        self.path, self.start = path, trainer.position.step
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.stop.after:
            self.stop.code = Exit.TERMINATED

    def epoch(self, record: Record) -> None:
        self.records.append(record)


@unsynced
def executed(
    config: Config = ON_XOR, path: Path | None = None, name: str | None = None, *, stop: int | None = None
) -> tuple[Finished, Shown]:
    stopping = Stop(stop)
    shown = Shown(stopping)
    done = execute(config, path, name, resume=False, stopping=stopping, display=shown, progress=silent)
    return done, shown
