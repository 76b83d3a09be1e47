"""What a run is made of: YAML and `--set` in, one frozen, checked `Config` out."""

from mnist_bp.config.access import changes, keys, replaced, rule_of, settable, used
from mnist_bp.config.data import AugmentConfig, DataConfig
from mnist_bp.config.identity import forbidden_changes, has_fixed_length, length_changes
from mnist_bp.config.model import ConvConfig, ModelConfig
from mnist_bp.config.reader import load, parse
from mnist_bp.config.schema import Config
from mnist_bp.config.train import TrainConfig
from mnist_bp.config.writer import dump

__all__ = [
    "AugmentConfig",
    "Config",
    "ConvConfig",
    "DataConfig",
    "ModelConfig",
    "TrainConfig",
    "changes",
    "dump",
    "forbidden_changes",
    "has_fixed_length",
    "keys",
    "length_changes",
    "load",
    "parse",
    "replaced",
    "rule_of",
    "settable",
    "used",
]
