"""Dropout: in training, each element is dropped with some probability and the others make up for it."""

import math

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Layer


class Dropout(Layer):
    """Compute out = x · mask / (1 − rate) in training, out = x otherwise.

    The mask is 0 with probability `rate`, else 1, for each element on its own; dividing by 1 − rate keeps the mean, so
    that nothing is to be done when the network is used. It is drawn from `noise`; None, as here at first, means that
    the network is not being trained. While `noise` is the same, so is the mask of a batch of the same shape: the loss
    is one function, whose gradient can be checked.
    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, JMLR 15 (2014), sections 4 and 10.
    """

    noise: np.random.SeedSequence | None = None
    first = 0
    """How many examples of the batch come before x: a part of a batch has its own part of the batch's mask."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"Dropout expects a rate of at least 0 and less than 1; got {rate}")
        self.rate = rate
        self.mask: Array | None = None
        """What the last x was multiplied by; None for 1."""

    def forward(self, x: Array) -> Array:
        """Return x · mask / (1 − rate) in the layer's own buffer, or x itself when the network is not being trained."""
        if self.noise is None:
            self.mask = None
            return x
        # The draws are float32 for every dtype: half the work, and a copy in another precision drops the same elements.
        draws = self.buffer("draws", x.shape, np.float32)
        self._generator(self.first * math.prod(x.shape[1:])).random(dtype=np.float32, out=draws)
        self.mask = np.greater_equal(draws, self.rate, out=self.buffer("mask", x.shape, x.dtype))
        self.mask *= 1 / (1 - self.rate)
        return np.multiply(x, self.mask, out=self.buffer("out", x.shape, x.dtype))

    def _generator(self, skipped: int) -> np.random.Generator:
        """Return the generator of the draws that follow so many: each step of PCG64 makes two float32s."""
        bits = np.random.PCG64(self.noise)
        generator = np.random.Generator(bits.advance(skipped // 2) if skipped else bits)
        if skipped % 2:
            generator.random(dtype=np.float32)
        return generator

    def backward(self, dout: Array) -> Array:
        """Return dout · mask / (1 − rate) in the layer's own buffer, or dout itself after a forward without a mask."""
        if self.mask is None:
            return dout
        return np.multiply(dout, self.mask, out=self.buffer("dx", dout.shape, dout.dtype))
