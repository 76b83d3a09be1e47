"""A committee of runs, whose numbers are worked out by hand."""

import math
from typing import Any

import numpy as np
import pytest

from mnist_bp.data.dataset import Dataset, Split
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.committee import Committee
from mnist_bp.run.measuring import Measured, Measurement
from mnist_bp.run.predictions import Predictions

X = np.array([[1], [2]], np.uint8)


def member(name: str, numbers: list[list[float]], **changes: Any) -> Measured:
    """Return what is measured of a run on two examples, a dog and a cat."""
    t = np.array([1, 0], np.uint8)
    examples = Split(changes.get("x", X), changes.get("t", t))
    dataset = Dataset("pets", examples, examples, (1, 1), ("cat", "dog"), 2, "")
    table = np.array(numbers, np.float32)
    predictions = Predictions(t, table.argmax(axis=1), changes.get("kind", "probability"), table)
    return Measured(
        Measurement(name, "pets", "test", 2, 0.5, 1.0),
        predictions,
        examples,
        dataset,
        changes.get("classes", ("cat", "dog")),
    )


def test_the_mean_of_the_probabilities_decides() -> None:
    """Two members of three are wrong of the first example, and yet the committee is right."""
    together = Committee()
    for name, numbers in (
        ("a", [[0.5625, 0.4375], [1.0, 0.0]]),
        ("b", [[0.5625, 0.4375], [0.5, 0.5]]),
        ("c", [[0.0, 1.0], [0.0, 1.0]]),
    ):
        together.add(member(name, numbers))
    found = together.measured()
    np.testing.assert_allclose(found.predictions.numbers, [[0.375, 0.625], [0.5, 0.5]])
    assert found.predictions.answers.tolist() == [1, 0]
    assert found.measurement.accuracy == 1.0
    assert found.measurement.loss == pytest.approx(-(math.log(0.625) + math.log(0.5)) / 2)


def test_what_all_members_hold_to_be_impossible_makes_the_loss_infinite() -> None:
    together = Committee()
    together.add(member("a", [[1.0, 0.0], [1.0, 0.0]]))
    assert together.measured().measurement.loss == math.inf


MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "outputs": ({"kind": "output"}, "b: expected probabilities, whose mean a committee takes; got outputs"),
    "classes": ({"classes": ("cat", "owl")}, "b: expected the classes of a, cat, dog; got cat, owl"),
    "images": ({"x": X[::-1]}, "b: expected the examples that a was measured on; got others"),
    "labels": ({"t": np.array([1, 1], np.uint8)}, "b: expected the examples that a was measured on; got others"),
    "numbers": ({"x": X[:1]}, "b: expected the examples that a was measured on; got others"),
}


@pytest.mark.parametrize(("changes", "message"), MISFITS.values(), ids=MISFITS)
def test_runs_that_cannot_be_averaged_are_refused(changes: dict[str, Any], message: str) -> None:
    together = Committee()
    together.add(member("a", [[0.5, 0.5], [0.5, 0.5]]))
    with pytest.raises(BpError) as refused:
        together.add(member("b", [[0.5, 0.5], [0.5, 0.5]], **changes))
    assert str(refused.value).startswith(message)
    assert refused.value.code == Exit.USAGE
