"""`bp gradcheck`: its options, its table and its exit codes."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_bp.config import load
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check.planted_bugs import in_weights
from tests.helpers.commands import run
from tests.helpers.making import untrained

PARAMETERS = 64 * 6 + 6 + 6 * 3 + 3
every_oracle = pytest.mark.parametrize(
    ("oracle", "names"),
    [
        ("numerical", ["numerical"]),
        ("graph", ["graph"]),
        ("training", ["training"]),
        ("both", ["numerical", "graph"]),
        ("all", ["numerical", "graph", "training"]),
    ],
)


@every_oracle
def test_json_has_every_tensor_with_each_oracle(small_config: Path, oracle: str, names: list[str]) -> None:
    result = run("gradcheck", "--config", small_config, "--mode", "sample", "--oracle", oracle, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["mode"], report["oracle"], report["batch"]) == ("sample", oracle, 20)
    assert (report["verdict"], report["kinks"]) == ("PASS", 0)
    assert report["checked"] == sum(tensor["checked"] for tensor in report["tensors"]) // len(names)
    assert report["max_abs"] == max(tensor["max_abs"] for tensor in report["tensors"])
    assert report["max_rel"] == max(tensor["max_rel"] for tensor in report["tensors"])
    assert [(tensor["name"], tensor["oracle"]) for tensor in report["tensors"]] == [
        (name, oracle) for name in ("W1", "b1", "W2", "b2") for oracle in names
    ]
    assert [*report["tolerances"]] == names


def test_all_parameters_and_all_oracles_are_the_default(small_config: Path) -> None:
    report = json.loads(run("gradcheck", "--config", small_config, "--json").stdout)
    assert (report["mode"], report["oracle"], report["checked"]) == ("full", "all", PARAMETERS)


def test_the_brief_table_has_a_row_for_each_oracle(small_config: Path) -> None:
    result = run("gradcheck", "--config", small_config, "--brief")
    header, *rows, verdict = result.stdout.splitlines()
    assert result.exit_code == 0
    assert header.split() == ["backprop", "against", "checked", "kinks", "|a", "−", "n|", "relative"]
    for row, name in zip(rows, ("numerical", "graph", "training"), strict=True):
        oracle, checked, kinks, max_abs, max_rel, passed = row.split()
        assert (oracle, int(checked), int(kinks), passed) == (name, PARAMETERS, 0, "PASS")
        assert float(max_abs) < (1e-6 if name == "training" else 1e-9)
        assert float(max_rel) < 1e-6
    assert verdict == "PASS"


def test_brief_changes_nothing_in_json(small_config: Path) -> None:
    options = ["--config", small_config, "--mode", "directional", "--json"]
    assert run("gradcheck", *options).stdout == run("gradcheck", *options, "--brief").stdout


@every_oracle
def test_a_self_test_shows_that_every_planted_bug_is_caught(small_config: Path, oracle: str, names: list[str]) -> None:
    result = run("gradcheck", "--config", small_config, "--self-test", "--oracle", oracle)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0].split() == ["planted", "in", "backprop", "in", *names]
    assert lines[1].split() == ["no", "bug", *["right"] * len(names)]
    assert all("caught" in line for line in lines[2:-1])
    assert any("float32" in line for line in lines) == any("float16" in line for line in lines) == ("training" in names)
    assert lines[-1] == "PASS"
    assert max(map(len, lines)) <= 80


def test_a_bug_that_goes_unnoticed_leaves_the_self_test_undecided(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug below the tolerance is too small to see, a bug that changes nothing has no effect."""
    bugs = {
        "a rounding": in_weights(lambda dW, N: dW * dW.dtype.type(1 + np.finfo(dW.dtype).eps)),
        "nothing": in_weights(lambda dW, N: dW),
    }
    monkeypatch.setattr("mnist_bp.nn.check.planted_bugs.BUGS", bugs)
    result = run("gradcheck", "--config", small_config, "--self-test", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 5
    assert {"checked", "max_abs", "max_rel", "kinks", "tensors"} < report.keys()
    assert report["verdict"] == "UNDECIDED"
    assert report["error"].startswith("a planted bug")
    right, small = (dict.fromkeys(("numerical", "graph", "training"), seen) for seen in ("right", "too small"))
    assert report["bugs"] == [
        {"bug": "no bug", "place": "", "outcomes": right},
        {"bug": "a rounding", "place": "1 Affine", "outcomes": small},
        {"bug": "a rounding", "place": "3 Affine", "outcomes": small},
    ]


def test_a_wrong_gradient_fails_with_exit_1_and_names_the_place(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Affine.parameter_gradients

    def wrong(layer: Affine, dout: Any) -> None:
        right(layer, dout)
        layer.db[1] *= 2

    monkeypatch.setattr(Affine, "parameter_gradients", wrong)
    result = run("gradcheck", "--config", small_config, "--oracle", "numerical")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.split()[5] for line in lines if line.startswith(("W1", "b1", "W2", "b2"))] == [
        "PASS", "FAIL", "PASS", "FAIL",
    ]  # fmt: skip
    place, a, n = re.search(r"b1 .* FAIL +(\[\d\]) +(\S+) +(\S+)\n", result.stdout).groups()  # type: ignore[union-attr]
    assert place == "[1]"
    assert float(a) == pytest.approx(2 * float(n), rel=1e-3)
    assert lines[-1] == "FAIL"
    assert "PASS: |a − n| ≤ 1.3e-09 + 1e-06·|n|" in lines[0]  # the loss is 1.3
    assert run("gradcheck", "--config", small_config, "--brief").stdout.splitlines()[-1] == "FAIL"


def test_a_run_is_checked_with_its_config(small_config: Path) -> None:
    fresh = json.loads(run("gradcheck", "--config", small_config, "--json").stdout)
    untrained(load(small_config))
    assert json.loads(run("gradcheck", "r", "--json").stdout) == fresh
    assert max(map(len, run("gradcheck", "r").stdout.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [[], ["r", "--config", "small.yaml"]], ids=["neither", "both"])
def test_either_a_config_or_a_run_must_be_given(small_config: Path, arguments: list[str]) -> None:
    result = run("gradcheck", *arguments)
    assert result.exit_code == 2
    assert "expected either --config CONFIG or a run directory" in result.stderr


def kinked(config: Path) -> list[object]:
    """Return options with which every step of the first bias crosses a kink: blank images, biases of zero."""
    return ["--config", config, "--set", "model.activation=relu", "--set", "model.init=zeros"]


def test_a_tensor_that_only_the_graph_can_judge_does_not_fail(small_config: Path) -> None:
    result = run("gradcheck", *kinked(small_config))
    assert result.exit_code == 0
    numerical, *graphs = result.stdout.split("n: graph")
    assert re.search(r"\nW1 +0/384 +384 +KINKS\n", numerical)
    assert all(re.search(r"\nW1 +384/384 +0 .* PASS ", graph) for graph in graphs)
    assert result.stdout.endswith("PASS (KINKS: every step crosses a kink, as at biases of 0)\n")
    report = json.loads(run("gradcheck", *kinked(small_config), "--json").stdout)
    assert report["checked"] == 6 * 3 + 3  # by every oracle
    assert report["kinks"] == 384 + 6


def test_a_check_that_compares_nothing_is_undecided(small_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = lambda network, x, t, step, advance: (np.zeros(PARAMETERS), np.ones(PARAMETERS, bool))  # noqa: E731
    monkeypatch.setattr("mnist_bp.nn.check.gradcheck.central_differences", every)
    result = run("gradcheck", "--config", small_config, "--oracle", "numerical")
    assert result.exit_code == 5
    assert result.stdout.splitlines()[-1].startswith("UNDECIDED (KINKS")
    assert re.fullmatch(
        r"error: no derivative could be judged: KINKS: every step crosses a kink, .*\nhint: --oracle graph .*\n",
        result.stderr,
    )
    result = run("gradcheck", "--config", small_config, "--oracle", "numerical", "--json", "--self-test")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["verdict"], report["code"], report["checked"]) == (5, "UNDECIDED", 5, 0)
    assert "--oracle graph" in report["hint"]


def test_derivatives_that_are_all_too_small_are_undecided(small_config: Path) -> None:
    """With weights of 1e-30 no unit moves the next one by as much as the oracle can tell from 0."""
    options = ["--set", "model.init=normal", "--set", "model.weight_init_std=1e-30", "--set", "model.bias=false"]
    tiny = [*options, "--set", "model.activation=identity", "--set", "model.hidden=[6,6]"]
    result = run("gradcheck", "--config", small_config, *tiny, "--oracle", "graph")
    assert result.exit_code == 5
    assert result.stdout.splitlines()[-1] == "UNDECIDED (TINY: too small for the oracle to tell from 0)"


def test_derivatives_too_small_to_tell_from_zero_are_not_called_right(small_config: Path) -> None:
    """Six sigmoid layers with weights of 0.01 shrink the gradient by 0.0025 a layer, to 1e-13 in the first."""
    options = ["--set", "model.hidden=[6,6,6,6,6]", "--set", "model.init=normal", "--json"]
    report = json.loads(run("gradcheck", "--config", small_config, *options, "--oracle", "numerical").stdout)
    verdicts = {tensor["name"]: tensor["verdict"] for tensor in report["tensors"]}
    assert (verdicts["W1"], verdicts["b1"], verdicts["W6"], verdicts["b6"]) == ("TINY", "TINY", "PASS", "PASS")
    assert report["verdict"] == "PASS"
