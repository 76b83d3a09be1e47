"""How good a run's network is, and what it says: of its own examples, or of those of another data set."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from mnist_bp import build, machine
from mnist_bp.data.dataset import Dataset, Split, labelled
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import Progress
from mnist_bp.run.directory import Run
from mnist_bp.run.judgement import Judgement
from mnist_bp.run.model import Model
from mnist_bp.run.predictions import Predictions
from mnist_bp.train.evaluation import evaluate_with_outputs

log = logging.getLogger(__name__)

OF_TRAINING = ("data.validation", "data.extra", "data.augment")  # which do not change what is measured


@dataclass(frozen=True)
class Measurement:
    """Accuracy and mean loss of a run on so many examples of a split of a data set."""

    run: str
    data: str
    split: str
    examples: int
    accuracy: float
    loss: float


@dataclass(frozen=True)
class Measured:
    """A measurement with what it was made from: what the network says of the `examples` of a data set.

    `classes` are the names of all classes that the network can say, which may be more than the data set has.
    """

    measurement: Measurement
    predictions: Predictions
    examples: Split
    dataset: Dataset
    classes: tuple[str, ...]

    @property
    def judgement(self) -> Judgement:
        """Where the network is right and where it is wrong."""
        return Judgement(self.predictions, self.classes)


def measure(path: str, split: str, overrides: Sequence[str], progress: Progress) -> Measured:
    """Measure a run on a split, "test", "train" or "validation", of its data set or of another one.

    `overrides` change which data set it is, by keys of section data; of another one, no examples were held out. Raises
    BpError (exit 2) for other keys, if there is no such split, or if the network cannot be measured on these data; else
    as `Model.load` and `build.dataset` do. Warns if the run's own data are no longer what they were.
    """
    for override in overrides:
        if not override.strip().startswith("data.") or override.strip().startswith(OF_TRAINING):
            message = f"--set {override}: expected a key of section data other than {', '.join(OF_TRAINING)}"
            raise BpError(message, code=Exit.USAGE, hint="everything else is as the run was trained")
    run = Run(path)
    own, config = run.config(), run.config(overrides)
    if own.data.name == config.data.name == "plane" and own.data.seed != config.data.seed:
        raise BpError(
            f"data.seed: expected {own.data.seed}, the run's own, as others test on points that it was trained on; "
            f"got {config.data.seed}",
            code=Exit.USAGE,
        )
    machine.limit_threads()
    model = Model.load(path)
    dataset = build.dataset(config.data, progress)
    changed = model.fingerprint != dataset.fingerprint
    if changed and own == config:
        log.warning("%s: the data are not those that it was trained on; they have changed since", path)
    if split != "test" and not (changed and own != config):  # of another data set, nothing was held out
        dataset = dataset.hold_out(config.data.validation)
    examples = {"train": dataset.train, "test": dataset.test, "validation": dataset.validation}[split]
    if examples is None:
        raise BpError(
            f"--split validation: expected examples held out for validation; {dataset.name} has none",
            code=Exit.USAGE,
            hint=f"train with data.validation={_some(dataset)}, or choose another --split",
        )
    model.require_fit(dataset, examples)
    (loss, accuracy), outputs = evaluate_with_outputs(model.network, examples)
    measurement = Measurement(path, dataset.name, split, len(examples), accuracy, loss)
    predictions = Predictions.of(model.network, outputs, examples.t)
    return Measured(measurement, predictions, examples, dataset, labelled(model.classes, config.data.labels))


def _some(dataset: Dataset) -> int:
    """Return how many training examples one may well hold out: a tenth, or 5,000 if that is fewer."""
    return max(1, min(5000, len(dataset.train) // 10))
