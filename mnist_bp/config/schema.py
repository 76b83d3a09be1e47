"""Every key of a config, each defined once: its default, what it accepts, what it means, and what hangs on it."""

from dataclasses import MISSING, dataclass
from typing import Any

from mnist_bp.config import rules
from mnist_bp.config.key import key

_COUNT = rules.whole(1, 1_000_000)
_SEED = rules.whole(0, 2**63 - 1)
_STEPS = rules.whole(0, 10**12)
_PIXELS = rules.whole(1, 1000)
_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")


def _differentiable(*names: str) -> rules.Rule:
    rule = rules.choice(*names)
    return rule._replace(expected=f"{rule.expected} (not step, whose derivative is 0)")


@dataclass(frozen=True)
class DataConfig:
    """Section `data`: which examples."""

    name: str = key(
        "mnist",
        rules.choice("mnist", "fashion-mnist", "kmnist", "synthetic", "idx", "plane", "xor", "chain"),
        "the data set; `synthetic` needs no network, `idx` reads four IDX files from `data.dir`; `plane`, `xor` and "
        "`chain` hold points instead of images, with a yes/no label for one output",
    )
    dir: str | None = key(
        None,
        rules.or_null(rules.string),
        "folder of the four IDX files for `data.name: idx`, relative to the working directory",
        used_by=("data.name", "idx"),
        on_resume="free",
    )
    labels: tuple[str, ...] | None = key(
        None,
        rules.or_null(rules.list_of(rules.name)),
        "names of the classes for `data.name: idx`, from class 0 on; null: their numbers",
        used_by=("data.name", "idx"),
        on_resume="free",
        of_setting=False,
    )
    validation: int = key(
        0, rules.whole(0, 10**9), "number of examples at the end of the training set to hold out for validation"
    )
    seed: int = key(0, _SEED, "random seed for the `synthetic` digits and for the split of `plane`")
    cache_dir: str | None = key(
        None, rules.or_null(rules.string), "cache folder; null: the user's own", on_resume="free", of_setting=False
    )
    mirrors: tuple[str, ...] | None = key(
        None,
        rules.or_null(rules.list_of(rules.string)),
        "addresses to download from, in order; null: the data set's own",
        on_resume="free",
        of_setting=False,
    )
    preprocessing: str = key(
        "mnist",
        rules.choice("mnist", "resize"),
        "how `bp predict` prepares pictures for `data.name: idx`: `mnist` finds digits, boxes and centres them; "
        "`resize` takes the whole picture",
        used_by=("data.name", "idx"),
        on_resume="free",
        of_setting=False,
    )


@dataclass(frozen=True)
class ConvConfig:
    """One item of `model.conv`: a convolutional layer, its activation function, and the pooling that may follow."""

    filters: int = key(MISSING, _COUNT, "number of filters")
    kernel: int = key(3, _PIXELS, "height and width of a filter, in pixels")
    stride: int = key(1, _PIXELS, "pixels from one position of a filter to the next")
    padding: int = key(0, rules.whole(0, 1000), "rows and columns of zeros added at each edge of the image")
    pool: str | None = key(
        None, rules.or_null(rules.choice("max", "average")), "what pooling keeps of each window; null: no pooling"
    )
    pool_size: int = key(2, _PIXELS, "height, width and stride of the pooling windows, in pixels")


@dataclass(frozen=True)
class ModelConfig:
    """Section `model`: which network."""

    conv: tuple[ConvConfig, ...] = key(
        (),
        rules.list_of(rules.instance(ConvConfig, "such as {filters: 8, kernel: 5, pool: max}")),
        "convolutional layers, in front of the hidden ones, each with the keys that follow",
    )
    hidden: tuple[int, ...] = key((50,), rules.list_of(_COUNT), "number of units in each hidden layer")
    activation: str = key(
        "sigmoid", _differentiable(*_ACTIVATIONS), "activation function of the convolutional and hidden layers"
    )
    output: str = key(
        "identity",
        _differentiable(*_ACTIVATIONS, "softmax"),
        "activation function of the last layer; `softmax` makes probabilities of its outputs",
    )
    bias: bool = key(True, rules.boolean, "whether layers add a bias")
    init: str = key("normal", rules.choice("normal", "xavier", "he", "zeros"), "distribution of the initial weights")
    weight_init_std: float = key(
        0.01, rules.positive, "standard deviation of `init: normal`", used_by=("model.init", "normal")
    )
    dropout: float = key(0.0, rules.below_one, "fraction of hidden units dropped in training")
    loss: str = key(
        "softmax_cross_entropy",
        rules.choice(
            "softmax_cross_entropy", "cross_entropy", "binary_cross_entropy", "mean_squared_error", "half_squared_error"
        ),
        "what training minimises; `softmax_cross_entropy` and `binary_cross_entropy` take logits, so "
        "`output: identity`, and `cross_entropy` probabilities, so `output: softmax`",
    )
    label_smoothing: float = key(
        0.0,
        rules.below_one,
        "share of the target spread evenly over all classes, for `softmax_cross_entropy`",
        used_by=("model.loss", "softmax_cross_entropy"),
    )


@dataclass(frozen=True)
class TrainConfig:
    """Section `train`: how it learns."""

    epochs: int = key(17, _COUNT, "passes over the training set", on_resume="length")
    max_steps: int | None = key(
        None,
        rules.or_null(rules.whole(1, 10**12)),
        "stop after this many steps, if that comes before `epochs`",
        on_resume="length",
    )
    batch_size: int = key(100, _COUNT, "examples per step")
    sampling: str = key(
        "shuffle",
        rules.choice("shuffle", "replacement"),
        "`shuffle`: each example once an epoch; `replacement`: each batch drawn from all, as the book does",
    )
    optimizer: str = key(
        "sgd", rules.choice("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"), "update rule"
    )
    momentum: float = key(
        0.9,
        rules.below_one,
        "share of the last update that is kept, for `momentum` and `nesterov`",
        used_by=("train.optimizer", "momentum", "nesterov"),
    )
    beta1: float = key(
        0.9,
        rules.below_one,
        "decay rate of the mean of gradients, for `adam` and `adamw`",
        used_by=("train.optimizer", "adam", "adamw"),
    )
    beta2: float = key(
        0.999,
        rules.below_one,
        "decay rate of the mean of squared gradients, for `adam` and `adamw`",
        used_by=("train.optimizer", "adam", "adamw"),
    )
    rho: float = key(
        0.9,
        rules.below_one,
        "decay rate of the mean of squared gradients, for `rmsprop`",
        used_by=("train.optimizer", "rmsprop"),
    )
    epsilon: float = key(
        1e-8,
        rules.number("a number from 1e-30 to 1", lambda value: 1e-30 <= value <= 1),
        "keeps the divisor from 0, for `adagrad`, `rmsprop`, `adam` and `adamw`",
        used_by=("train.optimizer", "adagrad", "rmsprop", "adam", "adamw"),
    )
    learning_rate: float = key(0.1, rules.positive, "learning rate; where a schedule changes it, its highest value")
    schedule: str = key(
        "constant", rules.choice("constant", "step", "cosine", "one_cycle"), "how the learning rate changes"
    )
    schedule_epochs: int | None = key(
        None,
        rules.or_null(_COUNT),
        "epochs over which `cosine` and `one_cycle` run; null: the whole run",
        used_by=("train.schedule", "cosine", "one_cycle"),
    )
    decay_every: int = key(
        10, _COUNT, "epochs between two decays of `schedule: step`", used_by=("train.schedule", "step")
    )
    decay_factor: float = key(
        0.1,
        rules.up_to_one,
        "what each decay of `schedule: step` multiplies the rate by",
        used_by=("train.schedule", "step"),
    )
    warmup_steps: int = key(0, _STEPS, "steps in which the learning rate rises linearly to that of the schedule")
    weight_decay: float = key(
        0.0,
        rules.not_negative,
        "λ of the L2 penalty λ/2·ΣW² on weights, not on biases; decoupled from the gradient for `adamw`",
    )
    clip_norm: float | None = key(
        None,
        rules.or_null(rules.positive),
        "longest gradient, weight decay's included, as a norm over all parameters; longer ones are shortened",
    )
    gradient: str = key("backprop", rules.choice("backprop", "numerical"), "how the gradient is computed")
    shadow_check: int = key(
        0,
        _STEPS,
        "every that many steps, backprop is compared with the numerical gradient; 0: never",
        on_resume="free",
        of_setting=False,
    )
    metrics: str = key(
        "running",
        rules.choice("running", "full"),
        "training loss and accuracy: running mean over the epoch's mini-batches, or a full pass at its end",
    )
    log_every: int | None = key(
        None,
        rules.or_null(rules.whole(1, 10**12)),
        "every that many steps, the loss goes to `steps.csv` of the run directory; null: never",
        on_resume="free",
        of_setting=False,
    )
    checkpoint_seconds: float = key(
        60.0,
        rules.positive,
        "seconds between two checkpoints within an epoch; each epoch ends with one as well",
        on_resume="free",
        of_setting=False,
    )
    dtype: str = key("float32", rules.choice("float32", "float64"), "precision of the network")
    shards: int = key(
        1, rules.whole(1, 1024), "parts of a batch, each with a thread; the last bits depend on their number"
    )


@dataclass(frozen=True)
class Config:
    """All that determines a run: equal configs give equal bytes on equal machines."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    seed: int = key(0, _SEED, "random seed for initial weights, order of examples and dropout", of_setting=False)


SECTIONS: dict[str, Any] = {"data": DataConfig, "model": ModelConfig, "train": TrainConfig}
ITEMS: dict[str, Any] = {"model.conv": ConvConfig}  # keys that hold a list whose items have keys themselves
