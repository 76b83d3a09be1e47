"""Values that are right alone and wrong together are named; the combinations that work pass."""

import json

import pytest

from mnist_bp.config import Config, ConvConfig, keys, replaced
from mnist_bp.config.access import defaults
from mnist_bp.config.contradictions import contradictions

TOGETHER = [  # a key, the key on which it depends, the values of that which use it, and the values which do not
    ("train.momentum", "train.optimizer", "momentum nesterov", "sgd adagrad rmsprop adam adamw"),
    ("train.beta1", "train.optimizer", "adam adamw", "sgd momentum nesterov adagrad rmsprop"),
    ("train.beta2", "train.optimizer", "adam adamw", "sgd momentum nesterov adagrad rmsprop"),
    ("train.rho", "train.optimizer", "rmsprop", "sgd momentum nesterov adagrad adam adamw"),
    ("train.epsilon", "train.optimizer", "adagrad rmsprop adam adamw", "sgd momentum nesterov"),
    ("train.schedule_epochs", "train.schedule", "cosine one_cycle", "constant step"),
    ("train.decay_every", "train.schedule", "step", "constant cosine one_cycle"),
    ("train.decay_factor", "train.schedule", "step", "constant cosine one_cycle"),
    ("model.label_smoothing", "model.loss", "softmax_cross_entropy",
     "binary_cross_entropy mean_squared_error half_squared_error"),
    ("model.weight_init_std", "model.init", "normal", "xavier he zeros"),
    ("data.dir", "data.name", "idx", "mnist fashion-mnist kmnist synthetic"),
    ("data.labels", "data.name", "idx", "mnist fashion-mnist kmnist synthetic"),
    ("data.preprocessing", "data.name", "idx", "mnist fashion-mnist kmnist synthetic"),
]  # fmt: skip
OTHER = {
    "data.dir": "here",
    "data.preprocessing": "resize",
    "train.schedule_epochs": 3,
    "train.decay_every": 3,
}  # than the default; 0.5 for the rest


def found(values: dict[str, object]) -> list[str]:
    """Return the contradictions in the default config with these values."""
    return list(contradictions(replaced(Config(), values)))


@pytest.mark.parametrize(("key", "chooser", "users", "others"), TOGETHER, ids=[row[0] for row in TOGETHER])
def test_a_key_may_change_only_where_it_is_used(key: str, chooser: str, users: str, others: str) -> None:
    """A key that nothing reads would be a mistake that nobody sees, such as momentum with plain SGD."""
    changed = OTHER.get(key, 0.5)
    for name in users.split():
        folder = {"data.dir": "here"} if name == "idx" else {}  # which idx must have
        assert found({chooser: name, **folder, key: changed}) == []
    only = f"{chooser}={users.replace(' ', ' or ')} {'or idx in data.extra use' if key == 'data.dir' else 'uses'}"
    for name in others.split():
        assert found({chooser: name}) == []
        assert found({chooser: name, key: changed}) == [
            f"{key}: expected {json.dumps(defaults()[key])}, its default, as only {only} it; got {json.dumps(changed)}"
        ]


def test_every_key_that_another_must_use_is_tested_above() -> None:
    assert {name for name, key in keys().items() if key.used_by} == {row[0] for row in TOGETHER}


POINTS = {"data.name": "plane", "model.loss": "half_squared_error"}
CONTRADICTIONS = {
    "other images among points": (
        POINTS | {"data.extra": (("kmnist", 1.0),)},
        'data.extra: expected {}, as data.name=plane has no images; got {"kmnist": 1.0}',
    ),
    "distorted points": (
        POINTS | {"data.augment.shift": 1.0},
        "data.augment: expected null, as data.name=plane has no images; got "
        '{"rotation": 0.0, "scale": 0.0, "shear": 0.0, "slant": 0.0, "shift": 1.0, "elastic_alpha": 0.0, '
        '"elastic_sigma": 4.0, "thickness": 0.0}',
    ),
    "a data set mixed with itself": (
        {"data.extra": (("kmnist", 1.0), ("mnist", 0.5))},
        'data.extra: expected other data sets than data.name=mnist; got {"kmnist": 1.0, "mnist": 0.5}',
    ),
    "idx among others without a folder": (
        {"data.extra": (("idx", 1.0),)},
        "data.dir: expected the folder of the four IDX files that idx in data.extra reads; got null",
    ),
    "an elastic distortion of none": (
        {"data.augment.elastic_sigma": 3.0, "data.augment.shift": 1.0},
        "data.augment.elastic_sigma: expected 4.0, its default, as data.augment.elastic_alpha is 0; got 3.0",
    ),
    "the best of no validation": (
        {"train.keep": "best"},
        "train.keep: expected last, as there are no validation examples (data.validation); got best",
    ),
    "patience without validation": (
        {"train.patience": 3},
        "train.patience: expected null, as there are no validation examples (data.validation); got 3",
    ),
    "dropout without hidden layers": (
        {"model.hidden": (), "model.dropout": 0.5},
        "model.dropout: expected 0, as there is no hidden layer (model.hidden); got 0.5",
    ),
    "idx without a folder": (
        {"data.name": "idx"},
        "data.dir: expected the folder of the four IDX files that data.name=idx reads; got null",
    ),
    **{
        f"a softmax for {name}": (
            {"data.name": name},
            f"model.loss: expected binary_cross_entropy or a squared error, as data.name={name} has one output and a "
            "softmax needs two; got softmax_cross_entropy",
        )
        for name in ("plane", "xor", "chain")
    },
    "a convolution of points": (
        POINTS | {"model.conv": (ConvConfig(8, pool="max", pool_size=3),)},
        "model.conv: expected [], as data.name=plane has no images; got "
        '[{"filters": 8, "kernel": 3, "stride": 1, "padding": 0, "pool": "max", "pool_size": 3}]',
    ),
    "a pool's size without a pool": (
        {"model.conv": (ConvConfig(8, pool="average", pool_size=3), ConvConfig(8, pool_size=3))},
        "model.conv[1].pool_size: expected 2, its default, as there is no pool; got 3",
    ),
    "a softmax of sigmoids": (
        {"model.output": "sigmoid"},
        "model.output: expected identity, as model.loss=softmax_cross_entropy takes logits; got sigmoid",
    ),
    "a softmax of softmax's": (
        {"model.output": "softmax"},
        "model.output: expected identity, as model.loss=softmax_cross_entropy takes logits; got softmax",
    ),
    "a sigmoid of softmax's": (
        {"model.output": "softmax", "model.loss": "binary_cross_entropy"},
        "model.output: expected identity, as model.loss=binary_cross_entropy takes logits; got softmax",
    ),
    "probabilities expected of logits": (
        {"model.loss": "cross_entropy"},
        "model.output: expected softmax, as model.loss=cross_entropy takes probabilities; got identity",
    ),
    "probabilities expected of sigmoids": (
        {"model.loss": "cross_entropy", "model.output": "sigmoid"},
        "model.output: expected softmax, as model.loss=cross_entropy takes probabilities; got sigmoid",
    ),
    "a cross-entropy of classes for a single output": (
        {"data.name": "xor", "model.loss": "cross_entropy"},
        "model.loss: expected binary_cross_entropy or a squared error, as data.name=xor has one output and a softmax "
        "needs two; got cross_entropy",
    ),
    **{
        f"a softmax layer for {name}": (
            {"data.name": name, "model.loss": "half_squared_error", "model.output": "softmax"},
            f"model.output: expected another activation function, as data.name={name} has one output and a softmax "
            "needs two; got softmax",
        )
        for name in ("plane", "xor", "chain")
    },
    "two sigmoids in a row": (
        {"model.output": "sigmoid", "model.loss": "binary_cross_entropy"},
        "model.output: expected identity, as model.loss=binary_cross_entropy takes logits; got sigmoid",
    ),
    "a numerical gradient compared with itself": (
        {"train.gradient": "numerical", "train.shadow_check": 7},
        "train.shadow_check: expected 0, as train.gradient=numerical leaves no backprop to compare with; got 7",
    ),
    "a numerical gradient in shards": (
        {"train.gradient": "numerical", "train.shards": 2},
        "train.shards: expected 1, as train.gradient=numerical takes a batch as a whole; got 2",
    ),
    "more shards than examples": (
        {"train.batch_size": 3, "train.shards": 4},
        "train.shards: expected at most train.batch_size, 3; got 4",
    ),
}


@pytest.mark.parametrize(("values", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_values_that_are_wrong_together_are_named(values: dict[str, object], message: str) -> None:
    assert found(values) == [message]


@pytest.mark.parametrize(
    "values",
    [
        {},
        POINTS | {"model.output": "sigmoid"},
        {"data.name": "xor", "model.loss": "binary_cross_entropy"},
        {"data.name": "chain", "model.loss": "mean_squared_error", "model.output": "tanh", "model.hidden": ()},
        {"model.loss": "mean_squared_error", "model.output": "softplus"},
        {"model.loss": "mean_squared_error", "model.output": "softmax"},
        {"model.loss": "cross_entropy", "model.output": "softmax", "model.conv": (ConvConfig(1),)},
        {"model.loss": "binary_cross_entropy"},
        {"model.conv": (ConvConfig(8), ConvConfig(8, pool="max", pool_size=3)), "model.dropout": 0.5},
        {"train.gradient": "numerical", "model.conv": (ConvConfig(1),), "model.dropout": 0.5},
        {"train.shadow_check": 7, "model.dropout": 0.5, "train.clip_norm": 1.0, "train.weight_decay": 0.1},
        {"train.warmup_steps": 7},
        {"data.extra": (("idx", 1.0), ("synthetic", 0.5)), "data.dir": "here", "data.seed": 3},
        {"data.augment.elastic_sigma": 3.0, "data.augment.elastic_alpha": 34.0},
        {
            "data.validation": 1,
            "train.keep": "best",
            "train.patience": 3,
            "model.hidden": (),
            "model.input_dropout": 0.5,
        },
    ],
)
def test_values_that_go_together_pass(values: dict[str, object]) -> None:
    assert found(values) == []
