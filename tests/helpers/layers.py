"""What tests of layers share: parameters for a layer alone, batches whose size changes, and sums term by term."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from mnist_bp.nn.layers import Layer, Linear

AnyLayer = TypeVar("AnyLayer", bound=Layer)
Index = tuple[int, ...]

GENERATORS = st.integers(0, 2**32 - 1).map(np.random.default_rng)
BATCHES = st.lists(st.integers(1, 5), min_size=2, max_size=4)
"""How many examples one layer is given from call to call."""


def bound(layer: AnyLayer, rng: np.random.Generator, dtype: str = "float64") -> AnyLayer:
    """Give the layer parameters and gradients of its own, as a network would."""
    parameters = {name: rng.standard_normal(shape).astype(dtype) for name, shape in layer.shapes.items()}
    layer.bind(parameters, {name: np.full(shape, np.nan, dtype) for name, shape in layer.shapes.items()})
    return layer


def assert_is_its_sum(
    layer: Linear, x: np.ndarray, terms: Iterable[tuple[Index, Index, Index]], rng: np.random.Generator
) -> None:
    """Compare forward and backward with a loop over the terms of out[o] = Σ W[w] x[i] + b[o[1]], given as (o, w, i).

    The sums have some hundred terms near 1 and another order here: 1e-12 is ample.
    """
    out = layer.forward(x).copy()
    dout = rng.standard_normal(out.shape)
    dx = layer.backward(dout)
    expected = {"out": np.zeros_like(out), "dx": np.zeros_like(x), "dW": np.zeros_like(layer.W)}
    for o, w, i in terms:
        expected["out"][o] += layer.W[w] * x[i]
        expected["dx"][i] += layer.W[w] * dout[o]
        expected["dW"][w] += x[i] * dout[o]
    got = {"out": out, "dx": dx, "dW": layer.dW}
    if layer.bias:
        expected["db"], got["db"] = np.zeros_like(layer.b), layer.db
        for o in np.ndindex(out.shape):
            expected["out"][o] += layer.b[o[1]]
            expected["db"][o[1]] += dout[o]
    for name, array in got.items():
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-12, err_msg=f"{name}, batch of {len(x)}")
