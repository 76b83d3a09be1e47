"""A planted bug changes what its name says, for as long as it is planted, and a hunt tells who catches it."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import as_trained, gradcheck
from mnist_bp.nn.check.gradcheck import Judge
from mnist_bp.nn.check.planted_bugs import BUGS, NO_BUG, Finding, hunt, planted, verdict
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import xavier
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import NonzeroColumns
from mnist_bp.nn.pooling import AveragePool
from mnist_bp.nn.reshape import Flatten, Reshape

WRONG: dict[str, list[list[float]]] = {  # what each bug makes of a dW of [[1, 2], [3, 4]] in a batch of 5
    "dW: a flipped sign": [[-1, -2], [-3, -4]],
    "dW: a factor of 1 + 1e-3": [[1.001, 2.002], [3.003, 4.004]],
    "dW: a transposed matrix": [[1, 3], [2, 4]],
    "dW: a missing 1/N": [[5, 10], [15, 20]],
    "dW: an off-by-one row": [[3, 4], [1, 2]],
    "dW: 1.0005 in float32": [[1, 2], [3, 4]],
}


@pytest.mark.parametrize("bug", WRONG)
def test_a_bug_changes_a_gradient_as_its_name_says(bug: str) -> None:
    layer = Network([Affine(2, 2)], SoftmaxCrossEntropy(), "float64").layers[0]
    assert isinstance(layer, Affine)
    layer.parameter_gradients = lambda dout: layer.dW.__setitem__(..., [[1.0, 2.0], [3.0, 4.0]])  # type: ignore[method-assign]
    with planted(layer, BUGS[bug]):
        layer.parameter_gradients(np.zeros((5, 2)))
    np.testing.assert_allclose(layer.dW, WRONG[bug], rtol=1e-15)


def images() -> tuple[Network, NonzeroColumns, Array]:
    """Return a network in float32 with every kind of layer that a bug fits, and a batch of eight."""
    layers: list[Layer] = [
        Affine(36, 36), Sigmoid(), Reshape((1, 6, 6)), Conv2D((1, 6, 6), 2, 3), AveragePool(2), Flatten(),
        Affine(8, 5), Dropout(0.5), Affine(5, 3),
    ]  # fmt: skip
    net = Network(layers, SoftmaxCrossEntropy(), "float32")
    net.initialize(xavier, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    kept = np.sort(rng.permutation(36)[:30])
    places = np.full(36, 30)
    places[kept] = np.arange(30)
    return net, NonzeroColumns(rng.random((8, 30), "float32"), kept, places), rng.integers(0, 3, 8)


def judged(network: Network, x: NonzeroColumns, t: Array) -> dict[str, Judge]:
    copy, wide = as_trained.in_float64(network, x)
    probes = gradcheck.probe(copy, wide, t, oracle="graph", mode="full")

    def training() -> list[gradcheck.TensorCheck]:
        with network.training(0):
            return as_trained.judge(network, x, t, expected)

    with network.training(0):
        expected = as_trained.probe(network, x, t, mode="full")
    return {
        "graph": Judge(copy, wide, lambda: gradcheck.judge(copy, wide, t, "graph", probes)),
        "training": Judge(network, x, training),
    }


def test_every_bug_has_an_effect_that_is_caught_and_those_of_training_are_seen_there_alone() -> None:
    findings = hunt(judged(*images()))
    assert findings[0] == Finding(NO_BUG, "", {"graph": "right", "training": "right"})
    assert {finding.bug for finding in findings} == {NO_BUG, *BUGS}
    for finding in findings[1:]:
        of_training = any(word in finding.bug for word in ("float32", "float16", "mask", "columns"))
        assert finding.outcomes == {"graph": "no effect" if of_training else "caught", "training": "caught"}
    assert {finding.place for finding in findings[1:3]} == {"batch"}
    assert verdict(findings) == "PASS"


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_lasts_as_long_as_its_context(bug: str) -> None:
    network, x, t = images()

    def gradients() -> Array:
        with network.training(0):
            network.backprop(x, t)
        return network.gradients.copy()

    right = gradients()
    part = next(part for part in [x, *network.layers[1:], network.layers[0]] if isinstance(part, BUGS[bug].kind))
    with planted(part, BUGS[bug]):
        assert not np.array_equal(gradients(), right)
    np.testing.assert_array_equal(gradients(), right)


def test_kinks_hide_a_bug_from_finite_differences_and_not_from_the_graph(rng: np.random.Generator) -> None:
    """With all inputs positive, W1 = 0 and half the slopes in use, every step of W1 crosses ReLU's kink."""
    net = Network([Affine(3, 4), ReLU(), Affine(4, 2)], SoftmaxCrossEntropy(), "float64")
    net.initialize(xavier, rng)
    net.named_parameters["W1"][...] = 0
    net.named_parameters["b1"][...] = 1e-7
    x, t = rng.random((5, 3)) + 1, np.array([0, 1, 0, 1, 1])
    outcomes = {(finding.place, finding.bug): finding.outcomes for finding in hunt(by(net, x, t, *gradcheck.ORACLES))}
    assert outcomes["1 Affine", "dW: a flipped sign"] == {"numerical": "kinks", "graph": "caught"}
    assert outcomes["3 Affine", "dW: a flipped sign"] == {"numerical": "caught", "graph": "caught"}


def by(net: Network, x: Array, t: Array, *oracles: str) -> dict[str, Judge]:
    def judge(oracle: str) -> Callable[[], list[gradcheck.TensorCheck]]:
        probes = gradcheck.probe(net, x, t, oracle=oracle, mode="full")
        return lambda: gradcheck.judge(net, x, t, oracle, probes)

    return {oracle: Judge(net, x, judge(oracle)) for oracle in oracles}


def found(bug: str, numerical: str, graph: str) -> Finding:
    return Finding(bug, "1 Affine", {"numerical": numerical, "graph": graph})


RIGHT = found(NO_BUG, "right", "right")
CAUGHT = found("a", "caught", "caught")


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([RIGHT, CAUGHT], "PASS"),
        ([RIGHT, CAUGHT, found("b", "kinks", "caught")], "PASS"),
        ([RIGHT, CAUGHT, found("b", "too small", "kinks"), found("b", "caught", "no effect")], "PASS"),
        ([RIGHT, CAUGHT, found("b", "too small", "kinks")], "UNDECIDED"),
        ([RIGHT, found("a", "kinks", "caught")], "UNDECIDED"),  # one oracle has shown nothing
        ([RIGHT], "UNDECIDED"),
        ([found(NO_BUG, "right", "WRONG"), CAUGHT], "FAIL"),
    ],
)
def test_a_check_is_trusted_if_every_bug_is_caught_and_by_every_oracle_one(
    findings: list[Finding], expected: str
) -> None:
    assert verdict(findings) == expected


def test_a_backprop_that_is_wrong_without_a_planted_bug_is_not_trusted(rng: np.random.Generator) -> None:
    class Wrong(Affine):
        def parameter_gradients(self, dout: Array) -> None:
            super().parameter_gradients(1.001 * dout)

    x, t = rng.standard_normal((8, 6)), rng.integers(0, 3, 8)
    for kind, expected in ((Affine, "PASS"), (Wrong, "FAIL")):
        net = Network([kind(6, 5), Sigmoid(), Affine(5, 3)], SoftmaxCrossEntropy(), "float64")
        net.initialize(xavier, np.random.default_rng(0))
        findings = hunt(by(net, x, t, "numerical"))
        assert verdict(findings) == expected
    assert findings[0] == Finding(NO_BUG, "", {"numerical": "WRONG"})
