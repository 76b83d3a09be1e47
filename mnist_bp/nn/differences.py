"""Central differences of a network's loss in every single parameter: the textbook's values, hundreds of times faster.

The textbook loop evaluates the whole network twice per parameter. But moving W[k, j] by ±h moves nothing but unit j of
its layer, by ±h times input k, and only of the examples in which that input is not zero. So the work is on pairs: an
input k, and an example n that it touches. For one unit j, all pairs go through the rest of the network as one batch:

    z[n, j] ± h x[n, k]            the unit, for all pairs (k, n); a bias is the weight of an input that is always 1
    a′ = f(z ± h x)                its activation: still nothing but unit j has changed
    z₂[n] + (a′ − a[n, j]) W₂[j]   the next affine layer: a rank-1 change
    L′[n]                          whatever follows, and the loss, example by example

and (L₊ − L₋) / 2h, summed over n and divided by N, is the difference quotient. What does not have this form, such as a
convolution or a pooling layer after the activation, gets its full input with unit j exchanged.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mnist_bp.nn.activations import Elementwise
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Layer, Linear
from mnist_bp.nn.losses import Loss
from mnist_bp.nn.network import Network, Score
from mnist_bp.nn.numerical import STEP

BLOCK = 1 << 20  # numbers of a layer's output at once: few enough for the processor's cache, many for few calls


class Differences(NamedTuple):
    """Flat vectors, as the network's parameters: the difference quotients, and whether a kink lay within the step."""

    gradient: Array
    kinked: Array


def central_differences(
    network: Network, x: Array, t: Array, advance: Callable[[int], object] = lambda count: None
) -> Differences:
    """Return the central differences of loss and penalty on a batch, with step STEP, in float64 and without dropout.

    The network is left as it is. `advance(count)` is called whenever so many parameters are done. Across a kink, such
    as a ReLU's, the difference quotient is no derivative.
    """
    twin = network.copy(np.float64)
    flow = [x.astype(np.float64)]
    for layer in twin.layers:
        flow.append(layer.forward(flow[-1]).copy())
    kinked = np.zeros(twin.parameters.size, np.bool_)
    kinks = twin.views(kinked)
    learning = [(place, layer) for place, layer in enumerate(twin.layers) if isinstance(layer, Linear)]
    for number, (place, layer) in enumerate(learning, 1):
        found = _of_layer(layer, twin.layers[place + 1 :], flow[place:], t, twin.loss_function, advance)
        for matrices, tensors in zip(found, (twin.named_gradients, kinks), strict=True):
            layer.matrix(tensors[f"W{number}"])[...] = matrices[: layer.fan_in]
            if layer.bias:
                tensors[f"b{number}"][...] = matrices[layer.fan_in]
    for name in twin.weights:
        W = twin.named_parameters[name]
        twin.named_gradients[name] += twin.weight_decay / 2 * ((W + STEP) ** 2 - (W - STEP) ** 2) / (2 * STEP)
    return Differences(twin.gradients, kinked)


def differentiate(network: Network, x: Array, t: Array) -> Score:
    """Overwrite `network.gradients` with the central differences on a batch: the twin of `backprop`."""
    network.gradients[...] = central_differences(network, x, t).gradient
    return network.score(x, t)


def _of_layer(
    layer: Linear,
    following: Sequence[Layer],
    flow: Sequence[Array],
    t: Array,
    loss: Loss,
    advance: Callable[[int], object],
) -> tuple[Array, Array]:
    """Return difference quotients and kinks, both (K, H), for the K inputs, bias included, of a layer's H units.

    `flow` is the input of the layer, its output, and those of the layers following it.
    """
    columns = layer.columns(flow[0])
    if layer.bias:
        columns = np.concatenate([columns, np.ones_like(columns[:, :1])], axis=1)
    examples, inputs, places = columns.shape
    units = flow[1].shape[1]
    quotients, kinks = np.zeros((inputs, units)), np.zeros((inputs, units), np.bool_)
    touched: Array = (columns != 0).any(axis=2)
    size = max(1, BLOCK * examples // (max(np.count_nonzero(touched), 1) * max(out[0].size for out in flow[1:])))
    for start in range(0, examples, size):
        part = slice(start, start + size)
        k, n = np.nonzero(touched[part].T)
        shift = STEP * columns[part][n, k]
        if places == 1:
            _, once, pairs = np.unique(n + 1j * shift[:, 0], return_index=True, return_inverse=True)
        else:
            once = pairs = np.arange(len(k))
        block = _Block(n[once], shift[once], following, [out[part] for out in flow[1:]], t[part], loss)
        for unit in range(units):
            change, crossed = block.move(unit)
            quotients[:, unit] += np.bincount(k, change[pairs], minlength=inputs)
            kinks[k[crossed[pairs]], unit] = True
        advance(inputs * units * min(start + size, examples) // examples - inputs * units * start // examples)
    quotients /= 2 * STEP * examples
    return quotients, kinks


class _Block:
    """P pairs: the examples n, (P,), and by how much each moves a unit of the layer at its S places, (P, S)."""

    def __init__(
        self, n: Array, shift: Array, following: Sequence[Layer], flow: Sequence[Array], t: Array, loss: Loss
    ) -> None:
        self._n, self._shift, self._t, self._loss = n, shift, t[n], loss
        self._activations: list[Elementwise] = []
        for layer in following:
            if not isinstance(layer, Elementwise):
                break
            self._activations.append(layer)
        count = len(self._activations)
        before, after = flow[0], flow[count]
        self._before, self._after = _by_unit(before), _by_unit(after)
        self._rest = following[count:]
        self._next = self._rest[0] if self._rest and before.ndim == 2 else None
        if isinstance(self._next, Affine):
            self._rest, after = self._rest[1:], flow[count + 1]
        self._rows = after.T[:, n].T if after.ndim == 2 else after[n]  # the few columns lie in a piece: fast sums

    def move(self, unit: int) -> tuple[Array, Array]:
        """Return L₊ − L₋ of every pair when the unit is moved, and whether a kink was crossed."""
        before, after = self._before[self._n, unit], self._after[self._n, unit]
        plus, sides_plus = self._losses(unit, before + self._shift, after)
        minus, sides_minus = self._losses(unit, before - self._shift, after)
        crossed = np.zeros(len(self._n), np.bool_)
        for a, b in zip(sides_plus, sides_minus, strict=True):
            crossed |= (a != b).reshape(len(a), -1).any(axis=1)
        return plus - minus, crossed

    def _losses(self, unit: int, moved: Array, after: Array) -> tuple[Array, list[Array]]:
        """Return the loss of every pair with the unit at `moved`, (P, S), and the sides of all kinks behind it.

        `after` is the unit's activation as it was.
        """
        sides = []
        for activation in self._activations:
            activation.function(moved, moved)
            if activation.kinked:
                sides.append(moved > 0)
        if isinstance(self._next, Affine):
            x = (self._rows.T + np.multiply.outer(self._next.W[unit], (moved - after)[:, 0])).T
        else:
            x = self._rows
            _by_unit(x)[:, unit] = moved
        for layer in self._rest:
            x = layer.forward(x)
            if (side := layer.kink_sides()) is not None:
                sides.append(side.copy())
        losses = self._loss.each(x, self._t).copy()
        if not isinstance(self._next, Affine):
            _by_unit(self._rows)[:, unit] = after
        return losses, sides


def _by_unit(out: Array) -> Array:
    """Return a layer's output (N, H) or (N, H, rows, columns) as a view (N, H, S)."""
    return out.reshape(*out.shape[:2], -1)
