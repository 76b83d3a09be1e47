"""The checker is itself checked: it passes what is right and catches what is not."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_bp.nn.activations import Identity, ReLU, Sigmoid, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import gradcheck
from mnist_bp.nn.check.finite_differences import central_differences
from mnist_bp.nn.check.planted_bugs import BUGS, planted
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import he
from mnist_bp.nn.layers import Layer
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network, Score
from mnist_bp.nn.nonzero import Examples

every_mode = pytest.mark.parametrize("mode", ["full", "sample", "directional"])
every_oracle = pytest.mark.parametrize("oracle", gradcheck.ORACLES)


def network(*between: Layer, weight_decay: float = 0.0) -> Network:
    layers = [Affine(60, 5), *between, Affine(5, 3)]
    net = Network(layers, SoftmaxCrossEntropy(), "float64", weight_decay=weight_decay)
    net.initialize(he, np.random.default_rng(0))
    return net


def batch() -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    return rng.standard_normal((8, 60)), rng.integers(0, 3, 8)


def ask(net: Network, oracle: str, mode: str) -> list[gradcheck.Probes]:
    return gradcheck.probe(net, *batch(), oracle=oracle, mode=mode, rng=np.random.default_rng(2))


def checked(net: Network, oracle: str = "numerical", mode: str = "full") -> list[gradcheck.TensorCheck]:
    return list(gradcheck.judge(net, *batch(), oracle, ask(net, oracle, mode)))


def spoil(net: Network, wrong: Callable[[Array, Array], object]) -> None:
    """Have the first layer's dW changed once it is right; `wrong` gets it, and what it was before."""
    first = net.layers[0]
    assert isinstance(first, Affine)
    right = first.parameter_gradients

    def spoiled(dout: Array) -> None:
        before = first.dW.copy()
        right(dout)
        wrong(first.dW, before)

    first.parameter_gradients = spoiled  # type: ignore[method-assign]  # that is the point


@every_oracle
@every_mode
def test_a_right_gradient_passes(oracle: str, mode: str) -> None:
    checks = checked(network(Sigmoid(), weight_decay=0.1), oracle, mode)
    assert [check.name for check in checks] == ["W1", "b1", "W2", "b2"]
    assert all(check.verdict == "PASS" for check in checks)
    assert max(check.max_abs for check in checks) < {"numerical": 1e-10, "graph": 1e-15}[oracle]


@every_oracle
@pytest.mark.parametrize(
    ("mode", "counts"), [("full", [300, 5, 15, 3]), ("sample", [100, 5, 15, 3]), ("directional", [10, 10, 10, 10])]
)
def test_each_mode_checks_its_number_of_derivatives_and_reports_progress(
    oracle: str, mode: str, counts: list[int]
) -> None:
    net = network(Sigmoid())
    told: list[int] = []
    probes = gradcheck.probe(net, *batch(), oracle=oracle, mode=mode, rng=np.random.default_rng(2), advance=told.append)
    assert [check.checked for check in gradcheck.judge(net, *batch(), oracle, probes)] == counts
    assert gradcheck.count(net, mode) == 2 * sum(counts)
    assert sum(told) == (2 * sum(counts) if oracle == "numerical" else 0)


@every_oracle
@every_mode
@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.startswith("dW") and "float32" not in bug])
def test_a_planted_bug_fails_in_its_tensor_and_in_no_other(bug: str, oracle: str, mode: str) -> None:
    net = network(Sigmoid())
    first = net.layers[0]
    assert isinstance(first, Affine)
    probes = ask(net, oracle, mode)
    with planted(first, BUGS[bug]):
        verdicts = {check.name: check.verdict for check in gradcheck.judge(net, *batch(), oracle, probes)}
    assert verdicts == {"W1": "FAIL", "b1": "PASS", "W2": "PASS", "b2": "PASS"}


@every_oracle
def test_forgotten_weight_decay_is_caught(oracle: str) -> None:
    net = network(Sigmoid(), weight_decay=0.1)
    probes = ask(net, oracle, "full")
    net.weight_decay = 0.0
    verdicts = {check.name: check.verdict for check in gradcheck.judge(net, *batch(), oracle, probes)}
    assert verdicts == {"W1": "FAIL", "b1": "PASS", "W2": "FAIL", "b2": "PASS"}


@every_oracle
def test_one_wrong_element_is_found_and_its_index_given(oracle: str) -> None:
    net = network(Sigmoid())
    spoil(net, lambda dW, before: dW.__setitem__((41, 2), dW[41, 2] + 1e-4))
    worst = checked(net, oracle)[0]
    assert worst.verdict == "FAIL"
    assert worst.worst == (41, 2)
    assert worst.a - worst.n == pytest.approx(1e-4, rel=1e-4)
    assert worst.max_abs == pytest.approx(1e-4, rel=1e-4)


@every_mode
def test_a_probe_across_a_kink_is_counted_and_not_judged(mode: str) -> None:
    """One unit lies 1e-6 from ReLU's kink, within the step of 1e-5: its bias and its weight cross, no more."""
    net = Network([Affine(1, 2), ReLU(), Affine(2, 2)], SoftmaxCrossEntropy(), "float64")
    net.named_parameters["W1"][...] = [[1.0, 2.0]]
    net.named_parameters["b1"][...] = [-1.0 + 1e-6, 0.5]
    net.named_parameters["W2"][...] = [[1.0, -1.0], [0.5, 2.0]]
    x, t, rng = np.ones((1, 1)), np.array([0]), np.random.default_rng(0)
    probes = gradcheck.probe(net, x, t, oracle="numerical", mode=mode, rng=rng)
    checks = list(gradcheck.judge(net, x, t, "numerical", probes))
    if mode == "directional":  # nearly every direction crosses
        assert all(check.kinks > 5 and check.checked == 10 - check.kinks for check in checks[:2])
        assert "FAIL" not in {check.verdict for check in checks}
    else:
        assert [(check.name, check.checked, check.kinks) for check in checks] == [
            ("W1", 1, 1), ("b1", 1, 1), ("W2", 4, 0), ("b2", 2, 0),
        ]  # fmt: skip
        assert all(check.verdict == "PASS" for check in checks)


def test_the_graph_oracle_judges_derivatives_at_kinks_too() -> None:
    net = network(ReLU())
    net.named_parameters["W1"][...] = 0  # every unit lies on its kink, where both say that the slope is 0
    checks = checked(net, "graph")
    assert all(check.verdict == "PASS" and check.kinks == 0 for check in checks)


def test_a_tensor_of_which_every_probe_crosses_a_kink_neither_passes_nor_fails() -> None:
    """With W1 = b1 = 0 every unit lies on ReLU's kink, so that nothing of the first layer can be compared."""
    net = network(ReLU())
    net.named_parameters["W1"][...] = 0
    checks = checked(net)
    assert [(check.name, check.checked, check.verdict) for check in checks[:2]] == [
        ("W1", 0, "KINKS"), ("b1", 0, "KINKS"),
    ]  # fmt: skip


@every_oracle
@pytest.mark.filterwarnings("ignore:invalid value")
def test_nan_does_not_pass(oracle: str) -> None:
    net = network(Sigmoid())
    net.named_parameters["W2"][0, 0] = np.nan
    assert {check.verdict for check in checked(net, oracle)} == {"FAIL"}


@every_mode
def test_the_tolerance_allows_for_the_rounding_of_a_large_loss(mode: str) -> None:
    """Weights of 30 make a loss of about 1000, whose differences are rounded 1000 times as coarsely."""
    net = network(Sigmoid())
    net.named_parameters["W2"][...] *= 3000
    checks = checked(net, mode=mode)
    assert checks[0].atol > 100 * gradcheck.TOLERANCES["numerical"][0]
    assert all(check.verdict == "PASS" for check in checks)


@every_oracle
def test_a_copy_of_a_network_in_training_is_checked_with_its_masks(oracle: str) -> None:
    net = network(Sigmoid(), Dropout(0.5))
    with net.training(0):
        assert all(check.verdict == "PASS" for check in checked(net.copy("float64"), oracle))


def test_only_the_graph_sees_a_factor_of_one_and_a_hundred_millionth() -> None:
    net = network(Sigmoid())
    asked = {oracle: ask(net, oracle, "full") for oracle in gradcheck.ORACLES}
    spoil(net, lambda dW, before: np.multiply(dW, 1 + 1e-8, out=dW))
    verdicts = {oracle: gradcheck.judge(net, *batch(), oracle, probes)[0].verdict for oracle, probes in asked.items()}
    assert verdicts == {"numerical": "PASS", "graph": "FAIL"}


def test_large_inputs_are_checked_as_exactly_as_small_ones() -> None:
    """Inputs of 100 make a step of 1e-5 one of 1e-3: one difference alone would err by 1e-6, and fail what is right."""
    net = network(Tanh())
    x, t = batch()
    net.named_parameters["W1"][...] /= 100
    for mode in ("full", "sample", "directional"):
        probes = gradcheck.probe(net, 100 * x, t, oracle="numerical", mode=mode, rng=np.random.default_rng(2))
        assert {check.verdict for check in gradcheck.judge(net, 100 * x, t, "numerical", probes)} == {"PASS"}
    single = central_differences(net, 100 * x, t).gradient
    net.backprop(100 * x, t)
    assert (abs(single - net.gradients) > 1e-9 + 1e-6 * abs(single)).any()


def test_samples_and_directions_are_drawn_by_the_generator_all_different() -> None:
    net = network(Sigmoid())
    drawn = []
    for seed in (0, 0, 1):
        places = [
            gradcheck.probe(net, *batch(), oracle="graph", mode=mode, rng=np.random.default_rng(seed))[0].places
            for mode in ("sample", "directional")
        ]
        assert places[1].directions is not None
        drawn.append((places[0].elements, places[1].directions))
    elements, directions = drawn[0]
    assert len(set(elements)) == 100
    assert elements.max() > 250  # of 300
    assert len(np.unique(directions, axis=0)) == 10
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-12)
    for i in (0, 1):
        np.testing.assert_array_equal(drawn[0][i], drawn[1][i])
        assert not np.array_equal(drawn[0][i], drawn[2][i])


def test_the_worst_place_is_named_by_its_index_though_probes_before_it_were_left_out() -> None:
    """Of W1's four elements the first crosses a kink; the last is wrong, and the third has the largest difference."""
    kinked = np.array([True, False, False, False])
    places = gradcheck.Places((2, 2), np.arange(4), None)
    probes = gradcheck.Probes("W1", places, np.array([9.0, 1.0, 1e6, 1.0]), kinked)
    net = Network([Affine(2, 2, bias=False)], SoftmaxCrossEntropy(), "float64")
    wrong = np.array([[0.0, 1.0], [1e6 + 1e-2, 1.0 + 1e-3]])
    net.backprop = lambda x, t: (net.gradients.__setitem__(slice(None), wrong.ravel()), Score(1.0, 0))[1]  # type: ignore[method-assign]  # only the comparison is tested
    (check,) = gradcheck.judge(net, np.zeros((1, 2)), np.array([0]), "numerical", [probes])
    assert (check.worst, check.checked, check.kinks) == ((1, 1), 3, 1)
    assert check.max_abs == pytest.approx(1e-2, rel=1e-6)
    assert check.a - check.n == pytest.approx(1e-3, rel=1e-9)


@every_mode
def test_a_kink_between_half_the_step_and_the_whole_step_counts(mode: str) -> None:
    """A unit at 0.7 · 1e-5 from its kink: the larger of the two differences crosses it, the smaller does not."""
    net = Network([Affine(1, 1), ReLU(), Affine(1, 2)], SoftmaxCrossEntropy(), "float64")
    net.parameters[...] = [1, -1 + 0.7e-5, 1, -1, 0, 0]
    probes = gradcheck.probe(net, np.ones((1, 1)), np.array([0]), oracle="numerical", mode=mode)
    assert [probe.kinked.all() for probe in probes] == [True, True, False, False]


@pytest.mark.parametrize(
    ("a", "n", "verdict"), [(0, 0, "PASS"), (0, 1e-10, "TINY"), (1e-10, 0, "TINY"), (1e-8, 1e-8, "PASS")]
)
def test_derivatives_too_small_for_the_oracle_are_tiny_unless_all_are_zero(a: float, n: float, verdict: str) -> None:
    """Atol is 1e-9 here."""
    assert verdict_of(a, n) == verdict


def verdict_of(a: float, n: float, loss: float = 1.0, weight_decay: float = 0.0) -> str:
    """Return the numerical oracle's verdict of one weight of 1, for which backprop says a and the oracle n."""
    net = Network([Affine(1, 2, bias=False)], SoftmaxCrossEntropy(), "float64", weight_decay=weight_decay)
    net.parameters[...] = 1

    def backprop(x: Examples, t: Array) -> Score:
        net.gradients[...] = a
        return Score(loss, 0)

    net.backprop = backprop  # type: ignore[method-assign]  # only the comparison is tested
    probes = gradcheck.Probes("W1", gradcheck.Places((1, 2), np.arange(2), None), np.full(2, n), np.zeros(2, bool))
    (check,) = gradcheck.judge(net, np.ones((1, 1)), np.array([0]), "numerical", [probes])
    return check.verdict


def test_the_tolerance_grows_with_the_loss_the_penalty_and_the_outputs() -> None:
    assert verdict_of(1 + 1e-5, 1) == "FAIL"
    assert verdict_of(1 + 1e-5, 1, loss=1e5) == "PASS"
    assert verdict_of(1 + 1e-5, 1, weight_decay=1e5) == "PASS"
    net = network(Identity())
    net.parameters *= 300  # outputs of some 1e5: their rounding is what a difference sees
    assert {check.verdict for check in checked(net)} == {"PASS"}


@every_oracle
def test_a_gradient_that_accumulates_does_not_pass(oracle: str) -> None:
    net = network(Sigmoid())
    spoil(net, lambda dW, before: np.add(dW, before, out=dW))
    assert [check.verdict for check in checked(net, oracle)] == ["FAIL", "PASS", "PASS", "PASS"]
