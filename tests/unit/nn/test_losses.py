"""Losses against the books' numbers, PyTorch's, finite differences and the ends of the number line."""

from collections.abc import Callable
from math import exp, log
from operator import mul

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mnist_bp
from mnist_bp.nn.check.numerical import numerical_gradient
from mnist_bp.nn.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    HalfSquaredError,
    Loss,
    MeanSquaredError,
    SoftmaxCrossEntropy,
    cross_entropy_error,
)
from mnist_bp.nn.softmax import Softmax
from tests.helpers.layers import BATCHES, GENERATORS
from tests.helpers.pytorch import NUMBERS

CLASSES = np.array([2, 0, 1, 1, 2, 0])
PROBABILITIES = np.array([[0.0, 0.3, 1.0], [0.5, 0.2, 0.9], [1.0, 1.0, 0.0], [0.1, 0.2, 0.3], [0, 0, 0], [1, 1, 1]])
ANSWERS = np.array([1, 0, 0, 1, 1, 0])

DISTRIBUTIONS = np.array(
    [[0.0, 0.3, 0.7], [0.5, 0.2, 0.3], [1.0, 0.0, 0.0], [0.1, 0.2, 0.7], [0, 1, 0], [0.25, 0.25, 0.5]]
)

CASES: dict[str, tuple[Loss, np.ndarray, int]] = {  # a loss, its targets, and the number of outputs
    "softmax cross-entropy": (SoftmaxCrossEntropy(), CLASSES, 3),
    "softmax cross-entropy, smoothed": (SoftmaxCrossEntropy(0.2), CLASSES, 3),
    "softmax cross-entropy of probabilities": (SoftmaxCrossEntropy(), DISTRIBUTIONS, 3),
    "softmax cross-entropy of probabilities, smoothed": (SoftmaxCrossEntropy(0.2), DISTRIBUTIONS, 3),
    "cross-entropy": (CrossEntropy(), CLASSES, 3),
    "cross-entropy of probabilities": (CrossEntropy(), DISTRIBUTIONS, 3),
}
for each in (BinaryCrossEntropy(), MeanSquaredError(), HalfSquaredError()):
    name = type(each).__name__
    CASES |= {
        f"{name} of classes": (each, CLASSES, 3),
        f"{name} of numbers": (each, PROBABILITIES, 3),
        f"{name} of answers": (each, ANSWERS, 1),
    }
every_loss = pytest.mark.parametrize(("loss", "t", "outputs"), CASES.values(), ids=CASES)
of_classes = pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SoftmaxCrossEntropy(0.2), CrossEntropy()])
numeric_loss = pytest.mark.parametrize("loss", [BinaryCrossEntropy(), MeanSquaredError(), HalfSquaredError()])


def drawn(loss: Loss, outputs: int, rng: np.random.Generator, size: int = 6) -> np.ndarray:
    """Return outputs for some examples; for a loss of probabilities, far enough from 0 for a difference of 1e-5."""
    shape = (size, outputs)
    return rng.uniform(0.5, 1, shape) if isinstance(loss, CrossEntropy) else rng.standard_normal(shape)


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


@pytest.mark.parametrize(
    ("answer", "error"),
    [([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0], 0.0975),
     ([0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0], 0.5975)],
)  # fmt: skip
def test_half_the_squared_error_is_the_books(answer: list[float], error: float) -> None:
    """The book's two answers to the image of a 2; its "mean squared error" is ½ Σ (y − t)²."""
    assert HalfSquaredError().forward(np.array([answer]), np.array([2])) == pytest.approx(error, rel=1e-14)
    assert MeanSquaredError().forward(np.array([answer]), np.array([2])) == pytest.approx(error * 2 / 10, rel=1e-14)


PYTORCH = {
    "SoftmaxCrossEntropy": SoftmaxCrossEntropy(),
    "SoftmaxCrossEntropy, smoothed by 0.1": SoftmaxCrossEntropy(0.1),
    "BinaryCrossEntropy": BinaryCrossEntropy(),
    "MeanSquaredError": MeanSquaredError(),
}


@pytest.mark.parametrize("name", PYTORCH)
def test_values_and_gradients_are_those_of_pytorch(name: str) -> None:
    """Both round at 1e-16; a gradient is the difference of numbers up to 1."""
    loss, theirs = PYTORCH[name], NUMBERS["losses"][name]
    assert loss.forward(np.array(theirs["z"]), np.array(theirs["t"])) == pytest.approx(theirs["loss"], rel=1e-14)
    np.testing.assert_allclose(loss.backward(), theirs["gradient"], rtol=0, atol=1e-15)


@every_loss
def test_backward_is_the_slope_of_forward(loss: Loss, t: np.ndarray, outputs: int, rng: np.random.Generator) -> None:
    report = mnist_bp.gradcheck(
        (lambda z: loss.forward(z, t), lambda dout: dout * loss.backward()), drawn(loss, outputs, rng)
    )
    assert report.verdict == "PASS", report


Example = Callable[[list[float], list[float]], float]
LOOPS: list[tuple[Loss, Example]] = [  # the loss of an example from its outputs and its targets, by the formula
    (SoftmaxCrossEntropy(), lambda z, t: log(sum(map(exp, z))) - sum(map(mul, z, t))),
    (
        SoftmaxCrossEntropy(0.3),
        lambda z, t: (
            -sum((0.7 * one + 0.3 / len(z)) * log(exp(x) / sum(map(exp, z))) for x, one in zip(z, t, strict=True))
        ),
    ),
    (CrossEntropy(), lambda z, t: -sum(one * log(x + 1e-7) for x, one in zip(z, t, strict=True))),
    (BinaryCrossEntropy(), lambda z, t: sum(log(1 + exp(x)) - x * yes for x, yes in zip(z, t, strict=True)) / len(z)),
    (MeanSquaredError(), lambda z, t: sum((x - y) ** 2 for x, y in zip(z, t, strict=True)) / len(z)),
    (HalfSquaredError(), lambda z, t: sum((x - y) ** 2 for x, y in zip(z, t, strict=True)) / 2),
]


@pytest.mark.parametrize(("loss", "of_example"), LOOPS, ids=[type(loss).__name__ for loss, _ in LOOPS])
@settings(max_examples=15)
@given(st.integers(1, 5), BATCHES, GENERATORS)
def test_a_loss_is_the_mean_of_its_formula_in_batches_of_any_size(
    loss: Loss, of_example: Example, outputs: int, sizes: list[int], rng: np.random.Generator
) -> None:
    """The gradient by central differences of the formula, with a step of 1e-5: truncation and rounding are ≤ 1e-10."""
    outputs += isinstance(loss, SoftmaxCrossEntropy | CrossEntropy)
    for size in sizes:
        z, t = drawn(loss, outputs, rng, size), rng.integers(0, max(outputs, 2), size)
        numbers = (np.eye(outputs)[t] if outputs > 1 else t[:, None]).tolist()

        def mean(z: np.ndarray, numbers: list[list[float]] = numbers) -> float:
            return sum(map(of_example, z.tolist(), numbers)) / len(z)

        assert loss.forward(z, t) == pytest.approx(mean(z), rel=1e-13)
        np.testing.assert_allclose(loss.backward(), numerical_gradient(mean, z), rtol=0, atol=1e-9)


@every_loss
def test_each_examples_loss_does_not_depend_on_the_others(
    loss: Loss, t: np.ndarray, outputs: int, rng: np.random.Generator
) -> None:
    z = drawn(loss, outputs, rng)
    losses = loss.each(z, t).copy()
    assert losses.shape == (6,)
    assert loss.forward(z, t) == pytest.approx(losses.mean(), rel=1e-15)
    for n in range(6):
        assert loss.forward(z[n : n + 1], t[n : n + 1]) == pytest.approx(losses[n], rel=1e-14)


@every_loss
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_keep_the_dtype_and_the_order_of_memory_and_buffers_are_reused(
    loss: Loss, t: np.ndarray, outputs: int, dtype: str, rng: np.random.Generator
) -> None:
    z = drawn(loss, outputs, rng).astype(dtype)
    losses = loss.each(z, t).copy()
    gradient = loss.backward()
    expected = gradient.copy()
    assert losses.dtype == gradient.dtype == dtype
    assert np.shares_memory(gradient, loss.backward())
    np.testing.assert_array_equal(loss.backward(), expected)

    tolerance = 10 * float(np.finfo(dtype).eps)  # sums over a row may be taken in another order
    np.testing.assert_allclose(loss.each(np.asfortranarray(z), t), losses, rtol=tolerance)
    np.testing.assert_allclose(loss.backward(), expected, atol=tolerance)
    assert loss.backward().flags.f_contiguous


@every_loss
def test_outputs_and_targets_are_left_alone(loss: Loss, t: np.ndarray, outputs: int, rng: np.random.Generator) -> None:
    z = drawn(loss, outputs, rng)
    given_z, given_t = z.copy(), t.copy()
    loss.forward(z, t)
    loss.backward()
    np.testing.assert_array_equal(z, given_z)
    np.testing.assert_array_equal(t, given_t)


@every_loss
def test_nan_in_an_output_is_nan_in_the_loss(loss: Loss, t: np.ndarray, outputs: int) -> None:
    z = np.zeros((6, outputs))
    z[3, 0] = np.nan
    np.testing.assert_array_equal(np.isnan(loss.each(z, t)), np.arange(6) == 3)


@of_classes
@pytest.mark.parametrize("kind", ["float64", "float32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_hot_rows_of_any_type_are_the_classes(loss: Loss, kind: str, dtype: str, rng: np.random.Generator) -> None:
    outputs = drawn(loss, 3, rng).astype(dtype)
    value, gradient = loss.forward(outputs, CLASSES), loss.backward().copy()
    rows = np.eye(3, dtype=kind)[CLASSES]
    assert loss.forward(outputs, rows) == value
    np.testing.assert_array_equal(loss.backward(), gradient)
    assert loss.correct(outputs, rows) == loss.correct(outputs, CLASSES)


@numeric_loss
def test_a_class_becomes_a_row_of_zeros_with_a_one(loss: Loss, rng: np.random.Generator) -> None:
    z = rng.standard_normal((6, 3))
    assert loss.forward(z, CLASSES.astype(np.uint8)) == loss.forward(z, np.eye(3)[CLASSES])
    assert loss.forward(z[:, :1], ANSWERS) == loss.forward(z[:, :1], ANSWERS[:, None].astype(float))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_logits_neither_overflow_nor_lose_the_loss(dtype: str) -> None:
    """Row by row, so that one row's huge logit does not flush another row's probabilities to zero."""
    logits = np.array([[1e4, 0.0], [-1e4, 0.0], [0.0, 0.0]], dtype)
    loss = SoftmaxCrossEntropy()
    assert loss.forward(logits, np.array([0, 0, 0])) == pytest.approx((0 + 1e4 + np.log(2)) / 3, rel=1e-6)
    np.testing.assert_allclose(loss.backward(), [[0.0, 0.0], [-1 / 3, 1 / 3], [-1 / 6, 1 / 6]], atol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_binary_logits_neither_overflow_nor_lose_the_loss(dtype: str) -> None:
    """A sure and right answer costs exp(−|z|), a sure and wrong one |z|."""
    logits = np.array([[1e4], [-1e4], [1e4], [-1e4], [30.0], [-30.0]], dtype)
    loss = BinaryCrossEntropy()
    losses = loss.each(logits, np.array([1, 0, 0, 1, 1, 0]))
    np.testing.assert_allclose(losses, [0, 0, 1e4, 1e4, np.exp(-30), np.exp(-30)], rtol=1e-6)
    np.testing.assert_allclose(loss.backward()[:, 0] * 6, [0, 0, 1, -1, 0, 0], atol=1e-7)


def test_correct_counts_the_rows_whose_largest_logit_is_the_truth() -> None:
    logits = np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]])
    assert SoftmaxCrossEntropy().correct(logits, np.array([1, 1, 1])) == 2
    assert MeanSquaredError().correct(logits, np.array([[0.0, 1.0], [0.1, 0.9], [0.8, 0.7]])) == 1


def test_a_single_output_says_yes_as_a_logit_above_zero_or_a_number_above_a_half() -> None:
    outputs, t = np.array([[-0.2], [0.2], [0.8]]), np.array([0, 1, 1])
    assert BinaryCrossEntropy().correct(outputs, t) == 3
    assert MeanSquaredError().correct(outputs, t) == HalfSquaredError().correct(outputs, t) == 2
    assert BinaryCrossEntropy().correct(outputs, np.array([[0.4], [0.3], [0.2]])) == 1


def test_answers_are_what_correct_counts() -> None:
    """A logit just above 0 says yes, though its probability rounds to a half."""
    logits = np.array([[1e-20], [-0.2], [0.7]], np.float32)
    assert BinaryCrossEntropy().answers(logits).tolist() == [1, 0, 1]
    assert BinaryCrossEntropy().correct(logits, np.array([1, 0, 1])) == 3
    assert MeanSquaredError().answers(logits).tolist() == [0, 0, 1]
    assert SoftmaxCrossEntropy().answers(np.array([[1.0, 2.0], [3.0, 0.0]])).tolist() == [1, 0]


PROBABILITIES_OF = {  # a loss, its outputs, and the probability of each class
    # the book's: softmax of 0.3, 2.9 and 4.0, as many digits as are printed
    "softmax": (SoftmaxCrossEntropy(), [[0.3, 2.9, 4.0]], [[0.01821127, 0.24519181, 0.73659691]]),
    # σ(ln 3) = 3/4
    "a yes or no": (BinaryCrossEntropy(), [[np.log(3)], [0.0]], [[0.25, 0.75], [0.5, 0.5]]),
    "a yes or no of each output": (BinaryCrossEntropy(), [[np.log(3), 0.0, -np.log(3)]], [[0.75, 0.5, 0.25]]),
    "probabilities": (CrossEntropy(), [[0.2, 0.8]], [[0.2, 0.8]]),
    "mean squared error": (MeanSquaredError(), [[-0.1, 1.2]], [[-0.1, 1.2]]),
    "half the squared error": (HalfSquaredError(), [[-0.1]], [[-0.1]]),
}


@pytest.mark.parametrize(("loss", "outputs", "expected"), PROBABILITIES_OF.values(), ids=PROBABILITIES_OF)
def test_outputs_stand_for_probabilities_or_for_themselves(
    loss: Loss, outputs: list[list[float]], expected: list[list[float]]
) -> None:
    given = np.array(outputs)
    found = loss.probabilities(given)
    np.testing.assert_allclose(found, expected, atol=5e-9)
    assert not np.shares_memory(found, given)
    np.testing.assert_array_equal(given, outputs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("loss", "outputs"), [(SoftmaxCrossEntropy(), 10), (BinaryCrossEntropy(), 1)])
def test_the_probabilities_of_all_classes_add_up_to_one_however_large_the_logits(
    loss: Loss, outputs: int, dtype: str, rng: np.random.Generator
) -> None:
    """A warning of an overflow would fail the suite."""
    logits = np.concatenate([rng.standard_normal((3, outputs)), np.full((1, outputs), 1e4), [[-1e4] * outputs]])
    logits[3, 0] = -1e4
    found = loss.probabilities(logits.astype(dtype))
    assert found.shape == (5, max(outputs, 2))
    assert found.dtype == dtype
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=10 * float(np.finfo(dtype).eps))


BOOKS = [0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]
WRONG = [0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0]


@pytest.mark.parametrize("t", [2, np.uint8(2), [0, 0, 1, 0, 0, 0, 0, 0, 0, 0], np.eye(10, dtype=bool)[2]])
def test_the_cross_entropy_of_probabilities_is_the_books_to_all_its_digits(t: object) -> None:
    """−log(0.6 + 1e-7) and −log(0.1 + 1e-7), as Python prints them for the book's program."""
    assert cross_entropy_error(BOOKS, t) == 0.510825457099338  # type: ignore[arg-type]  # an array-like
    assert cross_entropy_error(np.array(WRONG), t) == 2.302584092994546  # type: ignore[arg-type]
    assert cross_entropy_error(np.float32(BOOKS), t) == pytest.approx(0.510825457, rel=1e-6)  # type: ignore[arg-type]


def test_the_cross_entropy_of_a_batch_is_the_mean() -> None:
    mean = pytest.approx((0.510825457099338 + 2.302584092994546) / 2, rel=1e-15)
    assert cross_entropy_error([BOOKS, WRONG], [2, 2]) == mean
    assert cross_entropy_error([BOOKS, WRONG], np.eye(10)[[2, 2]]) == mean
    assert cross_entropy_error([[0, 1], [1, 0]], [1, 0]) == pytest.approx(-np.log(1 + 1e-7), rel=1e-15)
    assert CrossEntropy().forward(np.array([BOOKS, WRONG]), np.array([2, 2])) == mean


@pytest.mark.parametrize(
    ("y", "t", "message"),
    [
        (0.5, 0, r"expected y of shape \(K,\) or \(N, K\); got \(\)"),
        (BOOKS, [1, 2], r"expected t of shape \(1,\), classes, or \(1, 10\), numbers; got \(1, 2\)"),
        (BOOKS, 10, "classes from 0 to 9; got 10"),
        ([BOOKS], 2, r"expected t of shape \(1,\), classes, or \(1, 10\), numbers; got \(\)"),
        ([-0.1, 1.1], 0, "expects probabilities, 0 or more; got -0.1"),
        ([1.0], 0, "expects 2 outputs or more; got 1"),
    ],
)
def test_a_cross_entropy_of_what_does_not_fit_is_refused(y: object, t: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cross_entropy_error(y, t)  # type: ignore[arg-type]


def test_a_cross_entropy_behind_a_softmax_is_the_fused_one_but_for_its_epsilon(rng: np.random.Generator) -> None:
    """log(y + ε) = log y + ε/y, so the loss differs by ε/y at most, and its gradient by the share ε/y of 1/N.

    Without the ε in its backward, the gradient would be the fused one to rounding.
    """
    z, t = rng.standard_normal((6, 3)), CLASSES
    fused, layer, loss = SoftmaxCrossEntropy(), Softmax(), CrossEntropy()
    y = layer.forward(z)
    share = 1e-7 / y[np.arange(6), t]
    np.testing.assert_allclose(fused.each(z, t) - loss.each(y, t), share, rtol=1e-5)
    apart = abs(layer.backward(loss.backward()) - fused.backward()).max(axis=1) * 6
    assert (apart <= share).all()
    assert (apart > share / 100).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("t", [np.array([0, 0, 0, 1]), np.eye(2)[[0, 0, 0, 1]]], ids=["classes", "one-hot"])
def test_a_softmax_of_huge_logits_and_its_cross_entropy_stay_finite(dtype: str, t: np.ndarray) -> None:
    """Where the truth has a probability of 0, it costs −log 1e-7 = 16.118, at a slope that rounds to 0."""
    logits = np.array([[1e4, -1e4], [-1e4, 1e4], [0, 0], [1e4, 1e4]], dtype)
    layer, loss = Softmax(), CrossEntropy()
    losses = loss.each(layer.forward(logits), t)
    np.testing.assert_allclose(losses, -np.log([1, 1e-7, 0.5, 0.5]), rtol=1e-6, atol=2e-7)
    expected = np.array([[0, 0], [0, 0], [-1, 1], [1, -1]]) / 8
    np.testing.assert_allclose(layer.backward(loss.backward()), expected, atol=1e-7)


@of_classes
@pytest.mark.parametrize("t", [np.zeros(3, int), np.zeros((3, 1))])
def test_a_softmax_over_one_output_is_refused(loss: Loss, t: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expects 2 outputs or more; got 1"):
        loss.forward(np.zeros((3, 1)), t)


@of_classes
def test_rows_that_are_no_probabilities_are_refused(loss: Loss) -> None:
    with pytest.raises(ValueError, match=r"probabilities in t that add up to 1; got \[0\.5 0\.6\] for example 1"):
        loss.forward(np.zeros((2, 2)), np.array([[0.5, 0.5], [0.5, 0.6]]))


@pytest.mark.parametrize(
    "loss", [SoftmaxCrossEntropy(), CrossEntropy(), BinaryCrossEntropy(), MeanSquaredError(), HalfSquaredError()]
)
@pytest.mark.parametrize(
    ("t", "message"),
    [
        (np.array([0, 3, 1, 0]), "classes from 0 to 2; got 3 as the target of example 1"),
        (np.array([0, 2, -1, 0]), "classes from 0 to 2; got -1 as the target of example 2"),
        (np.zeros(4), "integer classes in t; got numbers of type float64"),
        (np.zeros(4, bool), "integer classes in t; got numbers of type bool"),  # as an index it would be a mask
        (np.zeros(3, int), r"one target for each of 4 examples; got t of shape \(3,\)"),
        (np.zeros((4, 2)), r"expected t of shape \(4,\), classes, or \(4, 3\), numbers; got \(4, 2\)"),
        (np.zeros((3, 3)), r"expected t of shape \(4,\), classes, or \(4, 3\), numbers; got \(3, 3\)"),
        (np.zeros((4, 3, 1)), r"expected t of shape \(4,\), classes, or \(4, 3\), numbers; got \(4, 3, 1\)"),
        (np.array(2), r"expected t of shape \(4,\), classes, or \(4, 3\), numbers; got \(\)"),
        (np.zeros((4, 3), complex), "expected numbers in t; got complex128"),
    ],
)
def test_targets_that_do_not_fit_are_refused(loss: Loss, t: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loss.forward(np.zeros((4, 3)), t)


@numeric_loss
def test_a_single_output_has_the_classes_0_and_1(loss: Loss) -> None:
    with pytest.raises(ValueError, match="classes from 0 to 1; got 2 as the target of example 0"):
        loss.forward(np.zeros((1, 1)), np.array([2]))


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_binary_cross_entropy_takes_probabilities_alone(wrong: float) -> None:
    with pytest.raises(ValueError, match="expects targets from 0 to 1; got"):
        BinaryCrossEntropy().forward(np.zeros((2, 1)), np.array([[0.5], [wrong]]))


@every_loss
def test_an_empty_batch_is_refused(loss: Loss, t: np.ndarray, outputs: int) -> None:
    with pytest.raises(ValueError, match="one example or more; got none"):
        loss.forward(np.empty((0, outputs)), t[:0])


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 2.0])
def test_label_smoothing_is_a_share_below_one(smoothing: float) -> None:
    with pytest.raises(ValueError, match="expected a label smoothing of at least 0 and less than 1"):
        SoftmaxCrossEntropy(smoothing)


@pytest.mark.parametrize("loss", [MeanSquaredError(), HalfSquaredError()])
def test_a_single_output_of_exactly_one_half_says_no(loss: Loss) -> None:
    outputs = np.array([[0.5], [np.nextafter(0.5, 1)]])
    assert loss.correct(outputs, np.array([0, 1])) == 2


def test_a_target_that_is_a_probability_counts_as_the_likelier_answer() -> None:
    """The outputs are logits, on either side of 0; the targets probabilities, on either side of ½."""
    outputs, t = np.array([[-0.1], [0.1], [0.1]]), np.array([[0.3], [0.7], [0.3]])
    assert BinaryCrossEntropy().correct(outputs, t) == 2
