"""What training minimises: a loss is one number over a mini-batch, and differentiates exactly what it computes.

The contract: `forward(outputs, t)` returns the loss; `backward()` returns its gradient with respect to the outputs of
the last forward, in the loss's own buffer; `correct(outputs, t)` counts the examples that are classified correctly.
"""

import numpy as np

from mnist_bp.nn.buffers import Array, Buffers


class SoftmaxCrossEntropy(Buffers):
    """Mean over the batch of −log softmax(z)[t], from the logits z by log-sum-exp.

        loss = 1/N Σ_n ( log Σ_k exp(z[n, k]) − z[n, t[n]] )      dz = (softmax(z) − onehot(t)) / N

    Shapes: z (N, K), any finite values; t (N,), integer classes 0 … K−1.
    The largest logit of each row is subtracted first: it changes no value and keeps exp from overflowing.
    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.3.
    """

    def forward(self, outputs: Array, t: Array) -> float:
        """Return the mean loss over the batch; raises ValueError if t is not of shape (N,)."""
        if t.shape != outputs.shape[:1]:
            raise ValueError(
                f"softmax cross-entropy expects t of shape ({len(outputs)},), class indices; got {t.shape}"
            )
        self._t, self._rows = t, np.arange(len(t))
        largest = np.max(outputs, axis=1, keepdims=True, out=self.buffer("largest", (len(t), 1), outputs.dtype))
        shifted = np.subtract(outputs, largest, out=self.buffer("shifted", outputs.shape, outputs.dtype))
        self._exp = np.exp(shifted, out=self.buffer("exp", outputs.shape, outputs.dtype))
        self._sum = np.sum(self._exp, axis=1, keepdims=True, out=self.buffer("sum", (len(t), 1), outputs.dtype))
        return float(np.mean(np.log(self._sum[:, 0]) - shifted[self._rows, t]))

    def backward(self) -> Array:
        """Return (softmax(z) − onehot(t)) / N."""
        dz = np.divide(self._exp, self._sum, out=self.buffer("dz", self._exp.shape, self._exp.dtype))
        dz[self._rows, self._t] -= 1
        dz /= len(dz)
        return dz

    def correct(self, outputs: Array, t: Array) -> int:
        """Count the examples whose largest logit is that of their class."""
        return int(np.count_nonzero(outputs.argmax(axis=1) == t))
