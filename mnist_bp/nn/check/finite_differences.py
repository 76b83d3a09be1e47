"""Central differences of a network's loss in every single parameter: the textbook's values, hundreds of times faster.

The textbook loop evaluates the whole network twice per parameter. But moving W[k, j] by ±h moves nothing but unit j of
its layer, by ±h times input k, and only of the examples in which that input is not zero. So the work is on pairs: an
input k, and an example n that it touches. For one unit j, all pairs go through the rest of the network as one batch:

    z[n, j] ± h x[n, k]            the unit, for all pairs (k, n); a bias is the weight of an input that is always 1
    a′ = f(z ± h x)                its activation: still nothing but unit j has changed
    z₂[n] + (a′ − a[n, j]) W₂[j]   the next affine layer: a rank-1 change
    L′[n]                          whatever follows, and the loss, example by example

and (L₊ − L₋) / 2h, summed over n and divided by N, is the difference quotient. What does not have this form, such as a
convolution or a pooling layer after the activation, gets its full input with unit j exchanged. Dropout in training is a
constant mask, and multiplies each pair by that of its example.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mnist_bp.nn.activations import Elementwise
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check.numerical import STEP
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Layer, Linear
from mnist_bp.nn.losses import Loss
from mnist_bp.nn.network import Network, Score

BLOCK = 1 << 20  # numbers of a layer's output at once: few enough for the processor's cache, many for few calls

Advance = Callable[[int], object]
"""Told, again and again, that so many more derivatives are done."""


def in_silence(count: int) -> None:
    """Tell nobody; an `Advance`."""


class _Mask(NamedTuple):
    """Dropout in training: what it multiplies each element of its input by."""

    mask: Array


class Differences(NamedTuple):
    """Flat vectors, as the network's parameters: the difference quotients, and whether a kink lay within the step."""

    gradient: Array
    kinked: Array


def central_differences(
    network: Network, x: Array, t: Array, step: float = STEP, advance: Advance = in_silence
) -> Differences:
    """Return the central differences of loss and penalty on a batch, in float64; in training, with dropout's masks.

    The network is left as it is. Across a kink, such as a ReLU's, the difference quotient is no derivative.
    Raises ValueError if x or t does not fit, and TypeError for a layer whose parameters are not a matrix product's.
    """
    twin = network.copy(np.float64)
    x = x.astype(np.float64)
    twin.loss(x, t)  # raises what does not fit
    flow, tensors = [x], []
    layers: list[Layer | _Mask] = []
    for layer, names in zip(twin.layers, twin.names, strict=True):
        out = layer.forward(flow[-1])
        if out is not flow[-1]:  # as dropout that is off passes x on
            flow.append(out.copy())
            layers.append(_Mask(layer.mask) if isinstance(layer, Dropout) and layer.mask is not None else layer)
            tensors.append(names)
    kinked = np.zeros(twin.parameters.size, np.bool_)
    kinks = twin.views(kinked)
    for place, (part, names) in enumerate(zip(layers, tensors, strict=True)):
        if isinstance(part, Linear):
            found = _of_layer(part, layers[place + 1 :], flow[place:], t, twin.loss_function, step, advance)
            for matrix, views in zip(found, (twin.named_gradients, kinks), strict=True):
                part.matrix(views[names["W"]])[...] = matrix[: part.fan_in]
                if part.bias:
                    views[names["b"]][...] = matrix[part.fan_in]
        elif names:
            raise TypeError(
                f"central differences expect parameters in Linear layers alone; got a {type(part).__name__}"
            )
    if twin.weight_decay:
        for name in twin.weights:
            W = twin.named_parameters[name]
            twin.named_gradients[name] += twin.weight_decay / 2 * ((W + step) ** 2 - (W - step) ** 2) / (2 * step)
    return Differences(twin.gradients, kinked)


def differentiate(network: Network, x: Array, t: Array) -> Score:
    """Overwrite `network.gradients` with the central differences on a batch: the twin of `backprop`."""
    network.gradients[...] = central_differences(network, x, t).gradient
    return network.score(x, t)


def _of_layer(
    layer: Linear,
    following: Sequence[Layer | _Mask],
    flow: Sequence[Array],
    t: Array,
    loss: Loss,
    step: float,
    advance: Advance,
) -> tuple[Array, Array]:
    """Return difference quotients and kinks, both (K, H), for the K inputs, bias included, of a layer's H units.

    `flow` is the input of the layer, its output, and those of the layers following it.
    """
    path = _Path(layer, following, loss)
    inputs, units, examples = layer.fan_in + layer.bias, flow[1].shape[1], len(t)
    width = max(out[0].size for out in flow[1 + path.entry :])
    size = max(1, BLOCK // (inputs * width))
    quotients, kinks = np.zeros((inputs, units)), np.zeros((inputs, units), np.bool_)
    done = 0
    for start in range(0, examples, size):
        part = slice(start, start + size)
        columns = layer.columns(flow[0][part])
        if layer.bias:
            columns = np.concatenate([columns, np.ones_like(columns[:, :1])], axis=1)
        k, n = np.nonzero((columns != 0).any(axis=2).T)
        shift = step * columns[n, k]
        if columns.shape[2] == 1:  # equal inputs move an example alike: often so with pixels
            _, once, pairs = np.unique(n + 1j * shift[:, 0], return_index=True, return_inverse=True)
        else:
            once = pairs = np.arange(len(k))
        block = _Block(path, n[once], shift[once], [out[part] for out in flow[1:]], t[part], start)
        for unit in range(units):
            if len(k):
                change, crossed = block.move(unit)
                quotients[:, unit] += np.bincount(k, change[pairs], minlength=inputs)
                kinks[k[crossed[pairs]], unit] = True
            now = inputs * (units * start + (unit + 1) * len(columns)) // examples
            advance(now - done)
            done = now
    quotients /= 2 * step * examples
    return quotients, kinks


class _Path:
    """The way of a change from a layer to the loss: activations of one unit, an affine layer if it is next, the rest.

    `entry` is the number of layers that need not be computed in full.
    """

    def __init__(self, layer: Linear, following: Sequence[Layer | _Mask], loss: Loss) -> None:
        self.activations: list[Elementwise | _Mask] = []
        for each in following:
            if not isinstance(each, (Elementwise, _Mask)):
                break
            self.activations.append(each)
        self.rest = following[len(self.activations) :]
        self.affine: Affine | None = None
        if isinstance(layer, Affine) and self.rest and isinstance(first := self.rest[0], Affine):
            self.affine, self.rest = first, self.rest[1:]
        self.loss = loss
        self.entry = len(self.activations) + bool(self.affine)


class _Block:
    """P pairs: the examples n, (P,), and by how much each moves a unit of the layer at its S places, (P, S).

    They are counted from the first example of the block, which is number `start` of the batch.
    """

    def __init__(self, path: _Path, n: Array, shift: Array, flow: Sequence[Array], t: Array, start: int) -> None:
        self._path, self._n, self._shift, self._t, self._examples = path, n, shift, t[n], start + n
        self._before, self._after = _by_unit(flow[0]), _by_unit(flow[len(path.activations)])
        entered = flow[path.entry]
        self._rows = entered.T[:, n].T if entered.ndim == 2 else entered[n]  # in 2-D by columns: few sums, but long

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
        """Return the loss of every pair with the unit at `moved`, (P, S), and the sides of all kinks on the way.

        `after` is the unit's activation as it was.
        """
        path, sides = self._path, []
        for activation in path.activations:
            if isinstance(activation, _Mask):
                moved *= _by_unit(activation.mask)[self._examples, unit]
                continue
            activation.function(moved, moved)
            if activation.kinked:
                sides.append(moved > 0)
        if path.affine:
            x = (self._rows.T + np.multiply.outer(path.affine.W[unit], (moved - after)[:, 0])).T
        else:
            x = self._rows
            _by_unit(x)[:, unit] = moved
        for layer in path.rest:
            if isinstance(layer, _Mask):
                x = x * layer.mask[self._examples]
                continue
            x = layer.forward(x)
            if (side := layer.kink_sides()) is not None:
                sides.append(side)
        losses = path.loss.each(x, self._t).copy()
        if not path.affine:
            _by_unit(self._rows)[:, unit] = after
        return losses, sides


def _by_unit(out: Array) -> Array:
    """Return a layer's output (N, H) or (N, H, rows, columns) as a view (N, H, S)."""
    return out[:, :, None] if out.ndim == 2 else out.reshape(*out.shape[:2], math.prod(out.shape[2:]))
