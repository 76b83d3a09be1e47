"""`bp export`; what the files say is the subject of tests/unit/export."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commands import run
from tests.helpers.making import begun, config, untrained

XOR: dict[str, Any] = {"data_name": "xor", "model_loss": "binary_cross_entropy"}
SAFE = ["--format", "safetensors"]


def test_the_file_is_called_after_the_run_or_as_one_says() -> None:
    untrained(config(**XOR), path=Path("runs/xor"))
    said = r"runs/xor/ → xor\.safetensors, \d kB; W1 \(3, 50\), b1 \(50\), W2 \(50, 1\), b2 \(1\)\n"
    assert re.fullmatch(said, run("export", "runs/xor/", *SAFE).stdout)
    assert run("export", "runs/xor", *SAFE, "-o", "other.safetensors").exit_code == 0
    assert Path("xor.safetensors").read_bytes() == Path("other.safetensors").read_bytes()


def test_json_tells_the_shapes() -> None:
    pytest.importorskip("onnx")
    untrained(config(**XOR))
    assert json.loads(run("export", "r", "--format", "onnx", "--json").stdout) == {
        "file": "r.onnx",
        "format": "onnx",
        "bytes": Path("r.onnx").stat().st_size,
        "inputs": {"input": ["N", 3]},
        "outputs": {"logits": ["N", 1], "probabilities": ["N", 2]},
    }
    assert run("export", "r", "--format", "onnx").exit_code == 0  # in the place of one that bp has made


def test_without_the_library_the_extra_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    untrained(config(**XOR))
    result = run("export", "r", "--format", "onnx")
    assert (result.exit_code, Path("r.onnx").exists()) == (1, False)
    assert "expected the library onnx" in result.stderr
    assert "pip install 'mnist-bp[export]' installs it" in result.stderr


def test_what_cannot_be_done_is_said_before_anything_is_written() -> None:
    path = begun(config(**XOR)).path
    Path("mine.safetensors").write_text("mine")
    refused: list[tuple[list[object], int, str]] = [
        (["no-such-run", *SAFE], 2, "no-such-run: expected a run directory"),
        ([path, *SAFE], 1, "there is no checkpoint"),
        ([path], 2, "missing option --format: expected one of onnx, safetensors"),
        ([path, *SAFE, "-o", "mine.safetensors"], 2, "expected no file, or one that bp has made"),
        ([path, *SAFE, "-o", "a.onnx"], 2, "expected a name that ends in .safetensors, as --format says; got a.onnx"),
        ([path, *SAFE, "-o", "a.png"], 2, "expected a name that ends in .onnx or .safetensors; got a.png"),
        ([path, *SAFE, "-o", "none/a.safetensors"], 2, "expected a folder none"),
    ]
    for arguments, code, message in refused:
        result = run("export", *arguments)
        assert (result.exit_code, message in result.stderr) == (code, True), result.stderr
    assert Path("mine.safetensors").read_text() == "mine"
