"""A whole config: its sections, each of whose keys is defined once: default, what it accepts, what it means."""

from dataclasses import dataclass
from typing import Any

from mnist_bp.config import rules
from mnist_bp.config.data import AugmentConfig, DataConfig
from mnist_bp.config.key import key
from mnist_bp.config.model import ConvConfig, ModelConfig
from mnist_bp.config.train import TrainConfig


@dataclass(frozen=True)
class Config:
    """All that determines a run: equal configs give equal bytes on equal machines."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    seed: int = key(0, rules.seed, "random seed for initial weights, order of examples and dropout", of_setting=False)


SECTIONS: dict[str, Any] = {"data": DataConfig, "model": ModelConfig, "train": TrainConfig}
NESTED: dict[str, Any] = {"data.augment": AugmentConfig}  # keys that hold keys themselves, or null
ITEMS: dict[str, Any] = {"model.conv": ConvConfig}  # keys that hold a list whose items have keys themselves
