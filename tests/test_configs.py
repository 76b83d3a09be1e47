"""Every config in configs/ says what it shows, loads, and is in the README."""

from pathlib import Path

import pytest

from mnist_bp.config import dump, load

CONFIGS = sorted(Path(__file__).parents[1].glob("configs/*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_config_opens_with_what_it_shows_and_loads_back_as_itself(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
    config = load(path)
    Path("dumped.yaml").write_text(dump(config))
    assert load("dumped.yaml") == config


def test_the_promised_configs_are_there() -> None:
    assert {path.stem for path in CONFIGS} >= {
        "quickstart", "book", "book-relu", "book-numerical", "mnist", "three-layer", "relu-mse", "conv",
        "plane", "xor", "chain", "speedrun",
    }  # fmt: skip
