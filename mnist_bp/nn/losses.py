"""What training minimises: a loss is one number over a mini-batch, and differentiates exactly what it computes.

The contract, for outputs (N, K) and targets t: `each(outputs, t)` returns the loss of every example, (N,), `forward`
their mean, and `backward()` the gradient of that mean with respect to the outputs of the last `each` or `forward`; the
arrays are the loss's own buffers. `correct(outputs, t)` counts the examples that are classified correctly. t holds
classes 0 … K−1, (N,), or, for K = 1, answers 0 or 1; or the numbers, (N, K), that the outputs are compared with, such
as one-hot rows. A loss never writes to outputs or t. It may keep them until backward, and the caller leaves them alone
until then.
"""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.activations import Sigmoid, log_one_plus_exp_of_minus_abs
from mnist_bp.nn.buffers import Array, Buffers
from mnist_bp.nn.softmax import Softmax
from mnist_bp.nn.targets import distribution, numbers


class Loss(Buffers, ABC):
    """The contract above."""

    yes = 0.5
    """Above this, a single output says 1, below it 0."""

    @abstractmethod
    def each(self, outputs: Array, t: Array) -> Array:
        """Return the loss of every example, (N,); raises ValueError if t does not fit the outputs."""

    @abstractmethod
    def backward(self) -> Array:
        """Return the gradient of the mean loss with respect to the outputs, (N, K), in the loss's own buffer."""

    def forward(self, outputs: Array, t: Array) -> float:
        """Return the mean loss over the batch; raises ValueError if there is none, or t does not fit the outputs."""
        if not len(outputs):
            raise ValueError("expected a batch of one example or more; got none")
        return float(np.add.reduce(self.each(outputs, t))) / len(outputs)

    def correct(self, outputs: Array, t: Array) -> int:
        """Count the examples whose largest output is that of their class; a single output says yes or no.

        Targets that are numbers, (N, K), stand for a class in the same way.
        """
        answers = self._answers("answers", outputs, self.yes)
        truth = t if t.ndim == 1 else self._answers("truth", t, Loss.yes)
        return int(np.count_nonzero(np.equal(answers, truth, out=self.buffer("right", truth.shape, np.bool_))))

    def answers(self, outputs: Array) -> Array:
        """Return the class that each row of outputs stands for, as `correct` takes it, in a new array of integers."""
        return self._answers("answers", outputs, self.yes).astype(np.intp)

    def probabilities(self, outputs: Array) -> Array:
        """Return the probability of each class, as a new array; a loss whose outputs are none returns these."""
        return outputs.copy()

    def _answers(self, name: str, rows: Array, yes: float) -> Array:
        """Return the class, (N,), that each row of (N, K) stands for."""
        if rows.shape[1] == 1:
            return np.greater(rows[:, 0], yes, out=self.buffer(name, rows.shape[:1], np.bool_))
        return rows.argmax(axis=1, out=self.buffer(name, rows.shape[:1], np.intp))


class SoftmaxCrossEntropy(Loss):
    """Mean over the batch of −Σ_k q[k] log softmax(z)[k], from the logits z by log-sum-exp.

        loss_n = log Σ_k exp(z[n, k]) − Σ_k q[n, k] z[n, k]      dz = (softmax(z) − q) / N

    where q = (1 − ε) t + ε / K, a class in t being a one-hot row; the label smoothing ε is 0 unless given.
    Shapes: z (N, K), K ≥ 2, of which no two differ by more than the largest float; t (N,), integer classes 0 … K−1, or
    (N, K), probabilities.
    The largest logit of each row is subtracted first: it changes no value and keeps exp from overflowing.
    Sources: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.3; label smoothing: Szegedy, Vanhoucke,
    Ioffe, Shlens & Wojna, CVPR (2016), section 7.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__()
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"expected a label smoothing of at least 0 and less than 1; got {label_smoothing}")
        self.label_smoothing = label_smoothing

    def each(self, outputs: Array, t: Array) -> Array:
        """Return the loss of every example; raises ValueError if t does not fit, or unless K is 2 or more."""
        # From here on a row is an output, (K, N), so that sums over the outputs are sums of rows.
        shifted, self._exp, self._q, self._dz = self.buffer("outputs", (4, *outputs.shape[::-1]), outputs.dtype)
        largest, self._sum, losses = self.buffer("examples", (3, len(outputs)), outputs.dtype)
        distribution(t, self._q.T)
        if self.label_smoothing:
            self._q *= 1 - self.label_smoothing
            self._q += self.label_smoothing / len(self._q)
        np.copyto(shifted, outputs.T)
        shifted -= np.maximum.reduce(shifted, axis=0, out=largest)
        np.exp(shifted, out=self._exp)
        np.add.reduce(self._exp, axis=0, out=self._sum)
        shifted *= self._q
        each: Array = np.log(self._sum, out=losses)
        each -= np.add.reduce(shifted, axis=0, out=largest)
        return each

    def backward(self) -> Array:
        """Return (softmax(z) − q) / N, one output after another in memory."""
        np.divide(self._exp, self._sum, out=self._dz)
        self._dz -= self._q
        dz: Array = np.divide(self._dz, len(self._sum), out=self._dz)
        return dz.T

    def probabilities(self, outputs: Array) -> Array:
        """Return softmax(z), (N, K)."""
        return Softmax().forward(outputs)


class CrossEntropy(Loss):
    """Mean over the batch of −Σ_k q[k] log(y[k] + ε), from probabilities y such as a softmax's, with ε = 1e-7.

        loss_n = −Σ_k q[n, k] log(y[n, k] + ε)      dy = −q / (y + ε) / N

    The ε keeps the logarithm of a probability of 0 finite; from logits, SoftmaxCrossEntropy needs none.
    Shapes: y (N, K), K ≥ 2, numbers of 0 or more; t (N,), classes, or (N, K), probabilities q.
    Source: Saito, Deep Learning from Scratch (2016), section 4.2.
    """

    epsilon = 1e-7

    def each(self, outputs: Array, t: Array) -> Array:
        """Return the loss of every example; raises ValueError if t does not fit, K is 1, or y is below 0."""
        self._q = distribution(t, self.like("q", outputs))
        if outputs.min() < 0:
            raise ValueError(f"cross-entropy expects probabilities, 0 or more; got {outputs.min()}")
        self._y = np.add(outputs, self.epsilon, out=self.like("y", outputs))
        logarithms = np.log(self._y, out=self.like("logarithms", outputs))
        logarithms *= self._q
        losses = np.add.reduce(logarithms, axis=1, out=self.buffer("each", logarithms.shape[:1], logarithms.dtype))
        return np.negative(losses, out=losses)

    def backward(self) -> Array:
        """Return −q / (y + ε) / N."""
        dy: Array = np.divide(self._q, self._y, out=self.like("dy", self._y))
        dy /= -len(dy)
        return dy


def cross_entropy_error(y: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """Return the mean CrossEntropy of probabilities y: the book's function, for a batch or a single example.

    Shapes: y (N, K) with t (N,), classes, or (N, K), one-hot rows; or y (K,) with t a class, or (K,), a one-hot row.
    Raises ValueError if t does not fit.
    """
    y, t = np.asarray(y), np.asarray(t)
    if y.ndim not in (1, 2):
        raise ValueError(f"expected y of shape (K,) or (N, K); got {y.shape}")
    if y.ndim == 1:
        y, t = y[None], t[None]
    return CrossEntropy().forward(y.astype(np.result_type(y, np.float32), copy=False), t)


class BinaryCrossEntropy(Loss):
    """Mean over examples and outputs of −t log σ(z) − (1 − t) log(1 − σ(z)), from the logits z.

        loss_n = 1/K Σ_k max(z, 0) − z t + log(1 + exp(−|z|))      dz = (σ(z) − t) / (N K)

    which is the same and overflows nowhere: each output is a yes or no of its own.
    Shapes: z (N, K), any finite values; t (N,), classes, or (N, K), probabilities 0 … 1.
    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.2.
    """

    yes = 0.0

    def __init__(self) -> None:
        super().__init__()
        self._sigmoid = Sigmoid()

    def each(self, outputs: Array, t: Array) -> Array:
        """Return the loss of every example; raises ValueError if t does not fit or is not within 0 … 1."""
        self._z, self._t = outputs, numbers(t, self.like("t", outputs))
        if not (self._t.min() >= 0 and self._t.max() <= 1):  # nor if there is NaN
            raise ValueError(f"binary cross-entropy expects targets from 0 to 1; got {self._t.min()} … {self._t.max()}")
        losses = np.maximum(outputs, 0, out=self.like("losses", outputs))
        losses -= np.multiply(outputs, self._t, out=self.like("z t", outputs))
        losses += log_one_plus_exp_of_minus_abs(outputs, self.like("rest", outputs))
        return np.mean(losses, axis=1, out=self.buffer("each", losses.shape[:1], losses.dtype))

    def backward(self) -> Array:
        """Return (σ(z) − t) / (N K)."""
        dz: Array = self._sigmoid.function(self._z, self.like("dz", self._z))
        dz -= self._t
        dz /= dz.size
        return dz

    def probabilities(self, outputs: Array) -> Array:
        """Return σ(z), (N, K), each a yes of its own; for K = 1, the probabilities of no and yes, (N, 2)."""
        yes = Sigmoid().function(outputs, np.empty_like(outputs))
        return yes if outputs.shape[1] > 1 else np.hstack([1 - yes, yes])


class SquaredError(Loss):
    """Mean over examples of w Σ_k (z − t)², with a weight w that the class's name tells.

        loss_n = w Σ_k (z[n, k] − t[n, k])²      dz = 2 w (z − t) / N

    Shapes: z (N, K), any values; t (N,), classes, or (N, K), any numbers.
    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 5.2.
    """

    @abstractmethod
    def weight(self, count: int) -> float:
        """Return w for so many outputs."""

    def each(self, outputs: Array, t: Array) -> Array:
        """Return the loss of every example; raises ValueError if t does not fit."""
        targets = numbers(t, self.like("t", outputs))
        self._difference: Array = np.subtract(outputs, targets, out=self.like("difference", outputs))
        square = np.square(self._difference, out=self.like("square", outputs))
        losses = np.add.reduce(square, axis=1, out=self.buffer("each", square.shape[:1], square.dtype))
        losses *= self.weight(outputs.shape[1])
        return losses

    def backward(self) -> Array:
        """Return 2 w (z − t) / N."""
        count, outputs = self._difference.shape
        scale = 2 * self.weight(outputs) / count
        dz: Array = np.multiply(self._difference, scale, out=self.like("dz", self._difference))
        return dz


class MeanSquaredError(SquaredError):
    """Mean over examples and outputs of (z − t)²: w = 1 / K."""

    def weight(self, count: int) -> float:
        """Return 1 / K."""
        return 1 / count


class HalfSquaredError(SquaredError):
    """Mean over examples of ½ Σ_k (z − t)²: w = ½, for a gradient of z − t."""

    def weight(self, count: int) -> float:
        """Return ½."""
        return 0.5
