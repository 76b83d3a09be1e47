"""Targets as rows of numbers: classes, and probabilities of any type."""

import numpy as np
import pytest

from mnist_bp.nn.targets import distribution, numbers, one_hot


def test_more_classes_than_a_byte_can_count_are_told_apart() -> None:
    t = np.array([299, 44, 0])  # 299 − 256 = 43
    np.testing.assert_array_equal(one_hot(t, np.empty((3, 300))).argmax(axis=1), t)


def test_probabilities_are_copied_in_the_type_asked_for_with_a_sum_of_one() -> None:
    """The sum of thirds in float16 is 0.99976, for which softmax(z) − q is not quite the gradient."""
    t = np.full((2, 3), 1 / 3, np.float16)
    given = t.copy()
    found = distribution(t, np.empty((2, 3)))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(found, 1 / 3, rtol=1e-15)
    np.testing.assert_array_equal(t, given)


@pytest.mark.parametrize("row", [[0.5, 0.49], [1.5, -0.5], [np.nan, 1.0], [np.inf, 0.0], [0, 0], [255, 0]])
def test_what_is_no_distribution_is_refused_with_its_number(row: list[float]) -> None:
    with pytest.raises(ValueError, match=r"probabilities in t that add up to 1; got \[.*\] for example 1"):
        distribution(np.array([[0.5, 0.5], row, row]), np.empty((3, 2)))


def test_numbers_are_the_callers_own_and_classes_are_written_out() -> None:
    t, out = np.array([[0.5, 7.0]]), np.empty((1, 2))
    assert numbers(t, out) is t
    assert numbers(np.array([1]), out) is out
    np.testing.assert_array_equal(out, [[0, 1]])
