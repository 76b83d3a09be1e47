"""Configs to YAML: the same text as PyYAML's own, and values that --set reads back."""

import math
from dataclasses import replace

import pytest
import yaml

from mnist_bp.config import AugmentConfig, Config, ConvConfig, DataConfig, ModelConfig, TrainConfig, dump, load
from mnist_bp.config.access import plain
from mnist_bp.config.schema import SECTIONS
from mnist_bp.config.writer import written

UNUSUAL = Config(
    data=DataConfig(dir="a: b, [c] 'd' \"e\" #f {g} é", name="idx", mirrors=("1e-3", "null", "~", "- x", "0x10", "")),
    model=ModelConfig(conv=(ConvConfig(8, pool="max"), ConvConfig(4, kernel=5)), hidden=(), bias=False),
    train=TrainConfig(learning_rate=1e-300, weight_decay=1e22, max_steps=10**12, clip_norm=123456.789),
    seed=2**63 - 1,
)
MIXED = DataConfig(extra=(("synthetic", 0.5), ("fashion-mnist", 1.0)), augment=AugmentConfig(rotation=12.0))
CONFIGS = [Config(), UNUSUAL, Config(MIXED)]


@pytest.mark.parametrize("config", CONFIGS, ids=["default", "unusual", "mixed"])
def test_pyyamls_own_reader_reads_the_same_values(config: Config) -> None:
    """PyYAML's own reader takes 1e-300 for a string, which is why numbers are compared as such."""
    read = yaml.safe_load(dump(config))
    for name, section in plain(config).items():
        for key, value in section.items() if name in SECTIONS else [(name, section)]:
            got = read[name][key] if name in SECTIONS else read[name]
            assert math.isclose(float(got), value) if isinstance(value, float) else got == value, key


@pytest.mark.parametrize("config", CONFIGS, ids=["default", "unusual", "mixed"])
def test_every_value_stands_on_one_line_and_is_read_back_from_an_override(config: Config) -> None:
    overrides = [f"seed={written('seed', config.seed)}"]
    for section in SECTIONS:
        for key, value in vars(getattr(config, section)).items():
            text = written(key, value)
            assert "\n" not in text
            if value != ("1e-3", "null", "~", "- x", "0x10", ""):  # of which the last is refused
                overrides.append(f"{section}.{key}={text}")
    mirrors = config.data.mirrors and None
    assert load(None, overrides) == replace(config, data=replace(config.data, mirrors=mirrors))


def test_minus_zero_is_written_as_zero() -> None:
    assert dump(load(None, ["train.weight_decay=-0.0"])) == dump(Config())
