"""How far rounding may move a gradient: what a network's precision leaves to be expected, tensor by tensor.

Every operation of a pass forward and backward is taken to round: a sum of K products, in whatever order, by about √K
units in the last place of its terms, and everything else by one. How much of that arrives in a derivative depends on
all that follows, on cancellation and on saturation. So it is not estimated by a formula for whole networks, but tried:
on a network in float64, each result is moved at random by that much, and the gradient's answer is measured. The moves
are scaled down, and the answer up again, so that none leads across a kink.

Sources: Parker, Monte Carlo Arithmetic (1997); for √K: Higham & Mary, SIAM Journal on Scientific Computing 41 (2019).
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.activations import Elementwise
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Layer, Linear
from mnist_bp.nn.network import Network
from mnist_bp.nn.softmax import Softmax

DRAWS = 8
FACTOR = 8  # between the largest move of DRAWS trials, in any derivative of a tensor, and what is taken for an error
NOISE = 2.0**-36  # what stands for the unit in the last place in a trial: far above that of float64, far below kinks

Move = Callable[[Array, float], Array]
"""Moves values in place, each by about so many units in its last place, and returns them."""


def limits(network: Network, x: Array, t: Array, dtype: npt.DTypeLike) -> dict[str, float]:
    """Return, by tensor, how far rounding in `dtype` may move a derivative of a batch's loss and penalty.

    The network is one in float64, and is left as it is but for its buffers; x and t are as `Network.backprop` takes
    them.
    """
    rng = np.random.default_rng(0)
    network.backprop(x, t)
    right = network.gradients.copy()
    moved = np.zeros_like(right)
    for _ in range(DRAWS):
        with _rounding(network, rng):
            network.backprop(x, t)
        np.maximum(moved, abs(network.gradients - right), out=moved)
    network.gradients[...] = right
    unit, smallest = float(np.finfo(dtype).eps) / 2, float(np.finfo(dtype).smallest_normal)
    return {
        name: FACTOR * (unit / NOISE * float(values.max(initial=0)) + smallest)
        for name, values in network.views(moved).items()
    }


@contextmanager
def _rounding(network: Network, rng: np.random.Generator) -> Iterator[None]:
    """Move the parameters, and all results of the network's passes, at random within the context."""

    def move(values: Array, units: float) -> Array:
        values *= 1 + units * NOISE * rng.standard_normal(values.shape)
        return values

    right, loss = network.parameters.copy(), network.loss_function
    parts = [*network.layers, loss]
    before = [vars(part).copy() for part in parts]
    for layer in network.layers:
        _plant(layer, move)
    backward = loss.backward

    def loss_backward() -> Array:
        """Move dz: a difference such as p − t, divided by N, has the rounding of 1 in it."""
        dz = backward()
        dz += NOISE / len(dz) * rng.standard_normal(dz.shape)
        return move(dz, 1)

    vars(loss)["backward"] = loss_backward
    try:
        yield
    finally:
        network.parameters[...] = right
        for part, own in zip(parts, before, strict=True):
            vars(part).clear()
            vars(part).update(own)


def _plant(layer: Layer, move: Move) -> None:
    forward, backward = layer.forward, layer.backward
    if isinstance(layer, Linear):
        gradients = layer.parameter_gradients
        move(layer.W, math.sqrt(max(layer.fan_in, layer.fan_out)))
        if layer.bias:
            move(layer.b, 1)

        def parameter_gradients(dout: Array) -> None:
            sums = dout.size // dout.shape[1]  # examples, at each place
            gradients(move(dout.copy(), math.sqrt(sums)))

        vars(layer).update(
            forward=lambda x: move(forward(x), 1),
            backward=lambda dout: move(backward(dout), math.sqrt(layer.fan_out)),
            parameter_gradients=parameter_gradients,
        )
    elif isinstance(layer, Elementwise):
        vars(layer).update(forward=lambda x: move(forward(x), 1), backward=lambda dout: move(backward(dout), 1))
    elif isinstance(layer, Softmax):  # dout − Σ dout y may be a small difference of large numbers
        vars(layer).update(
            forward=lambda x: move(forward(x), 1), backward=lambda dout: move(backward(move(dout.copy(), 1)), 1)
        )
