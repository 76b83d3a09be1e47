"""What a run is made of: YAML and `--set` in, one frozen, checked `Config` out."""

from mnist_bp.config.reader import dump, load
from mnist_bp.config.schema import Config, ConvConfig, DataConfig, ModelConfig, TrainConfig, differences, keys

__all__ = ["Config", "ConvConfig", "DataConfig", "ModelConfig", "TrainConfig", "differences", "dump", "keys", "load"]
