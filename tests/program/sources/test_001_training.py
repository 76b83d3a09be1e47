"""001: the book's TwoLayerNet, its two gradients, and its training."""

from pathlib import Path

import numpy as np
import pytest

from mnist_bp.config import load
from mnist_bp.nn.activations import Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.losses import CrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.softmax import Softmax
from mnist_bp.nn.two_layer_net import TwoLayerNet
from tests.helpers.commands import rows, run

ROOT = Path(__file__).parents[3]
CONFIGS = ROOT / "configs"
SHAPES = {"W1": (784, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}
ONE_HOT = np.eye(10)[[5, 0, 4]]  # the targets of MNIST's first three images, on which the book compares its gradients


def test_the_two_layer_net_has_the_books_names_and_shapes() -> None:
    net = TwoLayerNet(input_size=784, hidden_size=50, output_size=10)
    assert {name: values.shape for name, values in net.params.items()} == SHAPES
    assert net.params["W1"].std() == pytest.approx(0.01, rel=0.02)  # of 39,200 draws, to 5 standard deviations
    assert not net.params["b1"].any()


def test_both_gradients_agree_as_the_books_do(rng: np.random.Generator) -> None:
    """The means of |difference|: the book prints 2.2e-13, 9.7e-13, 8.4e-13 and 1.2e-10, of images that are mostly 0."""
    net = TwoLayerNet(input_size=784, hidden_size=50, output_size=10)
    x = rng.random((3, 784))
    backprop, numerical = net.gradient(x, ONE_HOT), net.numerical_gradient(x, ONE_HOT)
    for name in SHAPES:
        assert abs(backprop[name] - numerical[name]).mean() < 2e-11


def test_a_softmax_layer_before_a_loss_of_probabilities_has_the_same_gradients(rng: np.random.Generator) -> None:
    """The book's chapter 4 writes them apart, its chapter 5 as one; apart, the 1e-7 in the logarithm counts too."""
    fused = TwoLayerNet(784, 50, 10)
    apart = Network([Affine(784, 50), Sigmoid(), Affine(50, 10), Softmax()], CrossEntropy(), "float64")
    apart.parameters[...] = fused.parameters
    x = rng.random((3, 784))
    apart.backprop(x, ONE_HOT)
    for name, expected in fused.gradient(x, ONE_HOT).items():
        np.testing.assert_allclose(apart.named_gradients[name], expected, rtol=1e-5, atol=1e-9)


def test_training_by_either_gradient_has_the_same_losses(small_config: Path) -> None:
    """Asked for: 1e-6. Differences err by 1e-11, and nothing amplifies that in 33 steps."""
    for gradient in ("backprop", "numerical"):
        options = ["--set", f"train.gradient={gradient}", "--set", "train.dtype=float64", "--out", gradient]
        assert run("train", "--config", small_config, *options).exit_code == 0
    for one, other in zip(rows("backprop"), rows("numerical"), strict=True):
        assert float(one["train_loss"]) == pytest.approx(float(other["train_loss"]), rel=1e-9)
        assert float(one["test_loss"]) == pytest.approx(float(other["test_loss"]), rel=1e-9)


def test_the_books_configs_have_the_books_numbers() -> None:
    book, numerical = load(CONFIGS / "book.yaml"), load(CONFIGS / "book-numerical.yaml")
    assert (book.model.hidden, book.model.activation, book.model.weight_init_std) == ((50,), "sigmoid", 0.01)
    train = book.train
    assert (train.batch_size, train.learning_rate, train.max_steps, train.sampling) == (100, 0.1, 10_000, "replacement")
    assert (numerical.model, numerical.train.gradient, numerical.train.batch_size) == (book.model, "numerical", 100)
