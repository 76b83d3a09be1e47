"""The book's class: one hidden sigmoid layer and a softmax, with its gradient computed both ways."""

import numpy as np
import numpy.typing as npt

from mnist_bp.nn.activations import Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import finite_differences as differences
from mnist_bp.nn.initializers import normal
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network


class TwoLayerNet(Network):
    """Affine – sigmoid – affine, trained by softmax cross-entropy.

    Weights start from N(0, weight_init_std²), biases at zero. `params`, `predict`, which gives logits, `loss` and
    `accuracy` are the network's own. Targets are classes, (N,), or one-hot rows, (N, K).
    Source: Saito, Deep Learning from Scratch (2016), chapters 4 and 5.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        *,
        seed: int | np.random.Generator = 0,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        layers = [Affine(input_size, hidden_size), Sigmoid(), Affine(hidden_size, output_size)]
        super().__init__(layers, SoftmaxCrossEntropy(), dtype)
        self.initialize(normal(weight_init_std), np.random.default_rng(seed))

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        """Return the gradient of the loss on a batch by backprop, as fresh arrays W1, b1, W2, b2."""
        self.backprop(x, t)
        return self._copied_gradients()

    def numerical_gradient(self, x: Array, t: Array) -> dict[str, Array]:
        """Return the same gradient by central differences, which are taken in float64 whatever the net's dtype."""
        differences.differentiate(self, x, t)
        return self._copied_gradients()

    def _copied_gradients(self) -> dict[str, Array]:
        return {name: gradient.copy() for name, gradient in self.named_gradients.items()}
