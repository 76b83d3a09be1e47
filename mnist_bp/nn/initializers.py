"""Initial weights: functions of a Generator, a shape, fan-in and fan-out."""

import numpy as np

from mnist_bp.nn.buffers import Array
from mnist_bp.nn.layers import Initializer, Shape


def normal(weight_init_std: float) -> Initializer:
    """Return an initializer that draws from N(0, weight_init_std²)."""
    return lambda rng, shape, fan_in, fan_out: rng.normal(0, weight_init_std, shape)


def xavier(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Draw from N(0, 2 / (fan_in + fan_out)): the variance is kept in both directions.

    Source: Glorot & Bengio, AISTATS (2010), equation 12.
    """
    return rng.normal(0, np.sqrt(2 / (fan_in + fan_out)), shape)


def he(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Draw from N(0, 2 / fan_in): the variance is kept through a ReLU.

    Source: He, Zhang, Ren & Sun, ICCV (2015), equation 10.
    """
    return rng.normal(0, np.sqrt(2 / fan_in), shape)


def zeros(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Draw nothing: all units of a layer start, and with an equal gradient stay, the same.

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 8.4, on why symmetry must be broken.
    """
    return np.zeros(shape)
