"""`bp config`."""

from pathlib import Path

from mnist_bp.config import Config, load
from tests.helpers.commands import run


def test_the_effective_config_is_printed(small_config: Path) -> None:
    result = run("config", small_config, "--set", "train.epochs=9")
    assert result.exit_code == 0
    Path("effective.yaml").write_text(result.stdout)
    assert load("effective.yaml") == load(small_config, ["train.epochs=9"]) != Config()


def test_mistakes_go_to_stderr_with_exit_2() -> None:
    Path("c.yaml").write_text("train: {epoch: 3}\nseed: x\n")
    result = run("config", "c.yaml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "error: c.yaml:1: train.epoch: unknown key; did you mean train.epochs?\n"
        "error: c.yaml:2: seed: expected an integer from 0 to 9223372036854775807; got x\n"
    )
