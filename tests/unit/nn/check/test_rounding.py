"""What rounding may do is never less than it does, and far less than a bug does."""

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import rounding
from mnist_bp.nn.initializers import normal
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import CrossEntropy, HalfSquaredError, Loss, MeanSquaredError, SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples
from mnist_bp.nn.softmax import Softmax


def limits(net: Network, x: Array, t: Array, dtype: str) -> dict[str, float]:
    """Return the largest tolerance of each tensor."""
    moved = np.abs([*rounding.trials(net, x, t, dtype)]).max(axis=0)
    return {name: rounding.FACTOR * float(most.max()) for name, most in net.views(moved).items()}


def network(*between: Layer, std: float = 0.3, dtype: str = "float64") -> Network:
    net = Network([Affine(60, 20), *between, Affine(20, 5)], SoftmaxCrossEntropy(), dtype, weight_decay=1e-3)
    net.initialize(normal(std), np.random.default_rng(0))
    return net


def batch() -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    return rng.random((50, 60), "float32"), rng.integers(0, 5, 50)


def errors(net: Network) -> dict[str, float]:
    """Return the largest error of a derivative of each tensor in float32."""
    x, t = batch()
    net.backprop(x.astype("float64"), t)
    single = net.copy("float32")
    exact = Network(net.layers, net.loss_function, "float64", weight_decay=net.weight_decay)  # of rounded parameters
    exact.parameters[...] = single.parameters
    exact.backprop(x.astype("float64"), t)
    single.backprop(x, t)
    return {
        name: float(abs(single.named_gradients[name] - right).max()) for name, right in exact.named_gradients.items()
    }


@pytest.mark.parametrize("between", [Sigmoid(), Tanh(), ReLU()], ids=["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("std", [1e-3, 0.3, 3.0])  # the last one saturates
def test_the_limits_are_above_what_float32_does_and_below_a_bug(between: Layer, std: float) -> None:
    net = network(between, std=std)
    x, t = batch()
    allowed = limits(net, x.astype("float64"), t, "float32")
    for name, error in errors(network(between, std=std)).items():
        assert error < allowed[name] / 2
        assert allowed[name] < 2e-4 * max(1.0, std**2) * abs(net.named_gradients[name]).max()


@pytest.mark.parametrize("loss", [MeanSquaredError(), CrossEntropy()])
@pytest.mark.parametrize("size", [1, 3, 10])
def test_the_limits_are_above_what_float32_does_in_a_softmax(loss: Loss, size: int) -> None:
    """Saturated, its dout − Σ dout y is a small difference of large numbers; 40 networks, as not every one shows it."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        single = Network([Affine(12, 5), Sigmoid(), Affine(5, 3), Softmax()], loss, "float32")
        single.initialize(normal(0.5 * size), rng)
        net, x, t = single.copy("float64"), rng.random((3, 12), "float32"), rng.integers(0, 3, 3)
        allowed = limits(net, x.astype("float64"), t, "float32")
        single.backprop(x, t)
        net.backprop(x.astype("float64"), t)
        for name, right in net.named_gradients.items():
            assert abs(single.named_gradients[name] - right).max() < allowed[name]


@pytest.mark.parametrize("between", [Sigmoid(), Tanh(), ReLU()], ids=["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("std", [1e-3, 0.3, 3.0])
def test_outputs_are_moved_as_far_as_float32_moves_them(between: Layer, std: float) -> None:
    single, (x, _) = network(between, std=std, dtype="float32"), batch()
    outputs = single.predict(x).copy()
    net = single.copy("float64")
    right = net.predict(x.astype("float64")).copy()
    most = max(abs(moved).max() for moved in rounding.trials_of_outputs(net, x.astype("float64"), "float32"))
    assert abs(outputs - right).max() < 8 * most
    assert most < 1e-5 * abs(right).max()


def test_they_are_in_proportion_to_the_units_of_the_precision() -> None:
    net, (x, t) = network(Sigmoid()), batch()
    single, double = (limits(net, x.astype("float64"), t, dtype) for dtype in ("float32", "float64"))
    for name in single:
        assert single[name] / double[name] == pytest.approx(2.0**29, rel=1e-6)


def test_the_network_is_left_as_it_was() -> None:
    net, (x, t) = network(Sigmoid()), batch()
    net.backprop(x.astype("float64"), t)
    before = net.parameters.copy(), net.gradients.copy(), [{*vars(part)} for part in (*net.layers, net.loss_function)]
    limits(net, x.astype("float64"), t, "float32")
    np.testing.assert_array_equal(net.parameters, before[0])
    np.testing.assert_array_equal(net.gradients, before[1])
    assert [{*vars(part)} for part in (*net.layers, net.loss_function)] == before[2]


def test_a_gradient_of_almost_nothing_has_the_rounding_of_what_it_is_a_difference_of() -> None:
    """Where p − t is 1e-10, p is 1 in float32, and the difference 0: an error of the whole gradient, and no bug."""
    net = Network([Affine(1, 2)], SoftmaxCrossEntropy(), "float64")
    net.parameters[...] = [12, -12, 0, 0]
    x, t = np.ones((1, 1)), np.array([0])
    allowed = limits(net, x, t, "float32")
    assert 0 < abs(net.named_gradients["W1"]).max() < 1e-10 < allowed["W1"] < 1e-5


def test_repeated_they_are_the_same() -> None:
    net, (x, t) = network(ReLU()), batch()
    first, second = (limits(net, x.astype("float64"), t, "float32") for _ in range(2))
    assert first == second


class InTurn(Affine):
    """Adds one product after another, as no matrix product of a good library does, but as any may."""

    def forward(self, x: Examples) -> Array:
        assert isinstance(x, np.ndarray)
        self._x = x
        return np.add.accumulate(x[:, :, None] * self.W, axis=1)[:, -1]

    def parameter_gradients(self, dout: Array) -> None:
        assert isinstance(self._x, np.ndarray)
        self.dW[...] = np.add.accumulate(self._x[:, :, None] * dout[:, None, :], axis=0)[-1]


@pytest.mark.parametrize(("examples", "inputs"), [(1, 30_000), (30_000, 1)])
@pytest.mark.parametrize("kind", ["of either sign", "of one sign", "that cancel"])
def test_long_sums_may_be_taken_in_any_order(kind: str, examples: int, inputs: int, rng: np.random.Generator) -> None:
    """Added in turn, K numbers are rounded √K times as coarsely as in pairs."""
    mean = 1 if kind == "of one sign" else 0
    x = mean + rng.standard_normal((examples, inputs), "float32")
    t = rng.standard_normal((examples, 1), "float32")
    single = Network([InTurn(inputs, 1, bias=False)], HalfSquaredError(), "float32")
    single.parameters[...] = mean + rng.standard_normal(inputs)
    if kind == "that cancel" and examples == 1:  # in the output
        single.parameters[-1] -= (x @ single.parameters).item() / x[0, -1]
    elif kind == "that cancel":  # in the gradient, which is 0 at the least squares
        far = 1000 * np.sign(x) * t
        t = x * single.parameters + far - x * np.vdot(x, far) / np.vdot(x, x)
    net = single.copy("float64")
    single.backprop(x, t)
    net.backprop(x.astype("float64"), t.astype("float64"))
    error = float(abs(single.gradients - net.gradients).max())
    moved = limits(net, x.astype("float64"), t.astype("float64"), "float32")["W1"] / rounding.FACTOR
    assert moved / 100 < error < moved  # without √K, it would be moved 173 times less


def test_a_large_output_is_rounded_where_it_is_compared() -> None:
    """100.1 − 100 is off by the rounding of 100."""
    net = Network([Affine(1, 1)], HalfSquaredError(), "float64")
    net.parameters[...] = [1e-3, 100.1]
    allowed = limits(net, np.ones((1, 1)), np.array([[100.0]]), "float32")
    assert allowed["W1"] > 100 * 2.0**-24


def test_a_saturated_sigmoid_is_rounded_where_its_slope_is_taken() -> None:
    """σ(10) is 1 − 5e-5: its slope σ (1 − σ) has the rounding of 1, relative to 5e-5."""
    net = Network([Affine(1, 1), Sigmoid(), Affine(1, 1)], HalfSquaredError(), "float64")
    net.parameters[...] = [10, 0, 1, 0]
    allowed = limits(net, np.ones((1, 1)), np.array([[0.0]]), "float32")
    assert allowed["W1"] > 0.3 * 2.0**-24 / 5e-5 * abs(net.named_gradients["W1"]).item()


def test_a_unit_near_its_kink_is_not_moved_across() -> None:
    """At 1e-7 from it, it stays on its side: its derivative is the same, but for its own rounding."""
    net = Network([Affine(1, 1), ReLU(), Affine(1, 1)], HalfSquaredError(), "float64")
    net.parameters[...] = [1, -1 + 1e-7, 1, 0]
    allowed = limits(net, np.ones((1, 1)), np.array([[1.0]]), "float32")
    assert allowed["W1"] < 1e-5
