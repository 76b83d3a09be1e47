"""Elementwise layers: out and x have one shape, and dx = dout · f′(x).

Each is two lines of a table: f, and f′ as a function of f's value, so that x need not be kept.
"""

from abc import abstractmethod

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Layer


class Elementwise(Layer):
    """An activation function f, applied to every element on its own."""

    kinked = False
    """Whether f has a kink at x = 0, on the right of which f(x) > 0, and only there."""

    @abstractmethod
    def function(self, x: Array, out: Array) -> Array:
        """Write f(x) into `out`, which may be x itself, and return it; any shape, any finite x."""

    @abstractmethod
    def slope(self, out: Array, result: Array) -> Array:
        """Write f′(x) into `result` and return it, given out = f(x)."""

    def forward(self, x: Array) -> Array:
        """Return f(x) in the layer's own buffer."""
        self._out = self.function(x, self.like("out", x))
        return self._out

    def backward(self, dout: Array) -> Array:
        """Return dout · f′(x) in the layer's own buffer."""
        dx = self.slope(self._out, self.like("dx", self._out))
        dx *= dout
        return dx

    def kink_sides(self) -> Array | None:
        """Return x > 0, elementwise, for the last x; None for a smooth function."""
        return self._out > 0 if self.kinked else None


class Sigmoid(Elementwise):
    """Compute σ(x) = 1 / (1 + exp(−x)), with σ′ = σ (1 − σ).

    Where exp(−x) is too large for a float, σ is less than 1e-38; infinity in its place gives 0.
    Source: Rumelhart, Hinton & Williams, Nature 323 (1986), equation 2.
    """

    def function(self, x: Array, out: Array) -> Array:
        """Write σ(x)."""
        np.negative(x, out=out)
        with np.errstate(over="ignore"):
            np.exp(out, out=out)
        out += 1
        return np.reciprocal(out, out=out)

    def slope(self, out: Array, result: Array) -> Array:
        """Write out · (1 − out)."""
        np.subtract(1, out, out=result)
        result *= out
        return result


class ReLU(Elementwise):
    """Compute max(0, x). The derivative at the kink x = 0 is taken as 0.

    Source: Glorot, Bordes & Bengio, AISTATS (2011), section 3.
    """

    kinked = True

    def function(self, x: Array, out: Array) -> Array:
        """Write max(0, x)."""
        zero = self.like("zero", x, fill=0)
        return np.maximum(x, zero, out=out)  # np.maximum with a scalar is not vectorised

    def slope(self, out: Array, result: Array) -> Array:
        """Write 1 where x > 0, else 0."""
        return np.greater(out, 0, out=result)


class Tanh(Elementwise):
    """Compute tanh(x), with tanh′ = 1 − tanh².

    Source: LeCun, Bottou, Orr & Müller, Efficient BackProp (1998), section 4.4.
    """

    def function(self, x: Array, out: Array) -> Array:
        """Write tanh(x)."""
        return np.tanh(x, out=out)

    def slope(self, out: Array, result: Array) -> Array:
        """Write 1 − out²."""
        np.square(out, out=result)
        return np.subtract(1, result, out=result)


class LeakyReLU(Elementwise):
    """Compute x where x > 0, else a · x, with the slope a = `negative_slope`, also taken as derivative at x = 0.

    Source: Maas, Hannun & Ng, Rectifier nonlinearities improve neural network acoustic models, ICML workshop (2013),
    section 2.
    """

    kinked = True

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        if not 0 <= negative_slope < 1:
            raise ValueError(f"LeakyReLU expects a negative slope of at least 0 and less than 1; got {negative_slope}")
        self.negative_slope = negative_slope

    def function(self, x: Array, out: Array) -> Array:
        """Write max(x, a · x)."""
        return np.maximum(x, np.multiply(x, self.negative_slope, out=self.like("a x", x)), out=out)

    def slope(self, out: Array, result: Array) -> Array:
        """Write 1 where x > 0, else a."""
        np.greater(out, 0, out=result)
        return np.maximum(result, self.negative_slope, out=result)


class Softplus(Elementwise):
    """Compute log(1 + exp(x)), with the derivative σ(x) = 1 − exp(−out).

    It is taken as max(0, x) + log(1 + exp(−|x|)), in which no finite x overflows.
    Source: Dugas, Bengio, Bélisle, Nadeau & Garcia, NIPS 13 (2001).
    """

    def function(self, x: Array, out: Array) -> Array:
        """Write log(1 + exp(x))."""
        rest = log_one_plus_exp_of_minus_abs(x, self.like("rest", x))
        np.maximum(x, 0, out=out)
        out += rest
        return out

    def slope(self, out: Array, result: Array) -> Array:
        """Write 1 − exp(−out), of full relative accuracy also where out is small."""
        np.negative(out, out=result)
        np.expm1(result, out=result)
        return np.negative(result, out=result)


class Identity(Elementwise):
    """Compute x, with the derivative 1: a linear output unit.

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.1.
    """

    def function(self, x: Array, out: Array) -> Array:
        """Write x."""
        return np.positive(x, out=out)

    def slope(self, out: Array, result: Array) -> Array:
        """Write 1."""
        result[...] = 1
        return result


class Step(Elementwise):
    """Compute 1 where x > 0, else 0, as a perceptron does; NaN stays NaN.

    Its derivative is 0 wherever there is one, so that gradient descent would leave all that comes before it as it is:
    `backward` raises TypeError.
    Source: Rosenblatt, Psychological Review 65 (1958).
    """

    kinked = True  # more than that: it jumps

    def function(self, x: Array, out: Array) -> Array:
        """Write 1 where x > 0, else 0."""
        return np.heaviside(x, 0, out=out)

    def slope(self, out: Array, result: Array) -> Array:
        """Raise TypeError."""
        raise TypeError("a step function trains nothing: its derivative is 0; use Sigmoid, its smooth relative")


def log_one_plus_exp_of_minus_abs(x: Array, out: Array) -> Array:
    """Write log(1 + exp(−|x|)) into `out` and return it: what softplus adds to max(0, x)."""
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    return np.log1p(out, out=out)
