"""`bp gradcheck`."""

import json
from pathlib import Path

import pytest

from mnist_bp.nn.layers import Affine
from tests.conftest import run


@pytest.mark.parametrize("mode", ["full", "sample", "directional"])
def test_a_right_gradient_passes(small_config: Path, mode: str) -> None:
    result = run("gradcheck", "--config", small_config, "--mode", mode, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["verdict"] == "PASS"
    assert report["checked"] == sum(tensor["checked"] for tensor in report["tensors"])
    assert report["max_abs"] == max(tensor["max_abs"] for tensor in report["tensors"]) < 1e-9
    assert report["max_rel"] < report["rtol"]
    assert report["kinks"] == 0
    assert [tensor["name"] for tensor in report["tensors"]] == ["W1", "b1", "W2", "b2"]
    if mode == "full":
        assert report["checked"] == 64 * 6 + 6 + 6 * 3 + 3


def test_a_wrong_gradient_fails_with_exit_1_and_names_the_place(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Affine.parameter_gradients

    def wrong(layer: Affine, dout: object) -> None:
        right(layer, dout)  # type: ignore[arg-type]  # what backward gets
        layer.db[1] *= 2

    monkeypatch.setattr(Affine, "parameter_gradients", wrong)
    result = run("gradcheck", "--config", small_config, "--mode", "full")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith(("W1", "b1", "W2", "b2"))] == [
        "PASS", "FAIL", "PASS", "FAIL",
    ]  # fmt: skip
    assert "worst at [1]" in result.stdout
    assert lines[-1] == "FAIL"
    assert "PASS: |a − n| ≤ 1.3e-09 + 1e-06·|n|" in lines[-2]  # the loss is 1.3


def test_a_trained_run_is_checked_with_its_parameters(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    fresh = json.loads(run("gradcheck", "--config", small_config, "--json").stdout)
    trained = json.loads(run("gradcheck", "r", "--json").stdout)
    assert trained["verdict"] == "PASS"
    assert trained["tensors"] != fresh["tensors"]


def test_it_is_repeatable(small_config: Path) -> None:
    first, second = (run("gradcheck", "--config", small_config, "--json").stdout for _ in range(2))
    assert first == second


@pytest.mark.parametrize("arguments", [[], ["r", "--config", "small.yaml"]], ids=["neither", "both"])
def test_it_wants_a_config_or_a_run(small_config: Path, arguments: list[str]) -> None:
    result = run("gradcheck", *arguments)
    assert result.exit_code == 2
    assert "Give either --config FILE or a run directory" in result.stderr
