"""Every config and every sweep in configs/ says what it shows, and loads."""

from pathlib import Path

import pytest

from mnist_bp.config import catalog, dump, load
from mnist_bp.sweep import plan, reader

LONGEST = 62  # of a line that stands beside the longest name, in 80 columns
CONFIGS = sorted(Path(__file__).parents[2].glob("configs/*.yaml"))
SWEEPS = sorted(Path(__file__).parents[2].glob("configs/sweeps/*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_config_opens_with_what_it_shows_and_loads_back_as_itself(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert 0 < len(catalog.about(path)) <= LONGEST
    config = load(path)
    Path("dumped.yaml").write_text(dump(config))
    assert load("dumped.yaml") == config


def test_the_promised_configs_are_there() -> None:
    assert {path.stem for path in CONFIGS} >= {
        "quickstart", "book", "book-relu", "book-numerical", "mnist", "three-layer", "relu-mse", "conv",
        "plane", "xor", "chain", "speedrun",
    }  # fmt: skip


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.name)
def test_a_sweep_opens_with_what_it_shows_and_has_as_many_runs_as_it_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert 0 < len(catalog.about(path)) <= LONGEST
    runs = [*plan.plan(reader.load(path, None, [], None), Path("sweeps"))]
    assert f" {len(runs)} runs" in text.replace("\n#", "")
    assert len({run.out for run in runs}) == len(runs)
    assert all(run.config.data.validation for run in runs)  # or the best would be chosen by the test images


def test_no_config_and_sweep_share_a_name() -> None:
    """Or the folder of a sweep could belong to either."""
    assert not {path.stem for path in CONFIGS} & {path.stem for path in SWEEPS}


def test_the_promised_sweeps_are_there() -> None:
    assert {path.stem for path in SWEEPS} >= {"learning-rate", "width", "book-optimizers"}
