"""What predictions are worth: expected values are counted by hand, or by a naive loop."""

import numpy as np
import pytest

from mnist_bp.nn.buffers import Array
from mnist_bp.run.judgement import ClassScore, Judgement, Wrong
from mnist_bp.run.predictions import Predictions

CLASSES = ("cat", "dog", "owl", "elk")


def judgement(
    labels: list[int], numbers: list[list[float]], kind: str = "probability", classes: tuple[str, ...] = CLASSES
) -> Judgement:
    """Return the judgement of a network that says the class of the largest number, or whether one is above ½."""
    table = np.array(numbers)
    answers = table.argmax(axis=1) if table.shape[1] > 1 else (table[:, 0] > 0.5).astype(np.intp)
    return Judgement(Predictions(np.array(labels, np.uint8), answers, kind, table), classes)


# Nobody is an elk; the second cat and the owl are said to be dogs, with the same confidence, a dog to be an elk.
ANIMALS = judgement(
    [0, 0, 1, 1, 2],
    [
        [0.9, 0.1, 0.0, 0.0],
        [0.2, 0.7, 0.1, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.1, 0.0, 0.0, 0.9],
        [0.0, 0.7, 0.3, 0.0],
    ],
)


def test_rows_of_the_confusion_matrix_are_true_classes_and_columns_what_was_said() -> None:
    assert ANIMALS.confusion.tolist() == [[1, 1, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert ANIMALS.confusion.dtype.kind == "i"


def test_scores_of_a_class_are_missing_where_they_would_be_0_of_0() -> None:
    assert ANIMALS.scores() == [
        ClassScore("cat", 2, 1.0, 1 / 2, 2 / 3),  # the harmonic mean of 1 and 1/2
        ClassScore("dog", 2, 1 / 3, 1 / 2, 2 / 5),
        ClassScore("owl", 1, None, 0.0, 0.0),  # never said
        ClassScore("elk", 0, 0.0, None, 0.0),  # never true
    ]
    assert judgement([0], [[1.0, 0.0]], classes=("a", "b")).scores()[1] == ClassScore("b", 0, None, None, None)


def test_the_most_confident_error_comes_first_and_of_equals_the_one_of_the_lower_index() -> None:
    assert ANIMALS.errors() == [Wrong(3, 1, 3, 0.9, 0.0), Wrong(1, 0, 1, 0.7, 0.2), Wrong(4, 2, 1, 0.7, 0.3)]
    assert ANIMALS.errors(2) == ANIMALS.errors()[:2]
    assert judgement([0], [[1.0, 0.0, 0.0, 0.0]]).errors(5) == []


def test_a_single_output_is_as_confident_as_it_is_far_from_one_half() -> None:
    yes_no = judgement([0, 1, 1, 0], [[0.75], [-1.0], [2.0], [0.25]], "output", ("no", "yes"))
    assert yes_no.confusion.tolist() == [[1, 1], [1, 1]]
    assert yes_no.errors() == [Wrong(1, 1, 0, -1.0, -1.0), Wrong(0, 0, 1, 0.75, 0.75)]


def test_a_number_that_overflowed_is_no_confidence() -> None:
    assert [each.index for each in judgement([1, 1], [[np.nan, 0.0], [0.6, 0.4]]).errors()] == [1, 0]


@pytest.mark.parametrize("size", [2, 26, 200])  # 199 · 200 + 199 is more than a byte, of which labels are, can hold
def test_a_random_judgement_is_what_a_loop_counts(size: int, rng: np.random.Generator) -> None:
    labels, numbers = rng.integers(0, size, 500).tolist(), rng.random((500, size)).round(1)  # with many equals
    found = judgement(labels, numbers.tolist(), classes=tuple(map(str, range(size))))
    expected: Array = np.zeros((size, size), int)
    wrong = []
    for index, (label, row) in enumerate(zip(labels, numbers, strict=True)):
        said = max(range(size), key=lambda k: row[k])
        expected[label, said] += 1
        if said != label:
            wrong.append((-row[said], index))
    assert np.array_equal(found.confusion, expected)
    assert [each.index for each in found.errors()] == [index for _, index in sorted(wrong)]
