"""The step that training takes is judged as it is taken."""

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import as_trained
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import he
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples, NonzeroColumns

NOISE = 7


def network(*between: Layer, dtype: str = "float32") -> Network:
    net = Network([Affine(6, 5), *between, Affine(5, 3)], SoftmaxCrossEntropy(), dtype, weight_decay=0.01)
    net.initialize(he, np.random.default_rng(0))
    return net


@pytest.fixture
def batch(rng: np.random.Generator) -> tuple[NonzeroColumns, Array]:
    """Return eight examples whose second and fifth column are zero."""
    kept, places = np.array([0, 2, 3, 5]), np.array([0, 4, 1, 2, 4, 3])
    return NonzeroColumns(rng.random((8, 4), "float32"), kept, places), rng.integers(0, 3, 8)


def verdicts(
    net: Network, x: NonzeroColumns | Array, t: Array, expected: as_trained.Expected | None = None
) -> list[str]:
    with net.training(NOISE):
        expected = expected or as_trained.probe(net, x, t, mode="full")
        return [check.verdict for check in as_trained.judge(net, x, t, expected)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_right_step_passes_with_its_dropout_and_its_columns(dtype: str, batch: tuple[NonzeroColumns, Array]) -> None:
    net, (x, t) = network(ReLU(), Dropout(0.5), dtype=dtype), batch
    assert verdicts(net, x.astype(dtype), t) == ["PASS"] * 4
    assert verdicts(net, x.dense().astype(dtype), t) == ["PASS"] * 4


def test_a_factor_that_only_float32_has_is_found(
    batch: tuple[NonzeroColumns, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Affine.parameter_gradients

    def wrong(layer: Affine, dout: Array) -> None:
        right(layer, dout)
        if layer.dW.dtype == np.float32:
            layer.dW *= np.float32(1.0005)

    monkeypatch.setattr(Affine, "parameter_gradients", wrong)
    assert verdicts(network(Sigmoid()), *batch) == ["FAIL", "PASS", "FAIL", "PASS"]
    assert verdicts(network(Sigmoid(), dtype="float64"), batch[0].astype("float64"), batch[1]) == ["PASS"] * 4


def test_a_slope_through_float16_is_found(batch: tuple[NonzeroColumns, Array], monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sigmoid.slope

    def coarse(layer: Sigmoid, out: Array, result: Array) -> Array:
        result[...] = right(layer, out, result).astype("float16")
        return result

    monkeypatch.setattr(Sigmoid, "slope", coarse)
    assert verdicts(network(Sigmoid()), *batch) == ["FAIL", "FAIL", "PASS", "PASS"]


def test_what_is_kept_of_another_batch_is_found(
    batch: tuple[NonzeroColumns, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as the first batch's size, or its examples: in its first step alone there is nothing wrong."""
    right, first = SoftmaxCrossEntropy.backward, Affine.forward

    def of_the_first_size(loss: SoftmaxCrossEntropy) -> Array:
        dz = right(loss)
        dz *= len(dz) / vars(loss).setdefault("size", len(dz))
        return dz

    def of_the_last_of_its_size(layer: Affine, x: Examples) -> Array:
        kept = vars(layer).get("_x")
        out = first(layer, x)
        if kept is not None and len(kept) == len(x):
            layer._x = kept
        return out

    with monkeypatch.context() as planted:
        planted.setattr(SoftmaxCrossEntropy, "backward", of_the_first_size)
        assert verdicts(network(Sigmoid()), *batch) == ["FAIL"] * 4
    monkeypatch.setattr(Affine, "forward", of_the_last_of_its_size)
    assert verdicts(network(Sigmoid()), *batch) == ["FAIL", "PASS", "PASS", "PASS"]  # W2's x is a buffer, the same


def test_an_example_that_rounding_carries_across_a_kink_leaves_nothing_to_judge() -> None:
    """1 + 1e-8 − 1 is 1e-8 in float64, where ReLU has a slope, and 0 in float32, where it has none."""
    net = Network([Affine(2, 1), ReLU(), Affine(1, 2, bias=False)], SoftmaxCrossEntropy())
    net.parameters[...] = [1, 1, -1, 1, -1]
    x, t = np.array([[1, 1e-8]], "float32"), np.array([1])
    expected = as_trained.probe(net, x, t, mode="full")
    assert expected.kinked
    assert verdicts(net, x, t, expected) == ["KINKS"] * 3
    assert not as_trained.probe(net, np.ones_like(x), t, mode="full").kinked


def test_outputs_that_are_wrong_across_a_kink_are_no_rounding(
    batch: tuple[NonzeroColumns, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a ReLU would hide every mistake in training's forward pass that is large enough to cross its kink."""
    right = NonzeroColumns.dot
    monkeypatch.setattr(NonzeroColumns, "dot", lambda x, W, out: right(x, W + W.dtype.type(0.3), out))
    net, (x, t) = network(ReLU()), batch
    copy, wide = as_trained.in_float64(net, x)
    for either, examples in (net, x), (copy, wide):
        either.predict(examples)
    assert not np.array_equal(net.kink_sides()[0], copy.kink_sides()[0])
    assert "FAIL" in verdicts(net, x, t)


def test_each_derivative_has_the_tolerance_of_its_own_rounding(batch: tuple[NonzeroColumns, Array]) -> None:
    """A pixel that is faint in all examples has small derivatives, in which a small mistake is found."""
    net, (x, t) = network(Sigmoid()), batch
    net.weight_decay = 0
    x.values[:, 1] /= 1e4  # the third pixel
    expected = as_trained.probe(net, x, t, mode="full")
    atols = expected.atols[0].reshape(6, 5)
    assert atols[2].max() < atols[[0, 3, 5]].min() / 100
    assert {check.verdict for check in as_trained.judge(net, x, t, expected)} == {"PASS"}
    net.named_gradients["W1"][2] *= np.float32(1.0005)
    assert as_trained.compare(net, expected)[0].verdict == "FAIL"


def test_gradients_that_backprop_leaves_as_they_were_are_found(
    batch: tuple[NonzeroColumns, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    net, (x, t) = network(Sigmoid()), batch
    expected = as_trained.probe(net, x, t, mode="full")
    net.backprop(x, t)
    monkeypatch.setattr(Affine, "parameter_gradients", lambda layer, dout: None)
    assert {check.verdict for check in as_trained.judge(net, x, t, expected)} == {"FAIL"}
