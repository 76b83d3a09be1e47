"""`bp gradcheck`."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.nn.affine import Affine
from tests.conftest import run

every_oracle = pytest.mark.parametrize(
    ("oracle", "names"), [("numerical", ["numerical"]), ("graph", ["graph"]), ("both", ["numerical", "graph"])]
)


@every_oracle
@pytest.mark.parametrize("mode", ["full", "sample", "directional"])
def test_a_right_gradient_passes(small_config: Path, mode: str, oracle: str, names: list[str]) -> None:
    result = run("gradcheck", "--config", small_config, "--mode", mode, "--oracle", oracle, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["verdict"], report["kinks"]) == ("PASS", 0)
    assert report["checked"] == sum(tensor["checked"] for tensor in report["tensors"]) // len(names)
    assert report["max_abs"] == max(tensor["max_abs"] for tensor in report["tensors"]) < 1e-9
    assert report["max_rel"] == max(tensor["max_rel"] for tensor in report["tensors"])
    assert [(tensor["name"], tensor["oracle"]) for tensor in report["tensors"]] == [
        (name, oracle) for name in ("W1", "b1", "W2", "b2") for oracle in names
    ]
    assert list(report["tolerances"]) == names
    if mode == "full":
        assert report["checked"] == 64 * 6 + 6 + 6 * 3 + 3


def test_all_parameters_and_both_oracles_are_the_default(small_config: Path) -> None:
    report = json.loads(run("gradcheck", "--config", small_config, "--json").stdout)
    assert (report["mode"], report["oracle"]) == ("full", "both")


@every_oracle
def test_a_self_test_shows_that_every_planted_bug_is_caught(small_config: Path, oracle: str, names: list[str]) -> None:
    result = run("gradcheck", "--config", small_config, "--self-test", "--oracle", oracle)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0].split() == ["planted", "in", "backprop", "of", *names]
    assert sum(line.count("caught") for line in lines) == 5 * 2 * len(names)  # five bugs in two layers
    assert sum(line.count("right") for line in lines) == 2 * len(names)  # and none
    assert lines[-1] == "PASS"


def test_a_bug_that_goes_unnoticed_fails_the_self_test(small_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug below the tolerance is too small to see, a bug that changes nothing has no effect."""
    bugs = {"a rounding": lambda dW, N: dW * (1 + 1e-14), "nothing": lambda dW, N: dW}
    monkeypatch.setattr("mnist_bp.nn.check.planted_bugs.BUGS", bugs)
    result = run("gradcheck", "--config", small_config, "--self-test", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {"checked", "max_abs", "max_rel", "kinks", "tensors"} < report.keys()
    assert report["verdict"] == "FAIL"
    assert report["bugs"][:3] == [
        {"bug": "no bug", "tensor": "W1", "outcomes": {"numerical": "right", "graph": "right"}},
        {"bug": "a rounding", "tensor": "W1", "outcomes": {"numerical": "too small", "graph": "too small"}},
        {"bug": "nothing", "tensor": "W1", "outcomes": {"numerical": "no effect", "graph": "no effect"}},
    ]


def test_weight_decay_is_checked_and_dropout_is_not(small_config: Path) -> None:
    options = ["--set", "train.weight_decay=0.1", "--set", "model.dropout=0.5", "--json"]
    plain = json.loads(run("gradcheck", "--config", small_config, "--json").stdout)
    report = json.loads(run("gradcheck", "--config", small_config, *options).stdout)
    assert report["verdict"] == "PASS"
    assert report["tensors"][0]["a"] != plain["tensors"][0]["a"]


def test_a_wrong_gradient_fails_with_exit_1_and_names_the_place(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Affine.parameter_gradients

    def wrong(layer: Affine, dout: object) -> None:
        right(layer, dout)  # type: ignore[arg-type]  # what backward gets
        layer.db[1] *= 2

    monkeypatch.setattr(Affine, "parameter_gradients", wrong)
    result = run("gradcheck", "--config", small_config, "--oracle", "numerical")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.split()[5] for line in lines if line.startswith(("W1", "b1", "W2", "b2"))] == [
        "PASS", "FAIL", "PASS", "FAIL",
    ]  # fmt: skip
    place, a, n = re.search(r"b1 .* FAIL +(\[\d\]) +(\S+) +(\S+)\n", result.stdout).groups()  # type: ignore[union-attr]
    assert (place, float(a)) == ("[1]", pytest.approx(2 * float(n), rel=1e-5))
    assert lines[-1] == "FAIL"
    assert "PASS: |a − n| ≤ 1.3e-09 + 1e-06·|n|" in lines[0]  # the loss is 1.3


def test_a_trained_run_is_checked_with_its_parameters(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    fresh = json.loads(run("gradcheck", "--config", small_config, "--json").stdout)
    trained = json.loads(run("gradcheck", "r", "--json").stdout)
    assert trained["verdict"] == "PASS"
    assert trained["tensors"] != fresh["tensors"]
    assert max(map(len, run("gradcheck", "r").stdout.splitlines())) <= 80


def test_it_is_repeatable(small_config: Path) -> None:
    first, second = (run("gradcheck", "--config", small_config, "--json").stdout for _ in range(2))
    assert first == second


@pytest.mark.parametrize("arguments", [[], ["r", "--config", "small.yaml"]], ids=["neither", "both"])
def test_it_wants_a_config_or_a_run(small_config: Path, arguments: list[str]) -> None:
    result = run("gradcheck", *arguments)
    assert result.exit_code == 2
    assert "Give either --config FILE or a run directory" in result.stderr


def kinked(config: Path) -> list[object]:
    """Return options with which every step of the first bias crosses a kink: blank images, biases of zero."""
    return ["--config", config, "--set", "model.activation=relu", "--set", "model.init=zeros"]


def test_a_tensor_that_only_the_graph_can_judge_does_not_fail(small_config: Path) -> None:
    result = run("gradcheck", *kinked(small_config))
    assert result.exit_code == 0
    numerical, graph = result.stdout.split("n: graph")
    assert re.search(r"\nW1 +0/384 +384 +KINKS\n", numerical)
    assert re.search(r"\nW1 +384/384 +0 .* PASS ", graph)
    assert result.stdout.endswith("PASS (KINKS: every step crosses a kink, as at biases of 0)\n")
    report = json.loads(run("gradcheck", *kinked(small_config), "--json").stdout)
    assert report["checked"] == 6 * 3 + 3  # by every oracle
    assert report["kinks"] == 384 + 6


def test_a_check_that_compares_nothing_does_not_pass(small_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = lambda network, x, t, step, advance: (np.zeros(411), np.ones(411, bool))  # noqa: E731
    monkeypatch.setattr("mnist_bp.nn.check.gradcheck.central_differences", every)
    result = run("gradcheck", "--config", small_config, "--oracle", "numerical")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("FAIL (KINKS")


def test_samples_are_repeatable_and_of_the_batch_of_the_config(small_config: Path) -> None:
    options = ["--config", small_config, "--mode", "sample", "--json"]
    first, second, other = (run("gradcheck", *options, *more).stdout for more in ([], [], ["--set", "seed=1"]))
    assert first == second != other
    assert json.loads(first)["batch"] == 20


def test_a_loss_that_is_not_finite_has_nothing_to_check(small_config: Path) -> None:
    options = [
        "--set",
        "model.weight_init_std=1e200",
        "--set",
        "model.activation=identity",
        "--set",
        "model.init=normal",
    ]
    result = run("gradcheck", "--config", small_config, *options, "--set", "train.dtype=float64")
    assert result.exit_code == 1
    assert re.search(r"error: the loss is (nan|inf): there is no derivative to check", result.stderr)


def test_a_run_is_not_checked_as_another_network(small_config: Path, small_mnist: object, archive_folder: Path) -> None:
    assert run("train", "--config", small_config, "--out", "r").exit_code == 0
    result = run("gradcheck", "r", "--set", "model.hidden=[7]")
    assert result.exit_code == 2
    assert "with model.hidden=[7], idx having examples of 8×8 numbers for 3 outputs: " in result.stderr
    assert run("data", "import", archive_folder).exit_code == 0
    assert run("gradcheck", "r", "--set", "data.name=mnist").exit_code == 0


def test_derivatives_too_small_to_tell_from_zero_are_not_called_right(small_config: Path) -> None:
    """Six sigmoid layers with weights of 0.01 shrink the gradient by 0.0025 a layer, to 1e-13 in the first."""
    options = ["--set", "model.hidden=[6,6,6,6,6]", "--set", "model.init=normal", "--json"]
    report = json.loads(run("gradcheck", "--config", small_config, *options, "--oracle", "numerical").stdout)
    verdicts = {tensor["name"]: tensor["verdict"] for tensor in report["tensors"]}
    assert (verdicts["W1"], verdicts["b1"], verdicts["W6"], verdicts["b6"]) == ("TINY", "TINY", "PASS", "PASS")
    assert report["verdict"] == "PASS"
