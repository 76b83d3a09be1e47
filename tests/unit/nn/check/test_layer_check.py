"""Layers that are right, and layers with a mistake each, of which the check says where and what it is."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check.layer_check import LayerReport, check_layer
from mnist_bp.nn.dropout import Dropout


class BooksReLU:
    """The book's, as printed: it writes to dout."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dout[self.mask] = 0
        return dout


class BooksAffine:
    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        self.W, self.b = W, b
        self.dW, self.db = np.zeros_like(W), np.zeros_like(b)

    def forward(self, x: np.ndarray) -> Any:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: np.ndarray) -> Any:
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        self.dx = dout @ self.W.T
        return self.dx


def softmax_over_the_whole_batch(x: np.ndarray) -> Any:
    exp: np.ndarray = np.exp(x - x.max())
    exp /= exp.sum(axis=1, keepdims=True)
    return exp


def softmax_backward(dout: np.ndarray, x: np.ndarray) -> Any:
    y = softmax_over_the_whole_batch(x)
    y *= dout - (dout * y).sum(axis=1, keepdims=True)
    return y


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((5, 4))


def affine(rng: np.random.Generator) -> BooksAffine:
    return BooksAffine(rng.standard_normal((4, 3)), rng.standard_normal(3))


def rows(report: LayerReport) -> dict[str, tuple[int, int, str]]:
    return {each.name: (each.checked, each.kinks, each.verdict) for each in report.tensors}


def test_every_element_of_x_and_of_each_parameter_is_compared(x: np.ndarray, rng: np.random.Generator) -> None:
    """Also of an object that knows nothing of this package, whose x and dx are no parameter of it."""
    for layer in (Affine(4, 3), affine(rng)):
        report = check_layer(layer, x)
        assert report.verdict == "PASS"
        assert rows(report) == {"x": (20, 0, "PASS"), "W": (12, 0, "PASS"), "b": (3, 0, "PASS")}
        assert str(report).startswith("a: backprop, n: numerical; PASS: ")
        assert str(report).endswith("\nPASS")


class Keeping(BooksAffine):
    """Keeps x, and a gradient beside it, under a name that is not x, and its parameters under two names."""

    def __init__(self, *parameters: np.ndarray) -> None:
        super().__init__(*parameters)
        self.parameters = parameters
        self.inputs = np.empty((5, 4))

    def forward(self, x: np.ndarray) -> Any:
        self.inputs = x
        return x @ self.parameters[0] + self.parameters[1]

    def backward(self, dout: np.ndarray) -> Any:
        self.x = self.inputs
        self.dinputs = super().backward(dout)
        return self.dinputs


class KeepingInPlace(Keeping):
    def forward(self, x: np.ndarray) -> Any:
        self.inputs[...] = x
        return super().forward(self.inputs)


@pytest.mark.parametrize("make", [Keeping, KeepingInPlace])
def test_what_a_layer_keeps_of_x_is_no_parameter(make: type[Keeping], x: np.ndarray, rng: np.random.Generator) -> None:
    layer = make(rng.standard_normal((4, 3)), np.zeros(3))
    layer.forward(x)
    assert rows(check_layer(layer, x)) == {"x": (20, 0, "PASS"), "W": (12, 0, "PASS"), "b": (3, 0, "PASS")}


def test_large_numbers_are_rounded_more_and_so_are_their_differences() -> None:
    """Of a square of 1e8, differences know a slope to 1e8 · 1e-16 / 1e-5: half of the other slope, 0.002."""
    report = check_layer((lambda x: np.sum(x**2), lambda dout, x: 2 * dout * x), [1e4, 1e-3])
    assert rows(report) == {"x": (2, 0, "PASS")}


def test_no_other_x_is_tried_than_one_within_the_range_of_x() -> None:
    """Such as probabilities, of which another loss refuses those above 1."""

    def forward(x: np.ndarray) -> Any:
        assert x.min() > 0.1
        assert x.max() < 0.9
        return np.log(x)

    assert check_layer((forward, lambda dout, x: dout / x), [[0.2, 0.8], [0.3, 0.7]]).verdict == "PASS"


def test_a_pair_of_functions_is_a_layer_and_backward_is_given_x_if_it_asks(x: np.ndarray) -> None:
    assert check_layer((lambda x: np.sum(x**2), lambda dout, x: 2 * dout * x), x).verdict == "PASS"
    assert check_layer((lambda x: 3 * x, lambda dout, scale=3: scale * dout), x).verdict == "PASS"
    report = check_layer((np.tanh, lambda dout, x: dout * (1 - np.tanh(x))), x)
    assert rows(report) == {"x": (20, 0, "FAIL")}


def test_a_pair_of_methods_has_the_parameters_of_their_object(x: np.ndarray, rng: np.random.Generator) -> None:
    layer = affine(rng)
    assert set(rows(check_layer((layer.forward, layer.backward), x))) == {"x", "W", "b"}


def test_one_wrong_derivative_among_all_is_the_worst_entry(x: np.ndarray, rng: np.random.Generator) -> None:
    class Wrong(BooksAffine):
        def backward(self, dout: np.ndarray) -> Any:
            dx = super().backward(dout)
            self.dW[2, 1] *= 1.0001
            return dx

    report = check_layer(Wrong(rng.standard_normal((4, 3)), np.zeros(3)), x)
    wrong = {each.name: each.worst for each in report.tensors if each.verdict == "FAIL"}
    assert wrong == {"W": (2, 1)}
    assert report.verdict == "FAIL"


def test_a_relu_that_writes_zeros_into_dout_fails_although_its_derivatives_are_right(x: np.ndarray) -> None:
    report = check_layer(BooksReLU(), x)
    first = np.argwhere(x <= 0)[0].tolist()
    assert rows(report) == {"x": (20, 0, "PASS")}
    assert list(report.faults) == [f"backward writes to dout at {first}: that is the caller's; write to a copy"]
    assert str(report).endswith(f"{report.faults[0]}\nFAIL")


def test_a_maximum_over_the_whole_batch_shows_where_examples_lie_far_apart(x: np.ndarray) -> None:
    assert check_layer((softmax_over_the_whole_batch, softmax_backward), x).verdict == "PASS"
    x[0] += 1000
    report = check_layer((softmax_over_the_whole_batch, softmax_backward), x)
    assert "forward returns NaN or infinity at [1, 0]" in report.faults
    assert rows(report)["x"][2] == "FAIL"


def test_elements_at_a_kink_or_near_one_are_left_out() -> None:
    """At 0, and within the step of 1e-5 on both sides of it; 2e-5 away, there is one slope."""
    near = np.array([0, 1e-5 / 3, -1e-5 / 3, 5e-6, 9e-6, -9e-6])
    report = check_layer(ReLU(), near)
    assert report.verdict == "UNDECIDED"
    assert rows(report) == {"x": (0, 6, "KINKS")}
    assert rows(check_layer(ReLU(), np.append(near, [2e-5, -2e-5]))) == {"x": (2, 6, "PASS")}


@pytest.mark.parametrize("dtype", ["int64", "uint8", "float32"])
def test_numbers_of_another_type_become_float64(dtype: str) -> None:
    assert check_layer(Sigmoid(), np.arange(6).reshape(2, 3).astype(dtype)).verdict == "PASS"
    assert check_layer(Sigmoid(), [[1, 2], [3, 4]]).verdict == "PASS"


def test_the_layer_and_x_are_left_as_they_were(x: np.ndarray, rng: np.random.Generator) -> None:
    layer = affine(rng)
    layer.forward(x)
    held = {name: (value, value.copy()) for name, value in vars(layer).items()}
    given = x.copy()
    assert check_layer(layer, x).verdict == "PASS"
    np.testing.assert_array_equal(x, given)
    assert vars(layer).keys() == held.keys()
    for name, (array, contents) in held.items():
        assert getattr(layer, name) is array
        np.testing.assert_array_equal(array, contents)


def test_parameters_of_float32_are_checked_in_float64(x: np.ndarray, rng: np.random.Generator) -> None:
    layer = affine(rng)
    layer.W = layer.W.astype(np.float32)
    assert rows(check_layer(layer, x))["W"] == (12, 0, "PASS")
    assert layer.W.dtype == np.float32


def test_a_bound_layer_is_checked_at_its_own_parameters(x: np.ndarray) -> None:
    """With weights of 0, dx is 0 throughout; at random ones it would not be."""
    layer = Affine(4, 3)
    layer.bind({"W": np.zeros((4, 3)), "b": np.zeros(3)}, {"W": np.full((4, 3), 7.0), "b": np.zeros(3)})
    assert check_layer(layer, x).tensors[0].largest == 0
    np.testing.assert_array_equal(layer.dW, 7)


def test_the_seed_draws_another_objective(x: np.ndarray) -> None:
    first, again, other = (check_layer(Sigmoid(), x, seed=seed).tensors[0].largest for seed in (1, 1, 2))
    assert first == again != other


Change = Callable[[BooksAffine, np.ndarray], Any]


def adds(layer: BooksAffine, dout: np.ndarray) -> Any:
    before = layer.dW
    dx = BooksAffine.backward(layer, dout)
    layer.dW += before
    return dx


def writes_to_x(layer: BooksAffine, dout: np.ndarray) -> Any:
    dx = BooksAffine.backward(layer, dout)
    layer.x[1, 2] = 0
    return dx


def keeps_dimensions(layer: BooksAffine, dout: np.ndarray) -> Any:
    dx = BooksAffine.backward(layer, dout)
    layer.db = dout.sum(axis=0, keepdims=True)
    return dx


@pytest.mark.parametrize(
    ("backward", "fault"),
    [
        (adds, "dW changes at [0, 0] when backward is called again: overwrite it, do not add"),
        (writes_to_x, "backward writes to x at [1, 2]: that is the caller's; write to a copy"),
        (keeps_dimensions, "expected db to have the shape of b, (3,); got (1, 3)"),
        (lambda layer, dout: layer.W, "expected dx to have the shape of x, (5, 4); got (4, 3)"),
        (lambda layer, dout: None, "expected dx to have the shape of x, (5, 4); got None"),
    ],
)
def test_what_backward_does_wrong_is_said(
    backward: Change, fault: str, x: np.ndarray, rng: np.random.Generator
) -> None:
    wrong = type("Wrong", (BooksAffine,), {"backward": backward})
    report = check_layer(wrong(rng.standard_normal((4, 3)), np.zeros(3)), x)
    assert fault in report.faults
    assert report.verdict == "FAIL"


def test_a_report_without_a_derivative_that_could_be_compared_has_numbers_too() -> None:
    report = check_layer((np.tanh, lambda dout: None), [1.0])
    assert (report.tensors, report.checked, report.kinks, report.max_abs, report.max_rel) == ([], 0, 0, 0, 0)
    assert str(report).endswith("\nFAIL")


DRAWS = itertools.count(1)


def zeroes(x: np.ndarray) -> np.ndarray:
    x[x < 0] = 0
    return x.copy()


@pytest.mark.parametrize(
    ("forward", "fault"),
    [
        (zeroes, "forward writes to x at [0, 0]: that is the caller's; write to a copy"),
        (np.float32, "expected forward to return float64, as x is; got float32"),
        (lambda x: x * next(DRAWS),
         "forward gives another result at [0, 0] when called again: hold what is random fixed"),
        (lambda x: np.log(x - x[0, 0]), "forward returns NaN or infinity at [0, 0]"),
    ],
)  # fmt: skip
def test_what_forward_does_wrong_is_said(forward: Callable[[Any], Any], fault: str) -> None:
    report = check_layer((forward, lambda dout: dout), np.array([[-1.0, 2.0], [3.0, 4.0]]))
    assert fault in report.faults
    assert report.verdict == "FAIL"


def test_a_layer_of_this_package_that_adds_to_its_gradients_is_found_out(x: np.ndarray) -> None:
    class Adding(Affine):
        def parameter_gradients(self, dout: np.ndarray) -> None:
            self.dW += self._x.T @ dout
            self.db[...] = dout.sum(axis=0)

    report = check_layer(Adding(4, 3), x)
    assert rows(report)["W"][2] == "FAIL"
    assert report.faults


def test_dropout_is_checked_with_its_mask_held(x: np.ndarray) -> None:
    layer = Dropout(0.5)
    layer.noise = np.random.SeedSequence(1)
    assert rows(check_layer(layer, x)) == {"x": (20, 0, "PASS")}


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (BooksReLU, "expected an object with forward and backward, or a pair .*; got the class BooksReLU itself"),
        (np.tanh, "expected an object with forward and backward, or a pair of such functions; got <ufunc 'tanh'>"),
        ((np.tanh,), "or a pair of such functions; got "),
        ((np.tanh, 3), "or a pair of such functions; got "),
    ],
)
def test_what_is_no_layer_is_refused(layer: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        check_layer(layer, [1.0])


@pytest.mark.parametrize(("x", "got"), [(["a"], "<U1"), ([1j], "complex128"), ([], "float64"), ([True], "bool")])
def test_an_x_without_numbers_is_refused(x: Any, got: str) -> None:
    with pytest.raises(TypeError, match=f"expected x to be an array of numbers; got {got} of shape"):
        check_layer(ReLU(), x)


def test_a_forward_without_a_result_is_refused() -> None:
    with pytest.raises(
        TypeError, match="expected the result of forward to be an array of numbers; got object of shape"
    ):
        check_layer((lambda x: None, lambda dout: dout), [1.0])


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_x_that_is_not_finite_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="expected an x of finite numbers; got NaN or infinity"):
        check_layer(ReLU(), [1.0, wrong])
