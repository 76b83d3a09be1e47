"""Training's own gradient check: silent while all is well, and precise when it is not."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.errors import BpError
from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import he
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import HalfSquaredError, SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.train import shadow
from mnist_bp.train.shards import ShardedNetwork
from mnist_bp.train.team import Team

NOISE = 7


def network(*between: Layer, dtype: str = "float32") -> Network:
    layers = [Affine(6, 5), *between, Affine(5, 3)]
    net = Network(layers, SoftmaxCrossEntropy(), dtype, weight_decay=0.01)
    net.initialize(he, np.random.default_rng(0))
    return net


@pytest.fixture
def batch(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.random((8, 6), "float32"), rng.integers(0, 3, 8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_right_gradient_passes_even_with_dropout_and_nothing_is_changed(
    dtype: str, batch: tuple[Array, Array]
) -> None:
    net, x, t = network(ReLU(), Dropout(0.5), dtype=dtype), batch[0].astype(dtype), batch[1]
    with net.training(NOISE):
        net.backprop(x, t)
        before = net.parameters.copy(), net.gradients.copy(), x.copy()
        shadow.check(net, x, t, step=7)
    for was, is_now in zip(before, (net.parameters, net.gradients, x), strict=True):
        np.testing.assert_array_equal(was, is_now)


def wrong(kind: type[Affine], tensor: str) -> type[Affine]:
    """Return an affine layer that shifts the gradients of one of its tensors by a row."""

    class Wrong(kind):  # type: ignore[misc,valid-type]  # a class by parameter
        def parameter_gradients(self, dout: Array) -> None:
            super().parameter_gradients(dout)
            gradient = getattr(self, f"d{tensor}")
            gradient[...] = np.roll(gradient, 1, axis=0)

    return Wrong


@pytest.mark.parametrize("tensor", ["W", "b"])
@pytest.mark.parametrize("place", [0, -1])
def test_a_wrong_formula_is_reported_with_step_tensor_index_and_both_values(
    place: int, tensor: str, batch: tuple[Array, Array]
) -> None:
    layers: list[Layer] = [Affine(6, 5), Sigmoid(), Affine(5, 3)]
    layers[place] = wrong(Affine, tensor)(*[(6, 5), (5, 3)][place])
    net = Network(layers, SoftmaxCrossEntropy())
    net.initialize(he, np.random.default_rng(0))
    net.backprop(*batch)
    name = f"{tensor}{1 if place == 0 else 2}"
    with pytest.raises(
        BpError, match=rf"step 7: wrong gradient at {name}\[.*\]: expected -?\d\S+, by finite .*; got -?\d"
    ) as caught:
        shadow.check(net, *batch, step=7)
    assert caught.value.code == 1


BUGS: dict[str, Callable[[Array], object]] = {
    "a flipped sign": lambda gradient: np.negative(gradient, out=gradient),
    "a wrong factor": lambda gradient: np.multiply(gradient, np.float32(1.0005), out=gradient),
    "nothing computed": lambda gradient: gradient.fill(0),
    "NaN": lambda gradient: gradient.fill(np.nan),
}


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
@pytest.mark.parametrize("between", [Sigmoid, ReLU])
@pytest.mark.parametrize("spoil", BUGS.values(), ids=BUGS)
def test_a_gradient_that_was_changed_after_backprop_is_found(
    spoil: Callable[[Array], object], between: Callable[[], Layer], name: str, batch: tuple[Array, Array]
) -> None:
    """Such as one that a fault of float32 or of memory has spoiled: the copy in float64 knows nothing of it."""
    net = network(between())
    net.backprop(*batch)
    spoil(net.named_gradients[name])
    with pytest.raises(BpError, match=rf"step 7: .* {name}\[.*\]: expected \S+, by backprop in float64; got \S+"):
        shadow.check(net, *batch, step=7)


def test_a_dropout_layer_that_forgets_its_mask_in_backward_is_found(batch: tuple[Array, Array]) -> None:
    class Forgetful(Dropout):
        def backward(self, dout: Array) -> Array:
            return dout

    net = network(Sigmoid(), Forgetful(0.5))
    net.backprop(*batch)
    shadow.check(net, *batch, step=7)  # outside of training there is no mask to forget
    with net.training(NOISE):
        net.backprop(*batch)
        with pytest.raises(BpError, match="step 7: wrong gradient at W1"):
            shadow.check(net, *batch, step=7)


def test_an_example_that_rounding_carries_across_a_kink_is_no_error() -> None:
    """1 + 1e-8 − 1 is 1e-8 in float64, where ReLU has a slope, and 0 in float32, where it has none."""
    net = Network([Affine(2, 1), ReLU(), Affine(1, 2, bias=False)], SoftmaxCrossEntropy())
    net.parameters[...] = [1, 1, -1, 1, -1]
    x, t = np.array([[1, 1e-8]], "float32"), np.array([1])
    net.backprop(x, t)
    twin = net.copy("float64")
    twin.backprop(x.astype("float64"), t)
    assert not net.named_gradients["W1"].any()
    assert twin.named_gradients["W1"].all()
    shadow.check(net, x, t, step=7)


def test_a_forward_pass_that_is_wrong_in_training_alone_is_found_across_a_kink_as_well(
    batch: tuple[Array, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Affine.forward

    def shifted(layer: Affine, x: Array) -> Array:
        out = right(layer, x)
        if out.dtype == np.float32:
            out -= 1
        return out

    monkeypatch.setattr(Affine, "forward", shifted)
    net = network(ReLU())
    net.backprop(*batch)
    with pytest.raises(BpError, match="step 7: wrong gradient at"):
        shadow.check(net, *batch, step=7)


def test_a_slope_that_is_taken_through_float16_is_found(
    batch: tuple[Array, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In float32 alone: the copy in float64 has nothing wrong with it."""
    right = Sigmoid.slope

    def coarse(layer: Sigmoid, out: Array, result: Array) -> Array:
        right(layer, out, result)
        if result.dtype == np.float32:
            result[...] = result.astype(np.float16)
        return result

    monkeypatch.setattr(Sigmoid, "slope", coarse)
    net = network(Sigmoid())
    net.backprop(*batch)
    with pytest.raises(BpError, match=r"step 7: wrong gradient at W1\["):
        shadow.check(net, *batch, step=7)


def test_float64_is_held_to_its_own_precision(batch: tuple[Array, Array]) -> None:
    net, x = network(Sigmoid(), dtype="float64"), batch[0].astype("float64")
    net.backprop(x, batch[1])
    net.named_gradients["W1"] *= 1 + 1e-12
    with pytest.raises(BpError, match="step 7: wrong gradient at W1"):
        shadow.check(net, x, batch[1], step=7)


def test_one_wrong_element_is_found_and_its_index_given(batch: tuple[Array, Array]) -> None:
    class Slightly(Affine):
        def parameter_gradients(self, dout: Array) -> None:
            super().parameter_gradients(dout)
            self.dW[3, 1] += 1e-6

    net = Network([Slightly(6, 5), Sigmoid(), Affine(5, 3)], SoftmaxCrossEntropy())
    net.initialize(he, np.random.default_rng(0))
    net.backprop(*batch)
    with pytest.raises(BpError, match=r"step 7: wrong gradient at W1\[3, 1\]"):
        shadow.check(net, *batch, step=7)


def test_the_rounding_of_a_loss_near_zero_is_no_error() -> None:
    """An output 1e-8 from its target is the target itself in float32: no gradient where float64 has one of 1e-8."""
    net = Network([Affine(1, 1)], HalfSquaredError())
    net.parameters[...] = [1, 1e-8]
    x, t = np.ones((1, 1), "float32"), np.array([1])
    net.backprop(x, t)
    assert not net.gradients.any()
    shadow.check(net, x, t, step=7)


def test_the_gradients_that_shards_add_up_are_judged_with_the_masks_of_the_whole_batch(
    batch: tuple[Array, Array],
) -> None:
    layers = [Affine(6, 5), ReLU(), Dropout(0.5), Affine(5, 3)]
    net = ShardedNetwork(layers, SoftmaxCrossEntropy(), weight_decay=0.1, shards=3, team=Team(2))
    net.initialize(he, np.random.default_rng(0))
    with net.training(NOISE):
        net.backprop(*batch)
        shadow.check(net, *batch, step=7)
        net.gradients += net._shards[1].gradients  # counted twice
        with pytest.raises(BpError, match="step 7: wrong gradient at"):
            shadow.check(net, *batch, step=7)
