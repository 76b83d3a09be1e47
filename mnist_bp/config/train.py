"""Section `train`: how the network learns."""

from dataclasses import dataclass

from mnist_bp.config import rules
from mnist_bp.config.key import key


@dataclass(frozen=True)
class TrainConfig:
    """Section `train`."""

    epochs: int = key(17, rules.count, "passes over the training set", on_resume="length")
    max_steps: int | None = key(
        None,
        rules.or_null(rules.whole(1, 10**12)),
        "stop after this many steps, if that comes before `epochs`",
        on_resume="length",
    )
    batch_size: int = key(100, rules.count, "examples per step")
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
        rules.or_null(rules.count),
        "epochs over which `cosine` and `one_cycle` run; null: the whole run",
        used_by=("train.schedule", "cosine", "one_cycle"),
    )
    decay_every: int = key(
        10, rules.count, "epochs between two decays of `schedule: step`", used_by=("train.schedule", "step")
    )
    decay_factor: float = key(
        0.1,
        rules.up_to_one,
        "what each decay of `schedule: step` multiplies the rate by",
        used_by=("train.schedule", "step"),
    )
    warmup_steps: int = key(0, rules.steps, "steps in which the learning rate rises linearly to that of the schedule")
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
    ema_decay: float = key(
        0.0,
        rules.below_one,
        "decay rate, per step, of an exponential moving average of the parameters, which is then what is evaluated and "
        "kept; 0: no average",
    )
    keep: str = key(
        "last",
        rules.choice("last", "best"),
        "which epoch's parameters the run ends with: the last one's, or those of the `best` validation accuracy, of "
        "equal ones the lowest loss",
    )
    patience: int | None = key(
        None,
        rules.or_null(rules.count),
        "early stopping, after this many epochs of which none was better, as `keep: best` compares them; null: never",
    )
    gradient: str = key("backprop", rules.choice("backprop", "numerical"), "how the gradient is computed")
    shadow_check: int = key(
        0,
        rules.steps,
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
