"""The softmax cross-entropy against the book's numbers, finite differences and the ends of the number line."""

import numpy as np
import pytest

from mnist_bp.nn.losses import SoftmaxCrossEntropy


def test_the_loss_is_the_negative_logarithm_of_the_probability_of_the_truth() -> None:
    """The book's example, its digits cut off: probability 0.6 of the truth gives 0.510825, and 0.1 gives 2.302585."""
    probabilities = np.array([[0.1, 0.05, 0.6, 0.0499, 0.05, 0.1, 0.0001, 0.05, 0.0, 0.0]])
    logits = np.log(probabilities + 1e-300)
    loss = SoftmaxCrossEntropy()
    assert loss.forward(logits, np.array([2])) == pytest.approx(0.510825, abs=1e-6)
    assert loss.forward(logits, np.array([0])) == pytest.approx(2.302585, abs=1e-6)
    assert loss.forward(logits[[0, 0]], np.array([2, 0])) == pytest.approx((0.510825 + 2.302585) / 2, abs=1e-6)


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes() -> None:
    assert SoftmaxCrossEntropy().forward(np.zeros((3, 10)), np.array([0, 5, 9])) == pytest.approx(np.log(10), rel=1e-15)


def test_backward_is_the_slope_of_forward(rng: np.random.Generator) -> None:
    loss, step = SoftmaxCrossEntropy(), 1e-5
    logits, t = rng.standard_normal((6, 4)), rng.integers(0, 4, 6)
    loss.forward(logits, t)
    gradient = loss.backward().copy()
    for index in np.ndindex(logits.shape):
        shift = np.zeros_like(logits)
        shift[index] = step
        slope = (loss.forward(logits + shift, t) - loss.forward(logits - shift, t)) / (2 * step)
        assert gradient[index] == pytest.approx(slope, abs=1e-10)  # rounding of the difference: 1e-16 / 1e-5


def test_backward_can_be_called_twice(rng: np.random.Generator) -> None:
    loss = SoftmaxCrossEntropy()
    loss.forward(rng.standard_normal((6, 4)), rng.integers(0, 4, 6))
    first = loss.backward().copy()
    np.testing.assert_array_equal(loss.backward(), first)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_logits_neither_overflow_nor_lose_the_loss(dtype: str) -> None:
    """Row by row, so that one row's huge logit does not flush another row's probabilities to zero."""
    logits = np.array([[1e4, 0.0], [-1e4, 0.0], [0.0, 0.0]], dtype)
    loss = SoftmaxCrossEntropy()
    assert loss.forward(logits, np.array([0, 0, 0])) == pytest.approx((0 + 1e4 + np.log(2)) / 3, rel=1e-6)
    np.testing.assert_allclose(loss.backward(), [[0, 0], [-1 / 3, 1 / 3], [-1 / 6, 1 / 6]], atol=1e-7)


def test_the_callers_logits_are_left_alone(rng: np.random.Generator) -> None:
    logits = rng.standard_normal((6, 4))
    given = logits.copy()
    loss = SoftmaxCrossEntropy()
    loss.forward(logits, np.zeros(6, int))
    loss.backward()
    np.testing.assert_array_equal(logits, given)


def test_correct_counts_the_rows_whose_largest_logit_is_the_truth() -> None:
    logits = np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]])
    assert SoftmaxCrossEntropy().correct(logits, np.array([1, 1, 1])) == 2


def test_one_hot_targets_are_refused_rather_than_misread() -> None:
    with pytest.raises(ValueError, match=r"expects t of shape \(3,\), class indices; got \(3, 3\)"):
        SoftmaxCrossEntropy().forward(np.zeros((3, 3)), np.eye(3, dtype=int))
