"""The check of a layer by itself: its backward against finite differences of its forward, and what else it may not do.

The objective is Σ dout · forward(x), for a dout drawn at random: its gradient with respect to x is what backward(dout)
is to return, and those with respect to the parameters are what it is to leave in dW, db, ….
"""

import copy
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check.gradcheck import TOLERANCES, Places, Probes, TensorCheck, compare, quietly
from mnist_bp.nn.check.numerical import STEP, extrapolated_derivative
from mnist_bp.nn.check.verdict import Report


@dataclass(frozen=True)
class LayerReport(Report):
    """What was found in a layer: a row for x and for each parameter, and `faults`, what it does wrong besides."""

    faults: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        """FAIL for a fault as for a wrong derivative."""
        return "FAIL" if self.faults else super().verdict

    @property
    def conclusion(self) -> str:
        """A line for each fault, and the verdict."""
        return "\n".join([*self.faults, super().conclusion])

    def __str__(self) -> str:
        """Return the table."""
        return self.table()


@quietly()
def check_layer(layer: object, x: npt.ArrayLike, *, seed: int = 0) -> LayerReport:
    """Compare each element of dx and of the parameters' gradients with an extrapolated central difference, in float64.

    `layer` is an object with `forward` and `backward`, or the pair (forward, backward); a backward of two arguments is
    given dout and x. A copy of it is checked. Its parameters are those in `shapes` if it keeps this package's contract,
    at random values unless it is bound; of any other object, each array W for which backward leaves an array dW.
    `seed` draws dout and these values. Where the slopes left and right of an element differ, it is counted as a kink.

    Raises TypeError if there is no such layer or x does not hold real numbers; ValueError if they are not finite.
    """
    x = _numbers("x", x).astype(np.float64)
    if not np.isfinite(x).all():
        raise ValueError("expected an x of finite numbers; got NaN or infinity")
    trial = _Trial(layer, x, np.random.default_rng(seed))
    gradients = trial.gradients()
    rows = [trial.row(name, gradient) for name, gradient in gradients.items()]
    return LayerReport("full", len(np.atleast_1d(x)), {"numerical": rows} if rows else {}, [*trial.faults])


class _Trial:
    """A copy of a layer, its x and the dout of its objective; `faults`, in order, are what it was seen doing wrong."""

    def __init__(self, layer: object, x: Array, rng: np.random.Generator) -> None:
        self.faults: dict[str, None] = {}
        self._forward, self._backward = _copied(layer)
        self._owner: Any = self._forward.__self__ if inspect.ismethod(self._forward) else None
        contract = hasattr(self._owner, "shapes") and hasattr(self._owner, "bind")
        own = _bound(self._owner, rng) if contract else _floats(self._owner)
        given = x.copy()
        out = _numbers("the result of forward", self._forward(given))
        self._expect(given, x, "forward writes to x at {}: that is the caller's; write to a copy")
        if out.dtype != np.float64:
            self._blame(f"expected forward to return float64, as x is; got {out.dtype}")
        self._expect(np.isfinite(out), np.ones(out.shape, np.bool_), "forward returns NaN or infinity at {}")
        self._out = out.astype(np.float64)
        self._dout = rng.standard_normal(out.shape)
        before = copy.deepcopy(own)
        self._forward((x + x.mean()) / 2)  # another x, in the range of x: it leaves parameters alone, and only them
        self._tensors = {"x": x} | {
            name: array
            for name, array in own.items()
            if contract or (getattr(self._owner, name) is array and np.array_equal(array, before[name]))
        }

    def gradients(self) -> dict[str, Array]:
        """Return what backward finds for x and for each parameter, of those for which it finds anything of use."""
        first, again = self._backpropagated(), self._backpropagated()
        for name, gradient in first.items():
            other = again.get(name, np.array(np.nan))
            self._expect(
                other, gradient, f"d{name} changes at {{}} when backward is called again: overwrite it, do not add"
            )
        return first

    def row(self, name: str, gradient: Array) -> TensorCheck:
        """Compare a gradient with the finite differences."""
        tensor = self._tensors[name]
        atol, rtol = TOLERANCES["numerical"]
        terms = self._dout * self._out
        atol *= max(1.0, float(np.linalg.norm(terms[np.isfinite(terms)])))  # rounding adds up as random numbers do
        slopes = [self._slope(tensor, index) for index in np.ndindex(tensor.shape)]
        n, doubt = np.array(slopes).T
        probes = Probes(name, Places.everywhere(tensor.shape), n, doubt > atol + rtol * np.abs(n))
        return compare("numerical", probes, gradient, atol, rtol)

    def _slope(self, tensor: Array, index: tuple[int, ...]) -> tuple[float, float]:
        """Return the derivative with respect to an element, and how much its neighbourhood casts doubt on it.

        A smooth function has nearly one slope within the step. A kink shows in how much the central difference changes
        from step h to h/2, or, if it lies in the middle, in a bend between left and right that does not halve with h.
        """
        start = tensor[index]
        values: list[float] = []

        def objective(element: float) -> float:
            tensor[index] = element
            # Outputs that do not depend on the element cancel before they are rounded.
            values.append(float(np.vdot(self._dout, np.asarray(self._forward(self._tensors["x"].copy())) - self._out)))
            return values[-1]

        slope = extrapolated_derivative(objective, float(start))
        tensor[index] = start
        right, left, near_right, near_left = values
        drift = (right - left) / (2 * STEP) - (near_right - near_left) / STEP
        bend = (right + left) / STEP - 2 * (near_right + near_left) / (STEP / 2)
        return slope, max(abs(drift), abs(bend))

    def _backpropagated(self) -> dict[str, Array]:
        """Return copies of dx and of each parameter's gradient after a forward and a backward."""
        x = self._tensors["x"]
        given, dout = x.copy(), self._dout.copy()
        out = np.array(self._forward(given))
        self._expect(out, self._out, "forward gives another result at {} when called again: hold what is random fixed")
        held = given.copy()
        found = {"x": self._backward(dout, given)}
        self._expect(dout, self._dout, "backward writes to dout at {}: that is the caller's; write to a copy")
        self._expect(given, held, "backward writes to x at {}: that is the caller's; write to a copy")
        names = [name for name in self._tensors if hasattr(self._owner, f"d{name}")]
        found |= {name: getattr(self._owner, f"d{name}") for name in names}
        for name, gradient in found.items():
            if np.shape(gradient) != self._tensors[name].shape:
                got = "None" if gradient is None else np.shape(gradient)
                self._blame(f"expected d{name} to have the shape of {name}, {self._tensors[name].shape}; got {got}")
        return {
            name: np.array(gradient, np.float64)
            for name, gradient in found.items()
            if np.shape(gradient) == self._tensors[name].shape and gradient is not None
        }

    def _expect(self, got: Array, expected: Array, fault: str) -> None:
        """Note a fault, and its first place, if arrays differ by more than sums that are rounded in another order."""
        differ = ~np.isclose(got, expected, rtol=1e-9, atol=1e-12, equal_nan=True)
        if differ.any():
            self._blame(fault.format(np.argwhere(differ)[0].tolist()))

    def _blame(self, fault: str) -> None:
        self.faults[fault] = None


def _numbers(what: str, given: npt.ArrayLike) -> Array:
    """Return a new array; raises TypeError if it does not hold real numbers."""
    numbers = np.array(given)
    if numbers.dtype.kind not in "iuf" or not numbers.size:
        raise TypeError(f"expected {what} to be an array of numbers; got {numbers.dtype} of shape {numbers.shape}")
    return numbers


def _copied(layer: object) -> tuple[Callable[[Array], Any], Callable[[Array, Array], Any]]:
    """Return forward(x) and backward(dout, x) of a copy of the layer."""
    pair: Any = layer
    if not isinstance(layer, tuple):
        pair = getattr(layer, "forward", None), getattr(layer, "backward", None)
    if isinstance(layer, type) or len(pair) != 2 or not all(map(callable, pair)):
        kind = f"the class {layer.__name__} itself" if isinstance(layer, type) else repr(layer)
        raise TypeError(f"expected an object with forward and backward, or a pair of such functions; got {kind}")
    forward, backward = copy.deepcopy(pair)  # of methods too: with the one object that is theirs
    needed = [each for each in inspect.signature(backward).parameters.values() if each.default is each.empty]
    return forward, backward if len(needed) > 1 else lambda dout, _: backward(dout)


def _bound(owner: Any, rng: np.random.Generator) -> dict[str, Array]:
    """Bind a layer of this package to float64 parameters, which are returned, and to gradients that are no zeros."""
    drawn = {name: rng.standard_normal(shape) for name, shape in owner.shapes.items()}
    parameters = {name: np.array(getattr(owner, name, values), np.float64) for name, values in drawn.items()}
    owner.bind(parameters, {name: np.ones_like(values) for name, values in parameters.items()})
    return parameters


def _floats(owner: object) -> dict[str, Array]:
    """Make all arrays of any other object float64, and return them: its parameters are among them."""
    held = getattr(owner, "__dict__", {})
    arrays = {
        name: np.asarray(value, np.float64)
        for name, value in held.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }
    held.update(arrays)
    return arrays
