"""What a run is made of: YAML and `--set` in, one frozen, checked `Config` out."""

from mnist_bp.config.identity import forbidden_changes, has_fixed_length, has_same_length
from mnist_bp.config.reader import load, parse
from mnist_bp.config.schema import Config, ConvConfig, DataConfig, ModelConfig, TrainConfig, differences, keys
from mnist_bp.config.writer import dump

__all__ = [
    "Config",
    "ConvConfig",
    "DataConfig",
    "ModelConfig",
    "TrainConfig",
    "differences",
    "dump",
    "forbidden_changes",
    "has_fixed_length",
    "has_same_length",
    "keys",
    "load",
    "parse",
]
