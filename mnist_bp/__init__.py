"""Small neural networks on MNIST, from scratch on NumPy, with gradients that prove themselves."""

__version__ = "0.1.0"
