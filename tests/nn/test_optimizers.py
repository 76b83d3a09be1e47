"""Update rules, one whole step worked out by hand."""

import numpy as np

from mnist_bp.nn.optimizers import SGD


def test_sgd_goes_against_the_gradient() -> None:
    """θ = [1, −2], gradient [10, −20], rate 0.1: θ − 0.1·gradient = [0, 0]; then gradient [1, 0] gives [−0.1, 0]."""
    parameters, gradients = np.array([1.0, -2.0]), np.array([10.0, -20.0])
    optimizer = SGD(parameters, gradients, learning_rate=0.1)
    optimizer.step()
    np.testing.assert_allclose(parameters, [0.0, 0.0], atol=1e-15)

    gradients[...] = 1.0, 0.0
    optimizer.step()
    np.testing.assert_allclose(parameters, [-0.1, 0.0], atol=1e-15)
    np.testing.assert_array_equal(gradients, [1.0, 0.0])


def test_sgd_finds_the_minimum_of_the_books_function() -> None:
    """f(x) = x0² + x1² from (−3, 4), rate 0.1, 100 steps: each coordinate shrinks by 0.8 a step, to 1e-10 of itself."""
    x = np.array([-3.0, 4.0])
    gradient = np.empty(2)
    optimizer = SGD(x, gradient, learning_rate=0.1)
    for _ in range(100):
        gradient[...] = 2 * x
        optimizer.step()
    np.testing.assert_allclose(x, np.array([-3.0, 4.0]) * 0.8**100, rtol=1e-12)
