"""The checker is itself checked: it passes what is right and catches what is not."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn import gradcheck
from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.initializers import he
from mnist_bp.nn.layers import Affine, Layer
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network

MODES = ["full", "sample", "directional"]


def network(activation: Layer) -> Network:
    net = Network([Affine(6, 5), activation, Affine(5, 3)], SoftmaxCrossEntropy(), "float64")
    net.initialize(he, np.random.default_rng(0))
    return net


def checked(net: Network, mode: str, rng: np.random.Generator) -> list[gradcheck.TensorCheck]:
    x, t = rng.standard_normal((8, 6)), rng.integers(0, 3, 8)
    return list(gradcheck.check(net, x, t, mode=mode, rng=rng, advance=lambda count: None))


@pytest.mark.parametrize("mode", MODES)
def test_a_right_gradient_passes_in_every_mode(mode: str, rng: np.random.Generator) -> None:
    checks = checked(network(Sigmoid()), mode, rng)
    assert [check.name for check in checks] == ["W1", "b1", "W2", "b2"]
    assert all(check.passed for check in checks)
    assert max(check.max_abs for check in checks) < 1e-10


def test_full_mode_checks_every_parameter(rng: np.random.Generator) -> None:
    net = network(Sigmoid())
    assert sum(check.checked for check in checked(net, "full", rng)) == net.parameters.size


BUGS: dict[str, Callable[[Affine], Callable[[Array], None]]] = {
    "a sign": lambda layer: lambda dout: np.negative(layer._x.T @ dout, out=layer.dW),
    "a factor of 1 + 1e-3": lambda layer: lambda dout: np.multiply(layer._x.T @ dout, 1.001, out=layer.dW),
    "a missing 1/N": lambda layer: lambda dout: np.multiply(layer._x.T @ dout, len(dout), out=layer.dW),
    "an off-by-one row": lambda layer: lambda dout: np.matmul(np.roll(layer._x, 1, axis=0).T, dout, out=layer.dW),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_planted_bug_fails_in_its_tensor_and_in_no_other(
    bug: Callable[[Affine], Callable[[Array], None]], mode: str, rng: np.random.Generator
) -> None:
    net = network(Sigmoid())
    first = net.layers[0]
    assert isinstance(first, Affine)
    right, wrong = first.parameter_gradients, bug(first)

    def planted(dout: Array) -> None:
        right(dout)
        wrong(dout)

    first.parameter_gradients = planted  # type: ignore[method-assign]  # that is the point
    assert {check.name: check.passed for check in checked(net, mode, rng)} == {
        "W1": False, "b1": True, "W2": True, "b2": True,
    }  # fmt: skip


def test_one_wrong_element_is_found_and_named(rng: np.random.Generator) -> None:
    net = network(Sigmoid())
    first = net.layers[0]
    assert isinstance(first, Affine)
    right = first.parameter_gradients

    def planted(dout: Array) -> None:
        right(dout)
        first.dW[4, 2] += 1e-4

    first.parameter_gradients = planted  # type: ignore[method-assign]  # that is the point
    worst = checked(net, "full", rng)[0]
    assert not worst.passed
    assert worst.worst == (4, 2)
    assert worst.backprop - worst.numerical == pytest.approx(1e-4, rel=1e-4)
    assert worst.max_abs == pytest.approx(1e-4, rel=1e-4)


def test_a_probe_across_a_kink_is_counted_and_not_judged() -> None:
    """One unit lies 1e-6 from ReLU's kink, within the step of 1e-5: its bias and its weight cross, no more."""
    net = Network([Affine(1, 2), ReLU(), Affine(2, 2)], SoftmaxCrossEntropy(), "float64")
    net.named_parameters["W1"][...] = [[1.0, 2.0]]
    net.named_parameters["b1"][...] = [-1.0 + 1e-6, 0.5]
    net.named_parameters["W2"][...] = [[1.0, -1.0], [0.5, 2.0]]
    checks = list(
        gradcheck.check(
            net, np.ones((1, 1)), np.array([0]), mode="full", rng=np.random.default_rng(0), advance=lambda count: None
        )
    )
    assert [(check.name, check.checked, check.kinks) for check in checks] == [
        ("W1", 1, 1), ("b1", 1, 1), ("W2", 4, 0), ("b2", 2, 0),
    ]  # fmt: skip
    assert all(check.passed for check in checks)


def test_nan_does_not_pass(rng: np.random.Generator) -> None:
    net = network(Sigmoid())
    net.named_parameters["W2"][0, 0] = np.nan
    assert not any(check.passed for check in checked(net, "full", rng))


@pytest.mark.parametrize("mode", MODES)
def test_progress_is_told_as_many_probes_as_are_announced(mode: str, rng: np.random.Generator) -> None:
    net = network(Sigmoid())
    told: list[int] = []
    x, t = rng.standard_normal((8, 6)), rng.integers(0, 3, 8)
    list(gradcheck.check(net, x, t, mode=mode, rng=rng, advance=told.append))
    assert sum(told) == gradcheck.probes(net, mode)


def test_a_tensor_of_which_every_probe_crosses_a_kink_does_not_pass() -> None:
    """With W1 = b1 = 0 every unit lies on ReLU's kink, so that nothing of the first layer can be compared."""
    net = network(ReLU())
    net.named_parameters["W1"][...] = 0
    checks = checked(net, "full", np.random.default_rng(0))
    assert [(check.name, check.checked, check.passed) for check in checks[:2]] == [("W1", 0, False), ("b1", 0, False)]


def test_a_large_loss_is_granted_the_rounding_that_it_brings(rng: np.random.Generator) -> None:
    """Weights of 30 make a loss of about 1000, whose differences are rounded 1000 times as coarsely."""
    net = network(Sigmoid())
    net.named_parameters["W2"][...] *= 3000
    checks = checked(net, "full", rng)
    assert checks[0].atol > 100 * gradcheck.ATOL
    assert all(check.passed for check in checks)
