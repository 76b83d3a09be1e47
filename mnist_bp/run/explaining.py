"""Whether another environment may explain that a run, trained again, is not the same.

Another processor or NumPy changes last bits. How these grow is chaotic, so it may explain a slightly other course and
end; but a network measures the same everywhere, and the beginning is nearly the same.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from mnist_bp.errors import BpError
from mnist_bp.run.measuring import Measurement
from mnist_bp.train.records import METRICS, Record

LOSS, ACCURACY = 1e-4, 1e-3  # what one network's may differ by where it is measured on another machine
START = 0.02  # of the first epoch's training loss: rounding has not grown to more by then
LATER = 0.5  # of any loss; the most that was seen is a tenth, of conv.yaml's on the test images
LIBM = 1e-9  # of a learning rate: what cosines may differ by
POINT = 0.01  # of an accuracy: networks that rounding has led apart are as good as each other

Environment = Mapping[str, tuple[object, object]]  # the keys of env.json in which two differ, with both values


def objection(
    rows: Sequence[Record],
    again: Sequence[Record],
    kept: Record,
    environment: Environment,
    measure: Callable[[], Measurement],
    *,
    patience: bool = False,
) -> str:
    """Return why another environment does not explain a difference; empty if it may.

    `rows` are what the run recorded, `kept` that of the epoch whose network it has kept, `again` what came of training
    it again; `measure` measures the recorded network on the test set, here. With `patience`, last bits may decide which
    epoch is the last.
    """
    if not environment:
        return "this one is the same"
    pairs = [*zip(rows, again, strict=False)]
    if (len(rows) != len(again) and not patience) or any(one.step != other.step for one, other in pairs):
        return "the epochs are the same in every one"
    try:
        measured = measure()
    except BpError as error:
        return str(error)
    examples = measured.examples
    right = abs(kept.test_accuracy - measured.accuracy) <= max(ACCURACY, 1 / examples)
    if not (right and _near(kept.test_loss, measured.loss, LOSS)):
        told = f"not {kept.test_loss:.6g} and {kept.test_accuracy}"
        return f"its network has test loss {measured.loss:.6g} and accuracy {measured.accuracy}, {told}"
    if not _near(rows[0].train_loss, again[0].train_loss, START):
        return f"the first training losses differ by more than {START:.0%}"
    limit = max(POINT, 1 / math.sqrt(examples))
    return next((found for one, other in pairs if (found := _in_epoch(one, other, limit))), "")


def _in_epoch(one: Record, other: Record, limit: float) -> str:
    """Return why the results of an epoch are too far apart, accuracies by more than a limit; empty if they are not."""
    if not _near(one.learning_rate, other.learning_rate, LIBM):
        return f"learning_rate of epoch {one.epoch} is computed from the config alone"
    for name in METRICS:
        recorded, found = one.metrics[name] or 0.0, other.metrics[name] or 0.0
        if name.endswith("accuracy") and abs(recorded - found) > limit:
            return f"{name} of epoch {one.epoch} differs by {abs(recorded - found):.1%}, more than {limit:.1%}"
        if name.endswith("loss") and not _near(recorded, found, LATER):
            return f"{name} of epoch {one.epoch} differs by more than {LATER:.0%}"
    return ""


def _near(one: float, other: float, share: float) -> bool:
    return abs(one - other) <= share * abs(other)
