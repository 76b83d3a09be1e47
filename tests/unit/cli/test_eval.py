"""`bp eval`; what it measures on which data is the subject of tests/unit/run/test_measuring.py."""

import json
from pathlib import Path

import pytest

from tests.helpers.commands import rows, run
from tests.helpers.making import config, untrained


def test_the_last_row_of_the_metrics_is_measured_again(small_config: Path) -> None:
    assert run("train", "--config", small_config, "--out", "r", "--set", "data.validation=10").exit_code == 0
    last = rows("r")[-1]
    for split in ("test", "validation"):
        about = json.loads(run("eval", "r", "--split", split, "--json").stdout)
        assert [repr(about["accuracy"]), repr(about["loss"])] == [last[f"{split}_accuracy"], last[f"{split}_loss"]]
    assert about.keys() == {"run", "data", "split", "examples", "accuracy", "loss"}
    assert (about["run"], about["data"], about["split"], about["examples"]) == ("r", "idx", "validation", 10)
    text = run("eval", "r").stdout
    assert text.startswith(f"test accuracy {last['test_accuracy']}  loss ")
    assert text.endswith("  (60 examples of idx)\n")


MISUSES = {
    "no run": (["nowhere"], 2, "nowhere: expected a run directory"),
    "a key of another section": (["r", "--set", "train.epochs=3"], 2, "expected a key of section data"),
    "a split that is not there": (["r", "--split", "validation"], 2, "held out for validation; xor has none"),
    "data that are not there": (["r", "--set", "data.name=idx", "--set", "data.dir=none"], 4, "expected a folder"),
    "no checkpoint": (["r/copy"], 1, "there is no checkpoint"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "message"), MISUSES.values(), ids=MISUSES)
def test_misuse_gets_one_clear_message(arguments: list[str], code: int, message: str) -> None:
    path = untrained(config(data_name="xor", model_hidden=[4], model_loss="half_squared_error"))
    (path / "copy").mkdir()
    (path / "copy/config.yaml").write_bytes((path / "config.yaml").read_bytes())
    result = run("eval", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
