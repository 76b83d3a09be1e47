"""How far rounding may move a gradient: what a network's precision leaves to be expected.

Every operation of a pass forward and backward is taken to round, in units of u, half a unit in the last place: a sum of
K products, in whatever order, by up to √K u of each of its terms and of its value, a function by FUNCTION · u. How much
of that arrives in a derivative depends on all that follows, on cancellation and on saturation. So it is not estimated
by a formula for whole networks, but tried: on a network in float64, each result is moved at random by that much, and
the gradient's answer is measured. The moves are scaled down, and the answer up again, so that none leads across a kink.

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

TRIALS = 16  # so many that none of them moves a derivative by much less than it may be moved is all but impossible
FACTOR = 16  # times the largest answer of all trials is an error: scripts/random_checks.py finds less than half of that
FUNCTION = 4  # NumPy's exp, log and tanh of float32 are off by two units in the last place and a little more
NOISE = 2.0**-36  # what stands for u in a trial: far above the u of float64, far below the way to a kink

Move = Callable[[Array, float], Array]
"""Moves values in place, each by up to so many u, and returns them."""


def trials(network: Network, x: Array, t: Array, dtype: npt.DTypeLike) -> Iterator[Array]:
    """Yield, TRIALS times, by how much rounding in `dtype` has moved the gradient of a batch's loss and penalty.

    The network is one in float64, and is left as it is but for its buffers; x and t are as `Network.backprop` takes
    them. What is yielded is flat, as the gradient, and new.
    """

    def gradient() -> Array:
        network.backprop(x, t)
        return network.gradients

    return _trials(network, gradient, dtype)


def trials_of_outputs(network: Network, x: Array, dtype: npt.DTypeLike) -> Iterator[Array]:
    """Yield, as `trials` does, by how much rounding has moved the outputs for a batch."""
    return _trials(network, lambda: network.predict(x), dtype)


def _trials(network: Network, result: Callable[[], Array], dtype: npt.DTypeLike) -> Iterator[Array]:
    """Yield, TRIALS times, by how much rounding has moved a result of the network's passes."""
    rng = np.random.default_rng(0)
    right = result().copy()
    for _ in range(TRIALS):
        with _rounding(network, rng):
            moved = result() - right
        yield moved * (float(np.finfo(dtype).eps) / 2 / NOISE)


@contextmanager
def _rounding(network: Network, rng: np.random.Generator) -> Iterator[None]:
    """Move the weights, and the results of the network's passes, at random within the context."""

    def move(values: Array, units: float) -> Array:
        values *= 1 + units * NOISE * rng.uniform(-1, 1, values.shape)
        return values

    parts = [*network.layers, network.loss_function]
    before = [vars(part).copy() for part in parts]
    backward = network.loss_function.backward
    parameters, gradients = network.parameters.copy(), network.gradients.copy()

    def loss_backward() -> Array:
        """Move dz: a difference such as p − t, divided by N, has the rounding of 1 in it."""
        dz = backward()
        dz += FUNCTION * NOISE / len(dz) * rng.uniform(-1, 1, dz.shape)
        return dz

    vars(network.loss_function)["backward"] = loss_backward
    for layer in network.layers:
        vars(layer).update(_moved(layer, move))
    try:
        yield
    finally:
        network.parameters[...] = parameters
        network.gradients[...] = gradients
        for part, own in zip(parts, before, strict=True):
            vars(part).clear()
            vars(part).update(own)


def _moved(layer: Layer, move: Move) -> dict[str, Callable[[Array], object]]:
    """Return those methods of a layer that round: forward, and what sums or subtracts dout. Weights are moved now."""
    forward, gradients = layer.forward, layer.parameter_gradients
    if isinstance(layer, Linear):
        move(layer.W, math.sqrt(max(layer.fan_in, layer.fan_out)))  # as if each product with a weight had rounded

        def sums(dout: Array) -> None:
            units = math.sqrt(dout.size // dout.shape[1])  # examples, at each place
            gradients(move(dout.copy(), units))
            for name in layer.shapes:
                move(getattr(layer, f"d{name}"), units)

        return {"forward": lambda x: move(forward(x), math.sqrt(layer.fan_in)), "parameter_gradients": sums}
    return {"forward": lambda x: move(forward(x), FUNCTION)} if isinstance(layer, Elementwise | Softmax) else {}
