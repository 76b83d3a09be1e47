"""Every key of a config: its default, what it accepts, what it means."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, replace
from functools import cache
from typing import Any

from mnist_bp.config import rules
from mnist_bp.config.rules import Rule

_COUNT = rules.whole(1, 1_000_000)
_SEED = rules.whole(0, 2**63 - 1)
_STEPS = rules.whole(0, 10**12)
_PIXELS = rules.whole(1, 1000)
_DIFFERENTIABLE = rules.choice("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")
_ACTIVATION = replace(_DIFFERENTIABLE, expected=f"{_DIFFERENTIABLE.expected} (not step, whose derivative is 0)")


def _key(default: object, rule: Rule, meaning: str) -> Any:
    """Define a key; without a default (MISSING) it must be given."""
    return field(default=default, metadata={"rule": rule, "meaning": meaning})


@dataclass(frozen=True)
class DataConfig:
    """Section `data`: which examples."""

    name: str = _key(
        "mnist",
        rules.choice("mnist", "fashion-mnist", "kmnist", "synthetic", "idx", "plane", "xor", "chain"),
        "the data set; `synthetic` needs no network, `idx` reads four IDX files from `data.dir`; `plane`, `xor` and "
        "`chain` hold points instead of images, with a yes/no label for one output",
    )
    dir: str | None = _key(
        None,
        rules.or_null(rules.string),
        "folder of the four IDX files for `data.name: idx`, relative to the working directory",
    )
    validation: int = _key(
        0, rules.whole(0, 10**9), "number of examples at the end of the training set to hold out for validation"
    )
    seed: int = _key(0, _SEED, "random seed for the `synthetic` digits and for the split of `plane`")
    cache_dir: str | None = _key(None, rules.or_null(rules.string), "cache folder; null: the user's own")
    mirrors: tuple[str, ...] | None = _key(
        None,
        rules.or_null(rules.list_of(rules.string)),
        "addresses to download from, in order; null: the data set's own",
    )
    augment: None = _key(None, rules.null, "augmentation of the training images; this version has none")


@dataclass(frozen=True)
class ConvConfig:
    """One item of `model.conv`: a convolutional layer, its activation function, and the pooling that may follow."""

    filters: int = _key(MISSING, _COUNT, "number of filters")
    kernel: int = _key(3, _PIXELS, "height and width of a filter, in pixels")
    stride: int = _key(1, _PIXELS, "pixels from one position of a filter to the next")
    padding: int = _key(0, rules.whole(0, 1000), "rows and columns of zeros added at each edge of the image")
    pool: str | None = _key(
        None, rules.or_null(rules.choice("max", "average")), "what pooling keeps of each window; null: no pooling"
    )
    pool_size: int = _key(2, _PIXELS, "height, width and stride of the pooling windows, in pixels")


@dataclass(frozen=True)
class ModelConfig:
    """Section `model`: which network."""

    conv: tuple[ConvConfig, ...] = _key(
        (),
        rules.list_of(rules.instance(ConvConfig, "such as {filters: 8, kernel: 5, pool: max}")),
        "convolutional layers, in front of the hidden ones, each with the keys that follow",
    )
    hidden: tuple[int, ...] = _key((50,), rules.list_of(_COUNT), "number of units in each hidden layer")
    activation: str = _key("sigmoid", _ACTIVATION, "activation function of the convolutional and hidden layers")
    output: str = _key("identity", _ACTIVATION, "activation function of the last layer")
    bias: bool = _key(True, rules.boolean, "whether layers add a bias")
    init: str = _key("normal", rules.choice("normal", "xavier", "he", "zeros"), "distribution of the initial weights")
    weight_init_std: float = _key(0.01, rules.positive, "standard deviation of `init: normal`")
    dropout: float = _key(0.0, rules.below_one, "fraction of hidden units dropped in training")
    loss: str = _key(
        "softmax_cross_entropy",
        rules.choice("softmax_cross_entropy", "binary_cross_entropy", "mean_squared_error", "half_squared_error"),
        "what training minimises; the two cross-entropies take logits, so `output: identity`",
    )
    label_smoothing: float = _key(
        0.0, rules.below_one, "share of the target spread evenly over all classes, for `softmax_cross_entropy`"
    )


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
    optimizer: str = _key(
        "sgd", rules.choice("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"), "update rule"
    )
    momentum: float = _key(0.9, rules.below_one, "share of the last update that is kept, for `momentum` and `nesterov`")
    beta1: float = _key(0.9, rules.below_one, "decay rate of the mean of gradients, for `adam` and `adamw`")
    beta2: float = _key(0.999, rules.below_one, "decay rate of the mean of squared gradients, for `adam` and `adamw`")
    rho: float = _key(0.9, rules.below_one, "decay rate of the mean of squared gradients, for `rmsprop`")
    epsilon: float = _key(
        1e-8,
        rules.number("a number from 1e-30 to 1", lambda value: 1e-30 <= value <= 1),
        "keeps the divisor from 0, for `adagrad`, `rmsprop`, `adam` and `adamw`",
    )
    learning_rate: float = _key(0.1, rules.positive, "learning rate; where a schedule changes it, its highest value")
    schedule: str = _key(
        "constant", rules.choice("constant", "step", "cosine", "one_cycle"), "how the learning rate changes"
    )
    schedule_epochs: int | None = _key(
        None, rules.or_null(_COUNT), "epochs over which `cosine` and `one_cycle` run; null: the whole run"
    )
    decay_every: int = _key(10, _COUNT, "epochs between two decays of `schedule: step`")
    decay_factor: float = _key(0.1, rules.up_to_one, "what each decay of `schedule: step` multiplies the rate by")
    warmup_steps: int = _key(0, _STEPS, "steps in which the learning rate rises linearly to that of the schedule")
    weight_decay: float = _key(
        0.0,
        rules.not_negative,
        "λ of the L2 penalty λ/2·ΣW² on weights, not on biases; decoupled from the gradient for `adamw`",
    )
    clip_norm: float | None = _key(
        None,
        rules.or_null(rules.positive),
        "longest gradient, weight decay's included, as a norm over all parameters; longer ones are shortened",
    )
    gradient: str = _key("backprop", rules.choice("backprop", "numerical"), "how the gradient is computed")
    shadow_check: int = _key(
        0, _STEPS, "every that many steps, backprop is compared with the numerical gradient; 0: never"
    )
    metrics: str = _key(
        "running",
        rules.choice("running", "full"),
        "training loss and accuracy: running mean over the epoch's mini-batches, or a full pass at its end",
    )
    checkpoint_seconds: float = _key(
        60.0, rules.positive, "seconds between two checkpoints within an epoch; each epoch ends with one as well"
    )
    dtype: str = _key("float32", rules.choice("float32", "float64"), "precision of the network")
    threads: int = _key(1, rules.whole(1, 1024), "BLAS threads; the last bits depend on their number")


@dataclass(frozen=True)
class Config:
    """All that determines a run: equal configs give equal bytes on equal machines."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    seed: int = _key(0, _SEED, "random seed for initial weights, order of examples and dropout")


SECTIONS: dict[str, Any] = {"data": DataConfig, "model": ModelConfig, "train": TrainConfig}
ITEMS: dict[str, Any] = {"model.conv": ConvConfig}  # keys that hold a list whose items have keys themselves

# Keys that only some values of another key use. Elsewhere they would silently do nothing, as train.momentum would with
# train.optimizer=sgd, so there they keep their defaults.
USED_BY = {
    "data.dir": ("data.name", ["idx"]),
    "model.weight_init_std": ("model.init", ["normal"]),
    "model.label_smoothing": ("model.loss", ["softmax_cross_entropy"]),
    "train.momentum": ("train.optimizer", ["momentum", "nesterov"]),
    "train.beta1": ("train.optimizer", ["adam", "adamw"]),
    "train.beta2": ("train.optimizer", ["adam", "adamw"]),
    "train.rho": ("train.optimizer", ["rmsprop"]),
    "train.epsilon": ("train.optimizer", ["adagrad", "rmsprop", "adam", "adamw"]),
    "train.schedule_epochs": ("train.schedule", ["cosine", "one_cycle"]),
    "train.decay_every": ("train.schedule", ["step"]),
    "train.decay_factor": ("train.schedule", ["step"]),
}

INTERDEPENDENT = {  # the keys whose values `contradictions` compares
    *USED_BY, *(chooser for chooser, _ in USED_BY.values()),
    "model.conv", "model.dropout", "model.hidden", "model.output", "train.gradient", "train.shadow_check",
}  # fmt: skip

ONE_OUTPUT = ("plane", "xor", "chain")  # the data sets of points with a yes/no label, no images
FROM_LOGITS = ("softmax_cross_entropy", "binary_cross_entropy")  # the losses that hold the last activation themselves


@cache
def keys() -> dict[str, "Field[Any]"]:
    """Return every key by its dotted name, in file order, with the dataclass field that defines it."""
    dotted = {f"{section}.{key.name}": key for section, cls in SECTIONS.items() for key in fields(cls)}
    return dotted | {key.name: key for key in fields(Config) if key.name not in SECTIONS}


def rule_of(key: str) -> Rule:
    """Return what the dotted key accepts."""
    rule: Rule = keys()[key].metadata["rule"]
    return rule


def replaced(config: Config, values: Mapping[str, object]) -> Config:
    """Return `config` with other values for some dotted keys; nothing is checked."""
    changes: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        changes.setdefault(section, {})[name] = value
    own = changes.pop("", {})
    return replace(
        config, **own, **{section: replace(getattr(config, section), **new) for section, new in changes.items()}
    )


def differences(before: Config, after: Config) -> dict[str, tuple[str, str]]:
    """Return the keys in which two configs differ, each with both values as one would write them."""
    pairs = {key: (_written(_get(before, key)), _written(_get(after, key))) for key in keys()}
    return {key: (old, new) for key, (old, new) in pairs.items() if old != new}


def contradictions(config: Config) -> Iterator[str]:
    """Yield what no single key's rule can see: values that are right alone and wrong together."""
    data, model, train = config.data, config.model, config.train
    if data.name == "idx" and data.dir is None:
        yield "data.dir: expected the folder of the four IDX files that data.name=idx reads; got null"
    for key, (chooser, users) in USED_BY.items():
        value, default = _get(config, key), keys()[key].default
        if value != default and _get(config, chooser) not in users:
            only = f"as only {chooser}={' or '.join(users)} uses it"
            yield f"{key}: expected {_written(default)}, its default, {only}; got {_written(value)}"
    for index, layer in enumerate(model.conv):
        if layer.pool is None and layer.pool_size != ConvConfig.pool_size:
            default = f"{ConvConfig.pool_size}, its default, as there is no pool"
            yield f"model.conv[{index}].pool_size: expected {default}; got {layer.pool_size}"
    if data.name in ONE_OUTPUT and model.conv:
        yield f"model.conv: expected [], as data.name={data.name} has no images; got {_written(model.conv)}"
    if data.name in ONE_OUTPUT and model.loss == "softmax_cross_entropy":
        why = f"as data.name={data.name} has one output and a softmax needs two"
        yield f"model.loss: expected binary_cross_entropy or a squared error, {why}; got {model.loss}"
    if model.loss in FROM_LOGITS and model.output != "identity":
        yield f"model.output: expected identity, as model.loss={model.loss} takes logits; got {model.output}"
    if model.dropout > 0 and not model.hidden:
        yield f"model.dropout: expected 0, as there is no hidden layer (model.hidden); got {model.dropout}"
    if train.gradient == "numerical" and train.shadow_check > 0:
        why = "as train.gradient=numerical leaves no backprop to compare with"
        yield f"train.shadow_check: expected 0, {why}; got {train.shadow_check}"


def _get(config: Config, key: str) -> object:
    value: object = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _written(value: object) -> str:
    return json.dumps(value, default=asdict)
