"""Initial weights: functions of a Generator and a shape (fan_in, fan_out)."""

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Initializer, Shape


def normal(std: float) -> Initializer:
    """Return an initializer that draws from N(0, std²)."""
    return lambda rng, shape: rng.normal(0, std, shape)


def xavier(rng: np.random.Generator, shape: Shape) -> Array:
    """Draw from N(0, 2 / (fan_in + fan_out)): the variance is kept in both directions.

    Source: Glorot & Bengio, AISTATS (2010), equation 12.
    """
    return rng.normal(0, np.sqrt(2 / sum(shape)), shape)


def he(rng: np.random.Generator, shape: Shape) -> Array:
    """Draw from N(0, 2 / fan_in): the variance is kept through a ReLU.

    Source: He, Zhang, Ren & Sun, ICCV (2015), equation 10.
    """
    return rng.normal(0, np.sqrt(2 / shape[0]), shape)
