"""Losses against the books' numbers, PyTorch's, finite differences and the ends of the number line."""

import numpy as np
import pytest

from mnist_bp.nn.losses import (
    BinaryCrossEntropy,
    HalfSquaredError,
    Loss,
    MeanSquaredError,
    SoftmaxCrossEntropy,
    one_hot,
)

CLASSES = np.array([2, 0, 1, 1, 2, 0])
PROBABILITIES = np.array([[0.0, 0.3, 1.0], [0.5, 0.2, 0.9], [1.0, 1.0, 0.0], [0.1, 0.2, 0.3], [0, 0, 0], [1, 1, 1]])
ANSWERS = np.array([1, 0, 0, 1, 1, 0])

CASES: dict[str, tuple[Loss, np.ndarray, int]] = {  # a loss, its targets, and the number of outputs
    "softmax cross-entropy": (SoftmaxCrossEntropy(), CLASSES, 3),
    "softmax cross-entropy, smoothed": (SoftmaxCrossEntropy(0.2), CLASSES, 3),
}
for each in (BinaryCrossEntropy(), MeanSquaredError(), HalfSquaredError()):
    name = type(each).__name__
    CASES |= {
        f"{name} of classes": (each, CLASSES, 3),
        f"{name} of numbers": (each, PROBABILITIES, 3),
        f"{name} of answers": (each, ANSWERS, 1),
    }
every_loss = pytest.mark.parametrize(("loss", "t", "outputs"), CASES.values(), ids=CASES)
numeric_loss = pytest.mark.parametrize("loss", [BinaryCrossEntropy(), MeanSquaredError(), HalfSquaredError()])


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


# PyTorch 2.13.0, with z and t as below (torch.float64, z.requires_grad_()):
#     losses = [F.cross_entropy(z, torch.tensor([2, 0])), F.cross_entropy(z, torch.tensor([2, 0]), label_smoothing=0.1),
#               F.binary_cross_entropy_with_logits(z, t), F.mse_loss(z, t)]
#     for loss in losses: print(loss.item(), torch.autograd.grad(loss, z, retain_graph=True)[0].tolist())
Z = np.array([[0.5, -1.25, 2.0], [-0.75, 3.0, 0.1]])
T = np.array([[0.0, 1.0, 0.25], [1.0, 0.5, 0.0]])
PYTORCH = [
    (SoftmaxCrossEntropy(), np.array([2, 0]), 2.0291155766919426, [
        [0.08841009105372215, 0.015363370163218216, -0.10377346121694037],
        [-0.4890974257820083, 0.4635892523349946, 0.02550817344701371]]),
    (SoftmaxCrossEntropy(0.1), np.array([2, 0]), 2.0316155766919426, [
        [0.07174342438705548, -0.0013032965034484503, -0.07044012788360704],
        [-0.455764092448675, 0.44692258566832793, 0.008841506780347043]]),
    (BinaryCrossEntropy(), T, 1.2554648490551108, [
        [0.10374322186697577, -0.12954997686244854, 0.10513284632964705],
        [-0.1131964498625655, 0.07542902113707223, 0.08749653124649]]),
    (MeanSquaredError(), T, 2.949583333333333, [
        [0.16666666666666666, -0.75, 0.5833333333333333],
        [-0.5833333333333333, 0.8333333333333333, 0.03333333333333333]]),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "t", "value", "gradient"), PYTORCH)
def test_values_and_gradients_are_those_of_pytorch(
    loss: Loss, t: np.ndarray, value: float, gradient: list[list[float]]
) -> None:
    """Both round at 1e-16; a gradient is the difference of numbers up to 1."""
    assert loss.forward(Z, t) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(loss.backward(), gradient, rtol=0, atol=1e-15)


@every_loss
def test_backward_is_the_slope_of_forward(loss: Loss, t: np.ndarray, outputs: int, rng: np.random.Generator) -> None:
    step = 1e-5
    z = rng.standard_normal((6, outputs))
    loss.forward(z, t)
    gradient = loss.backward().copy()
    for index in np.ndindex(z.shape):
        shift = np.zeros_like(z)
        shift[index] = step
        slope = (loss.forward(z + shift, t) - loss.forward(z - shift, t)) / (2 * step)
        assert gradient[index] == pytest.approx(slope, abs=1e-10)  # rounding of the difference: 1e-16 / 1e-5


@every_loss
def test_each_examples_loss_does_not_depend_on_the_others(
    loss: Loss, t: np.ndarray, outputs: int, rng: np.random.Generator
) -> None:
    z = rng.standard_normal((6, outputs))
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
    z = rng.standard_normal((6, outputs)).astype(dtype)
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
    z = rng.standard_normal((6, outputs))
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
    assert BinaryCrossEntropy().correct(outputs, np.array([[0.4], [0.9], [0.3]])) == 2


PROBABILITIES_OF = {  # a loss, its outputs, and the probability of each class
    # the book's: softmax of 0.3, 2.9 and 4.0, as many digits as are printed
    "softmax": (SoftmaxCrossEntropy(), [[0.3, 2.9, 4.0]], [[0.01821127, 0.24519181, 0.73659691]]),
    # σ(ln 3) = 3/4
    "a yes or no": (BinaryCrossEntropy(), [[np.log(3)], [0.0]], [[0.25, 0.75], [0.5, 0.5]]),
    "a yes or no of each output": (BinaryCrossEntropy(), [[np.log(3), 0.0, -np.log(3)]], [[0.75, 0.5, 0.25]]),
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


def test_one_hot_targets_are_refused_rather_than_misread() -> None:
    with pytest.raises(ValueError, match=r"expects t of shape \(3,\), classes; got \(3, 3\)"):
        SoftmaxCrossEntropy().forward(np.zeros((3, 3)), np.eye(3, dtype=int))


def test_a_softmax_over_one_output_is_refused() -> None:
    with pytest.raises(ValueError, match="expects 2 outputs or more; got 1"):
        SoftmaxCrossEntropy().forward(np.zeros((3, 1)), np.zeros(3, int))


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), BinaryCrossEntropy(), MeanSquaredError(), HalfSquaredError()])
@pytest.mark.parametrize(
    ("t", "message"),
    [
        (np.array([0, 3, 1, 0]), "classes from 0 to 2; got 3 as the target of example 1"),
        (np.array([0, 2, -1, 0]), "classes from 0 to 2; got -1 as the target of example 2"),
        (np.zeros(4), "integer classes in t; got numbers of type float64"),
        (np.zeros(4, bool), "integer classes in t; got numbers of type bool"),  # as an index it would be a mask
        (np.zeros(3, int), r"one target for each of 4 examples; got t of shape \(3,\)"),
        (np.zeros((4, 2)), r"expect.* t of shape \(4,\), classes.*; got \(4, 2\)"),
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


def test_more_classes_than_a_byte_can_count_are_told_apart() -> None:
    t = np.array([299, 44, 0])  # 299 − 256 = 43
    np.testing.assert_array_equal(one_hot(t, np.empty((3, 300))).argmax(axis=1), t)


@pytest.mark.parametrize("loss", [MeanSquaredError(), HalfSquaredError()])
def test_a_single_output_of_exactly_one_half_says_no(loss: Loss) -> None:
    outputs = np.array([[0.5], [np.nextafter(0.5, 1)]])
    assert loss.correct(outputs, np.array([0, 1])) == 2


def test_a_target_that_is_a_probability_counts_as_the_likelier_answer() -> None:
    """The outputs are logits, on either side of 0; the targets probabilities, on either side of ½."""
    outputs, t = np.array([[-0.1], [0.1], [0.1]]), np.array([[0.3], [0.7], [0.3]])
    assert BinaryCrossEntropy().correct(outputs, t) == 2
