"""Known bugs, planted in a network's backprop: a gradient check that lets one pass proves nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mnist_bp.nn.activations import Elementwise
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check.gradcheck import Judge
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Layer, Linear
from mnist_bp.nn.nonzero import NonzeroColumns
from mnist_bp.nn.pooling import AveragePool, Pool

NO_BUG = "no bug"


class Bug(NamedTuple):
    """A bug for parts of a kind: layers, or a batch; `plant` sets attributes of one such part."""

    kind: type
    plant: Callable[[Any], None]


def in_weights(wrong: Callable[[Array, int], Array]) -> Bug:
    """Have dW become what `wrong` makes of it in a batch of N."""
    return _in_parameters("dW", wrong)


def in_biases(wrong: Callable[[Array, int], Array]) -> Bug:
    """Have db become what `wrong` makes of it in a batch of N."""
    return _in_parameters("db", wrong)


def in_dx(kind: type, wrong: Callable[[Array, Array], Array]) -> Bug:
    """Have backward return what `wrong` makes of dx and dout."""

    def plant(layer: Layer) -> None:
        right = layer.backward
        vars(layer)["backward"] = lambda dout: wrong(right(dout), dout)

    return Bug(kind, plant)


def in_slope(wrong: Callable[[Array], Array]) -> Bug:
    """Have the slope of an activation function become what `wrong` makes of it."""

    def plant(layer: Elementwise) -> None:
        right = layer.slope

        def slope(out: Array, result: Array) -> Array:
            result[...] = wrong(right(out, result))
            return result

        vars(layer)["slope"] = slope

    return Bug(Elementwise, plant)


def in_batch(name: str) -> Bug:
    """Have the numbers of columns in NonzeroColumns be each other's."""
    return Bug(NonzeroColumns, lambda x: setattr(x, name, np.roll(getattr(x, name), 1)))


def in_float32(wrong: Callable[[Array], Array]) -> Callable[..., Array]:
    """Restrict a bug to a network in float32."""
    return lambda values, *_: wrong(values) if values.dtype == np.float32 else values


def _in_parameters(name: str, wrong: Callable[[Array, int], Array]) -> Bug:
    def plant(layer: Linear) -> None:
        right = layer.parameter_gradients

        def spoiled(dout: Array) -> None:
            right(dout)
            if hasattr(layer, name):  # there may be no bias
                gradient = getattr(layer, name)
                gradient[...] = wrong(gradient, len(dout))

        vars(layer)["parameter_gradients"] = spoiled

    return Bug(Linear, plant)


def _without_the_last(dx: Array, dout: Array) -> Array:
    dx[-1] = 0
    return dx


BUGS: dict[str, Bug] = {
    "dW: a flipped sign": in_weights(lambda dW, N: -dW),
    "dW: a factor of 1 + 1e-3": in_weights(lambda dW, N: dW * (1 + 1e-3)),
    "dW: a transposed matrix": in_weights(lambda dW, N: dW.T.reshape(dW.shape)),
    "dW: a missing 1/N": in_weights(lambda dW, N: dW * N),
    "dW: an off-by-one row": in_weights(lambda dW, N: np.roll(dW, 1, axis=0)),
    "dW: 1.0005 in float32": in_weights(in_float32(lambda dW: dW * np.float32(1.0005))),
    "db: forgotten": in_biases(lambda db, N: db * 0),
    "db: a missing 1/N": in_biases(lambda db, N: db * N),
    "dx: a flipped sign": in_dx(Linear, lambda dx, dout: -dx),
    "dx: no last example": in_dx(Linear, _without_the_last),
    "slope: always 1": in_slope(np.ones_like),
    "slope: a factor of 1 + 1e-3": in_slope(lambda slope: slope * (1 + 1e-3)),
    "slope: through float16": in_slope(in_float32(lambda slope: slope.astype(np.float16))),
    "pooling: the neighbour's": in_dx(Pool, lambda dx, dout: np.roll(dx, 1, axis=3)),
    "pooling: no mean": in_dx(AveragePool, lambda dx, dout: dx * 4),
    "dropout: no mask": in_dx(Dropout, lambda dx, dout: dout),
    "columns: others forward": in_batch("kept"),
    "columns: others back": in_batch("places"),
}


@dataclass(frozen=True)
class Finding:
    """What each oracle makes of a bug in a part of the network.

    "caught"; "too small", if what the bug changes is within the tolerance; "kinks", which hide it; or "no effect", if
    it changes nothing, as in a part that the oracle's batch and network do not have. Without a bug, "right" or "WRONG".
    """

    bug: str
    place: str
    outcomes: dict[str, str]


@contextmanager
def planted(part: object, bug: Bug) -> Iterator[None]:
    """Give a part one of the BUGS, within the context."""
    before = vars(part).copy()
    bug.plant(part)
    own = vars(part)
    changed = [name for name in own if own[name] is not before.get(name)]
    try:
        yield
    finally:
        for name in changed:
            own.pop(name)
            own |= {name: before[name]} if name in before else {}


def hunt(judges: Mapping[str, Judge]) -> list[Finding]:
    """Judge a network as it is, and spoiled by each bug in each part that it fits, by each oracle.

    Bugs that have no effect on any of them are left out.
    """
    right, unspoiled = {}, {}
    for oracle, judge in judges.items():
        wrong = any(check.verdict == "FAIL" for check in judge.check())
        unspoiled[oracle] = "WRONG" if wrong else "right"
        right[oracle] = judge.network.gradients.copy()
    found = [Finding(NO_BUG, "", unspoiled)]
    for number, parts in enumerate(zip(*map(_parts, judges.values()), strict=True)):
        place = f"{number} {type(parts[0]).__name__}" if number else "batch"
        for name, bug in BUGS.items():
            outcomes = {
                oracle: _outcome(judge, part, bug, right[oracle])
                for (oracle, judge), part in zip(judges.items(), parts, strict=True)
            }
            if {*outcomes.values()} != {"no effect"}:
                found.append(Finding(name, place, outcomes))
    return found


def verdict(findings: Sequence[Finding]) -> str:
    """Return FAIL if something is wrong without a bug; PASS if each bug is caught, and each oracle catches one.

    A bug counts as caught if one oracle catches it in one place. Else it is UNDECIDED whether the check can be trusted,
    as a bug is too small here, or hidden by kinks.
    """
    caught: dict[str, bool] = {}
    for finding in findings:
        seen = finding.outcomes.values()
        if "WRONG" in seen:
            return "FAIL"
        if finding.bug != NO_BUG:
            caught[finding.bug] = caught.get(finding.bug, False) or "caught" in seen
    catching = {oracle for finding in findings for oracle, seen in finding.outcomes.items() if seen == "caught"}
    return "PASS" if caught and all(caught.values()) and catching == {*findings[0].outcomes} else "UNDECIDED"


def _parts(judge: Judge) -> list[object]:
    """Return where a bug may be: the batch, and the layers."""
    return [judge.x, *judge.network.layers]


def _outcome(judge: Judge, part: object, bug: Bug, right: Array) -> str:
    if not isinstance(part, bug.kind):
        return "no effect"
    with planted(part, bug):
        checks = judge.check()
    network = judge.network
    before = network.views(right)
    changed = {name for name, now in network.named_gradients.items() if not np.array_equal(now, before[name])}
    verdicts = {check.verdict for check in checks if check.name in changed}
    if not verdicts:
        return "no effect"
    if "FAIL" in verdicts:
        return "caught"
    return "kinks" if verdicts == {"KINKS"} else "too small"
