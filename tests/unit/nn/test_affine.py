"""The affine layer against a worked example and a loop; the contract of all layers is tested in test_layers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.nn.affine import Affine
from tests.helpers.layers import BATCHES, GENERATORS, assert_is_its_sum, bound


def test_a_worked_example() -> None:
    """By hand: [1·1 + 2·3 + 10, 1·2 + 2·4 + 20] = [17, 30]; db is dout, dW = xᵀ dout, dx = dout Wᵀ."""
    layer = Affine(2, 2)
    gradients = {"W": np.empty((2, 2)), "b": np.empty(2)}
    layer.bind({"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([10.0, 20.0])}, gradients)

    np.testing.assert_array_equal(layer.forward(np.array([[1.0, 2.0]])), [[17.0, 30.0]])
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, -1.0]])), [[-1.0, -1.0]])
    np.testing.assert_array_equal(gradients["W"], [[1.0, -1.0], [2.0, -2.0]])
    np.testing.assert_array_equal(gradients["b"], [1.0, -1.0])


@settings(max_examples=30)
@given(st.builds(Affine, st.integers(1, 5), st.integers(1, 5), bias=st.booleans()), BATCHES, GENERATORS)
def test_every_output_is_the_sum_of_its_definition_in_batches_of_any_size(
    layer: Affine, sizes: list[int], rng: np.random.Generator
) -> None:
    bound(layer, rng)
    inputs, outputs = layer.W.shape
    for size in sizes:
        terms = (((n, h), (d, h), (n, d)) for n, d, h in np.ndindex(size, inputs, outputs))
        assert_is_its_sum(layer, rng.standard_normal((size, inputs)), terms, rng)


@pytest.mark.parametrize("shape", [(5, 3), (4,), (5, 4, 1)])
def test_inputs_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    layer = Affine(4, 3)
    layer.bind({"W": np.zeros((4, 3)), "b": np.zeros(3)}, {"W": np.zeros((4, 3)), "b": np.zeros(3)})
    with pytest.raises(ValueError, match=r"expects x of shape \(N, 4\); got \(" + str(shape[0])):
        layer.forward(np.zeros(shape))


def test_examples_of_another_shape_have_no_output_shape() -> None:
    with pytest.raises(ValueError, match=r"Affine expects examples of shape \(4,\); got \(5,\)"):
        Affine(4, 3).output_shape((5,))


def test_initial_biases_are_zero_and_the_fans_are_the_sizes(rng: np.random.Generator) -> None:
    layer = Affine(4, 3)
    layer.bind({"W": np.zeros((4, 3)), "b": np.ones(3)}, {"W": np.zeros((4, 3)), "b": np.zeros(3)})
    layer.initialize(lambda rng, shape, fan_in, fan_out: np.full(shape, 10.0 * fan_in + fan_out), rng)
    np.testing.assert_array_equal(layer.W, np.full((4, 3), 43.0))
    np.testing.assert_array_equal(layer.b, 0)


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (-1, 3)])
def test_sizes_below_one_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="Affine expects sizes of 1 or more; got weights of shape"):
        Affine(*sizes)
