"""Every key of a config: its default, what it accepts, what it means."""

import json
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any

from mnist_bp.config import rules
from mnist_bp.config.rules import Rule

_COUNT = rules.whole(1, 1_000_000)
_SEED = rules.whole(0, 2**63 - 1)


def _key(default: object, rule: Rule, meaning: str) -> Any:
    return field(default=default, metadata={"rule": rule, "meaning": meaning})


@dataclass(frozen=True)
class DataConfig:
    """Section `data`: which examples."""

    name: str = _key(
        "mnist",
        rules.choice("mnist", "fashion-mnist", "kmnist", "synthetic", "idx"),
        "the data set; `synthetic` needs no network, `idx` reads four IDX files from `data.dir`",
    )
    dir: str | None = _key(
        None,
        rules.or_null(rules.string),
        "folder of the four IDX files for `data.name: idx`, relative to the working directory",
    )
    validation: int = _key(
        0, rules.whole(0, 10**9), "number of examples at the end of the training set to hold out for validation"
    )
    seed: int = _key(0, _SEED, "random seed for the `synthetic` digits")
    cache_dir: str | None = _key(None, rules.or_null(rules.string), "cache folder; null: the user's own")
    mirrors: tuple[str, ...] | None = _key(
        None,
        rules.or_null(rules.list_of(rules.string)),
        "addresses to download from, in order; null: the data set's own",
    )
    augment: None = _key(None, rules.only(None, "null"), "augmentation of the training images")


@dataclass(frozen=True)
class ModelConfig:
    """Section `model`: which network."""

    conv: tuple[()] = _key((), rules.only([], "[]"), "convolutional layers")
    hidden: tuple[int, ...] = _key((50,), rules.list_of(_COUNT), "number of units in each hidden layer")
    activation: str = _key("sigmoid", rules.choice("sigmoid", "relu"), "activation function of the hidden layers")
    output: str = _key("identity", rules.choice("identity"), "activation function of the last layer")
    bias: bool = _key(True, rules.boolean, "whether layers add a bias")
    init: str = _key("normal", rules.choice("normal", "xavier", "he"), "distribution of the initial weights")
    weight_init_std: float = _key(0.01, rules.positive(), "standard deviation of `init: normal`")
    dropout: int = _key(0, rules.only(0, "0"), "fraction of hidden units dropped in training")
    loss: str = _key("softmax_cross_entropy", rules.choice("softmax_cross_entropy"), "what training minimises")


@dataclass(frozen=True)
class TrainConfig:
    """Section `train`: how it learns."""

    epochs: int = _key(17, _COUNT, "passes over the training set")
    max_steps: int | None = _key(
        None, rules.or_null(rules.whole(1, 10**12)), "stop after this many steps, if that comes before `epochs`"
    )
    batch_size: int = _key(100, _COUNT, "examples per step")
    sampling: str = _key(
        "shuffle",
        rules.choice("shuffle", "replacement"),
        "`shuffle`: each example once an epoch; `replacement`: each batch drawn from all, as the book does",
    )
    optimizer: str = _key("sgd", rules.choice("sgd"), "update rule")
    learning_rate: float = _key(0.1, rules.positive(), "learning rate")
    schedule: str = _key("constant", rules.choice("constant"), "learning-rate schedule")
    weight_decay: int = _key(0, rules.only(0, "0"), "weight decay coefficient")
    gradient: str = _key("backprop", rules.choice("backprop", "numerical"), "how the gradient is computed")
    metrics: str = _key(
        "running",
        rules.choice("running", "full"),
        "training loss and accuracy: running mean over the epoch's mini-batches, or a full pass at its end",
    )
    dtype: str = _key("float32", rules.choice("float32", "float64"), "precision of the network")
    threads: int = _key(1, rules.whole(1, 1024), "BLAS threads; the last bits depend on their number")


@dataclass(frozen=True)
class Config:
    """All that determines a run: equal configs give equal bytes on equal machines."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    seed: int = _key(0, _SEED, "random seed for initial weights and order of examples")


SECTIONS: dict[str, Any] = {"data": DataConfig, "model": ModelConfig, "train": TrainConfig}


def keys() -> dict[str, "Field[Any]"]:
    """Return every key by its dotted name, in file order, with the dataclass field that defines it."""
    dotted = {f"{section}.{key.name}": key for section, cls in SECTIONS.items() for key in fields(cls)}
    return dotted | {key.name: key for key in fields(Config) if key.name not in SECTIONS}


def differences(before: Config, after: Config) -> dict[str, tuple[str, str]]:
    """Return the keys in which two configs differ, each with both values as one would write them."""

    def get(config: Config, key: str) -> str:
        value: object = config
        for part in key.split("."):
            value = getattr(value, part)
        return json.dumps(value)

    pairs = {key: (get(before, key), get(after, key)) for key in keys()}
    return {key: (old, new) for key, (old, new) in pairs.items() if old != new}


def contradictions(config: Config) -> Iterator[str]:
    """Yield what no single key's rule can see: values that are right alone and wrong together."""
    if config.data.name == "idx" and config.data.dir is None:
        yield "data.dir: expected the folder of the four IDX files that data.name=idx reads; got null"
    if config.data.name != "idx" and config.data.dir is not None:
        yield f"data.dir: expected null, as only data.name=idx reads it; got {config.data.dir}"
