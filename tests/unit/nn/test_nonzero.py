"""A network works on batches without their zero columns as on the whole ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.nn.activations import Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Buffers
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import NonzeroColumns
from tests.helpers.layers import BATCHES, GENERATORS

WIDTH, KEPT = 9, [1, 2, 5, 8]


@pytest.fixture
def batch(rng: np.random.Generator) -> NonzeroColumns:
    places = np.full(WIDTH, len(KEPT))
    places[KEPT] = range(len(KEPT))
    return NonzeroColumns(rng.standard_normal((6, len(KEPT))), np.array(KEPT), places)


def test_dense_puts_the_columns_back_between_zeros(batch: NonzeroColumns) -> None:
    x = batch.dense()
    assert x.shape == batch.shape == (6, WIDTH)
    np.testing.assert_array_equal(x[:, KEPT], batch.values)
    assert not np.delete(x, KEPT, axis=1).any()


@settings(max_examples=30)
@given(st.integers(1, 6), BATCHES, GENERATORS)
def test_products_are_loops_over_all_columns_for_batches_that_share_memory(
    width: int, sizes: list[int], rng: np.random.Generator
) -> None:
    """Each batch has columns of its own, all and none among them, and is multiplied with a matrix of another width."""
    scratch = Buffers()
    for examples in sizes:
        kept = np.flatnonzero(rng.random(width) < rng.choice([0, 0.5, 1]))
        places = np.full(width, len(kept))
        places[kept] = range(len(kept))
        x = NonzeroColumns(rng.standard_normal((examples, len(kept))), kept, places, scratch)
        dense, units = x.dense(), int(rng.integers(1, 5))
        W, dout = rng.standard_normal((width, units)), rng.standard_normal((examples, units))
        product, gradient = np.zeros((examples, units)), np.zeros((width, units))
        for n, d, h in np.ndindex(examples, width, units):
            product[n, h] += dense[n, d] * W[d, h]
            gradient[d, h] += dense[n, d] * dout[n, h]
        np.testing.assert_allclose(x.dot(W, np.full_like(product, np.nan)), product, rtol=0, atol=1e-14)
        np.testing.assert_allclose(x.T.dot(dout, np.full_like(gradient, np.nan)), gradient, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_are_those_of_the_whole_array(batch: NonzeroColumns, dtype: str, rng: np.random.Generator) -> None:
    """Two widths in turn, as of two layers: each product writes all of its result, and returns it."""
    x = batch.astype(dtype)
    tolerance = 20 * float(np.finfo(dtype).eps)  # sums of at most 6 products of numbers near 1, in another order
    for units in (3, 5):
        W, dout = (rng.standard_normal((rows, units)).astype(dtype) for rows in (WIDTH, len(x)))
        product, gradient = (np.full((rows, units), np.nan, dtype) for rows in (len(x), WIDTH))
        assert x.dot(W, product) is product
        assert x.T.dot(dout, gradient) is gradient
        np.testing.assert_allclose(product, x.dense() @ W, atol=tolerance)
        np.testing.assert_allclose(gradient, x.dense().T @ dout, atol=tolerance)


def test_another_precision_is_a_copy_and_the_same_one_only_if_asked_for(batch: NonzeroColumns) -> None:
    single = batch.astype("float32")
    np.testing.assert_array_equal(single.dense(), batch.dense().astype("float32"), strict=True)
    assert batch.astype("float64", copy=False) is batch
    copied = batch.astype("float64")
    assert not np.shares_memory(copied.values, batch.values)
    np.testing.assert_array_equal(copied.dense(), batch.dense(), strict=True)


def test_some_of_the_examples_are_a_view(batch: NonzeroColumns) -> None:
    some = batch[2:5]
    assert (len(some), some.shape) == (3, (3, WIDTH))
    np.testing.assert_array_equal(some.dense(), batch.dense()[2:5])
    assert np.shares_memory(some.values, batch.values)


@pytest.mark.parametrize("bias", [True, False])
def test_loss_and_gradient_are_those_of_the_batch_with_all_columns(
    batch: NonzeroColumns, bias: bool, rng: np.random.Generator
) -> None:
    """The second batch has other columns: nothing of the first must be left in the gradient."""
    layers = [Affine(WIDTH, 5, bias=bias), Sigmoid(), Affine(5, 3, bias=bias)]
    net = Network(layers, SoftmaxCrossEntropy(), "float64")
    net.parameters[...] = rng.standard_normal(net.parameters.size)
    t = np.array([0, 1, 2, 2, 1, 0])
    places = np.array([0, 2, 2, 2, 1, 2, 2, 2, 2])
    other = NonzeroColumns(rng.standard_normal((6, 2)), np.array([0, 4]), places)
    for x in (batch, other, batch[:4]):
        score = net.backprop(x, t[: len(x)])
        gradients = net.gradients.copy()
        whole = net.backprop(x.dense(), t[: len(x)])
        # the same sums but for their order: a few roundings of numbers near 1
        np.testing.assert_allclose(gradients, net.gradients, rtol=0, atol=1e-14)
        assert score.loss == pytest.approx(whole.loss, rel=1e-14)
        assert score.correct == whole.correct


def test_a_batch_of_another_width_is_refused(batch: NonzeroColumns) -> None:
    net = Network([Affine(8, 3)], SoftmaxCrossEntropy())
    with pytest.raises(ValueError, match=r"Affine expects x of shape \(N, 8\); got \(6, 9\)"):
        net.predict(batch)


def test_a_batch_of_zeros_alone_leaves_the_bias(rng: np.random.Generator) -> None:
    nothing = NonzeroColumns(np.empty((2, 0)), np.empty(0, np.intp), np.zeros(WIDTH, np.intp))
    net = Network([Affine(WIDTH, 3)], SoftmaxCrossEntropy(), "float64")
    net.parameters[...] = rng.standard_normal(net.parameters.size)
    net.backprop(nothing, np.array([0, 1]))
    assert not net.named_gradients["W1"].any()
    np.testing.assert_array_equal(net.predict(nothing), np.tile(net.named_parameters["b1"], (2, 1)))
