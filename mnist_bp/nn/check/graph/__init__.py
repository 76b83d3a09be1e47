"""A computational graph: an oracle for the fused layers that shares no code with them."""

from mnist_bp.nn.check.graph.composed import (
    affine,
    average_pool,
    binary_cross_entropy,
    convolution,
    cross_entropy,
    flatten,
    half_squared_error,
    leaky_relu,
    max_pool,
    mean_squared_error,
    relu,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    softplus,
    tanh,
)
from mnist_bp.nn.check.graph.drawing import dot
from mnist_bp.nn.check.graph.functions import exp, expm1, log, log1p, maximum, pad
from mnist_bp.nn.check.graph.nodes import Node, backward, gradients, lift, variable

__all__ = [
    "Node",
    "affine",
    "average_pool",
    "backward",
    "binary_cross_entropy",
    "convolution",
    "cross_entropy",
    "dot",
    "exp",
    "expm1",
    "flatten",
    "gradients",
    "half_squared_error",
    "leaky_relu",
    "lift",
    "log",
    "log1p",
    "max_pool",
    "maximum",
    "mean_squared_error",
    "pad",
    "relu",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "tanh",
    "variable",
]
