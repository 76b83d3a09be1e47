"""A planted bug changes the gradient of its tensor, and of no other, for as long as it is planted."""

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import gradcheck
from mnist_bp.nn.check.planted_bugs import BUGS, NO_BUG, Finding, hunt, planted, proven
from mnist_bp.nn.initializers import xavier
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network

WRONG: dict[str, list[list[float]]] = {  # what each bug makes of [[1, 2], [3, 4]] in a batch of 5
    "a flipped sign": [[-1, -2], [-3, -4]],
    "a factor of 1 + 1e-3": [[1.001, 2.002], [3.003, 4.004]],
    "a transposed matrix": [[1, 3], [2, 4]],
    "a missing 1/N": [[5, 10], [15, 20]],
    "an off-by-one row": [[3, 4], [1, 2]],
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_changes_a_gradient_as_its_name_says(bug: str) -> None:
    np.testing.assert_allclose(BUGS[bug](np.array([[1.0, 2.0], [3.0, 4.0]]), 5), WRONG[bug], rtol=1e-15)


@pytest.mark.parametrize("bug", BUGS)
@pytest.mark.parametrize("planted_in", [1, 2])
def test_a_bug_changes_its_own_tensor_alone_and_only_within_the_context(
    bug: str, planted_in: int, rng: np.random.Generator
) -> None:
    layers = [Affine(6, 5), Sigmoid(), Affine(5, 3)]
    net = Network(layers, SoftmaxCrossEntropy(), "float64")
    net.initialize(xavier, rng)
    x, t = rng.standard_normal((8, 6)), rng.integers(0, 3, 8)
    net.backprop(x, t)
    right = net.gradients.copy()
    layer = layers[2 * (planted_in - 1)]
    assert isinstance(layer, Affine)

    with planted(layer, bug):
        net.backprop(x, t)
    changed = {name for name, g in net.named_gradients.items() if not np.array_equal(g, net.views(right)[name])}
    net.backprop(x, t)

    assert changed == {f"W{planted_in}"}
    np.testing.assert_array_equal(net.gradients, right)


def test_kinks_hide_a_bug_from_finite_differences_and_not_from_the_graph(rng: np.random.Generator) -> None:
    """With all inputs positive, W1 = 0 and half the slopes in use, every step of W1 crosses ReLU's kink."""
    net = Network([Affine(3, 4), ReLU(), Affine(4, 2)], SoftmaxCrossEntropy(), "float64")
    net.initialize(xavier, rng)
    net.named_parameters["W1"][...] = 0
    net.named_parameters["b1"][...] = 1e-7
    x, t = rng.random((5, 3)) + 1, np.array([0, 1, 0, 1, 1])
    asked = {oracle: gradcheck.probe(net, x, t, oracle=oracle, mode="full", rng=rng) for oracle in gradcheck.ORACLES}
    outcomes = {(finding.tensor, finding.bug): finding.outcomes for finding in hunt(net, x, t, asked)}
    assert len(outcomes) == 2 * (1 + len(BUGS))
    assert outcomes["W1", "a flipped sign"] == {"numerical": "kinks", "graph": "caught"}
    assert outcomes["W2", "a flipped sign"] == {"numerical": "caught", "graph": "caught"}


def findings(**bugs: list[str]) -> list[Finding]:
    """Return what one oracle finds of each bug, tensor by tensor; by default, nothing is wrong without one."""
    bugs = (
        {NO_BUG: ["right", "right"]}
        | {name: outcomes for name, outcomes in bugs.items() if name != "none"}
        | ({NO_BUG: bugs["none"]} if "none" in bugs else {})
    )
    return [Finding(bug, f"W{i}", {"graph": seen}) for bug, outcomes in bugs.items() for i, seen in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("bugs", "trusted"),
    [
        ({"a": ["caught", "caught"], "b": ["too small", "caught"]}, True),
        ({"a": ["caught", "kinks"], "b": ["no effect", "no effect"]}, True),
        ({"a": ["caught", "caught"], "b": ["too small", "too small"]}, False),
        ({"a": ["caught", "caught"], "b": ["no effect", "kinks"]}, False),
        ({"a": ["no effect", "no effect"]}, False),
        ({"a": ["caught", "caught"], "none": ["right", "WRONG"]}, False),
    ],
)
def test_a_check_is_trusted_if_it_catches_every_bug_that_has_an_effect_and_nothing_else(
    bugs: dict[str, list[str]], trusted: bool
) -> None:
    assert proven(findings(**bugs)) == trusted


def test_a_backprop_that_is_wrong_without_a_planted_bug_is_not_trusted(rng: np.random.Generator) -> None:
    class Wrong(Affine):
        def parameter_gradients(self, dout: Array) -> None:
            super().parameter_gradients(1.001 * dout)

    x, t = rng.standard_normal((8, 6)), rng.integers(0, 3, 8)
    for kind, trusted in ((Affine, True), (Wrong, False)):
        net = Network([kind(6, 5), Sigmoid(), Affine(5, 3)], SoftmaxCrossEntropy(), "float64")
        net.initialize(xavier, np.random.default_rng(0))
        found = hunt(net, x, t, {"numerical": gradcheck.probe(net, x, t, oracle="numerical", mode="full")})
        assert proven(found) == trusted
    assert found[0] == Finding(NO_BUG, "W1", {"numerical": "WRONG"})
