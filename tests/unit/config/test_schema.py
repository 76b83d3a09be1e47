"""The keys: each with a default that its rule accepts, and no value that contradicts another or that nothing reads."""

import json
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path

import pytest

from mnist_bp.config import Config, ConvConfig, DataConfig, differences, keys
from mnist_bp.config.schema import ITEMS, USED_BY, contradictions

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")

PROMISED = {
    "data": "name dir validation cache_dir mirrors augment",
    "model": "conv hidden activation output bias init weight_init_std dropout loss",
    "train": "epochs max_steps batch_size sampling optimizer learning_rate schedule weight_decay gradient dtype "
    "threads",
}

NAMES = {  # all that the library and the data sets have
    "data.name": "mnist fashion-mnist kmnist synthetic idx plane xor chain",
    "model.activation": "sigmoid tanh relu leaky_relu softplus identity",
    "model.output": "sigmoid tanh relu leaky_relu softplus identity",
    "model.init": "normal xavier he zeros",
    "model.loss": "softmax_cross_entropy binary_cross_entropy mean_squared_error half_squared_error",
    "train.optimizer": "sgd momentum nesterov adagrad rmsprop adam adamw",
    "train.schedule": "constant step cosine one_cycle",
    "train.gradient": "backprop numerical",
}

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
]  # fmt: skip
OTHER = {"data.dir": "here", "train.schedule_epochs": 3, "train.decay_every": 3}  # than the default; 0.5 for the rest


def config(values: dict[str, object]) -> Config:
    """Return the default config with these values."""
    changed = Config()
    for key, value in values.items():
        section, name = key.split(".")
        changed = replace(changed, **{section: replace(getattr(changed, section), **{name: value})})
    return changed


def test_every_default_satisfies_its_rule_and_has_a_meaning() -> None:
    items = {f"{name}[].{key.name}": key for name, cls in ITEMS.items() for key in fields(cls)}
    for name, key in (keys() | items).items():
        assert key.metadata["meaning"], name
        if key.default is not MISSING:
            given = list(key.default) if isinstance(key.default, tuple) else key.default
            kept = key.metadata["rule"].accept(given)
            assert (kept, type(kept)) == (key.default, type(key.default)), name


def test_the_keys_that_users_rely_on_are_there() -> None:
    promised = {f"{section}.{name}" for section, names in PROMISED.items() for name in names.split()}
    assert promised | {"seed"} <= set(keys())


@pytest.mark.parametrize(("key", "names"), NAMES.items(), ids=NAMES)
def test_a_key_accepts_the_names_of_all_that_is_built(key: str, names: str) -> None:
    for name in names.split():
        assert keys()[key].metadata["rule"].accept(name) == name


@pytest.mark.parametrize("key", fields(ConvConfig), ids=lambda key: key.name)
def test_every_key_of_a_convolutional_layer_is_documented(key: "Field[object]") -> None:
    default = "required" if key.default is MISSING else f"`{json.dumps(key.default)}`"
    row = f"| `model.conv[].{key.name}` | {default} | {key.metadata['meaning']} | {key.metadata['rule'].expected} |\n"
    assert row in README


def test_differences_name_the_keys_and_both_values() -> None:
    other = replace(Config(), seed=3, data=replace(DataConfig(), name="kmnist"))
    assert differences(Config(), Config()) == {}
    assert differences(Config(), other) == {"data.name": ('"mnist"', '"kmnist"'), "seed": ("0", "3")}


def test_differences_show_a_convolutional_layer_as_one_writes_it() -> None:
    shown = '[{"filters": 8, "kernel": 3, "stride": 1, "padding": 0, "pool": null, "pool_size": 2}]'
    assert differences(Config(), config({"model.conv": (ConvConfig(8),)})) == {"model.conv": ("[]", shown)}


@pytest.mark.parametrize(("key", "chooser", "users", "others"), TOGETHER, ids=[row[0] for row in TOGETHER])
def test_a_key_may_change_only_where_it_is_used(key: str, chooser: str, users: str, others: str) -> None:
    """A key that nothing reads would be a mistake that nobody sees, such as momentum with plain SGD."""
    changed = OTHER.get(key, 0.5)
    for name in users.split():
        assert list(contradictions(config({chooser: name, key: changed}))) == []
    only = f"{chooser}={users.replace(' ', ' or ')}"
    for name in others.split():
        assert list(contradictions(config({chooser: name}))) == []
        assert list(contradictions(config({chooser: name, key: changed}))) == [
            f"{key}: expected {json.dumps(keys()[key].default)}, its default, as only {only} uses it; "
            f"got {json.dumps(changed)}"
        ]


def test_every_key_with_conditions_is_tested_above() -> None:
    assert set(USED_BY) == {row[0] for row in TOGETHER}


POINTS = {"data.name": "plane", "model.loss": "half_squared_error"}
CONTRADICTIONS = {
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
    "the size of no pool": (
        {"model.conv": (ConvConfig(8, pool="average", pool_size=3), ConvConfig(8, pool_size=3))},
        "model.conv[1].pool_size: expected 2, its default, as there is no pool; got 3",
    ),
    "a softmax of sigmoids": (
        {"model.output": "sigmoid"},
        "model.output: expected identity, as model.loss=softmax_cross_entropy takes logits; got sigmoid",
    ),
    "two sigmoids in a row": (
        {"model.output": "sigmoid", "model.loss": "binary_cross_entropy"},
        "model.output: expected identity, as model.loss=binary_cross_entropy takes logits; got sigmoid",
    ),
    "a numerical gradient compared with itself": (
        {"train.gradient": "numerical", "train.shadow_check": 7},
        "train.shadow_check: expected 0, as train.gradient=numerical leaves no backprop to compare with; got 7",
    ),
}


@pytest.mark.parametrize(("values", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_values_that_are_wrong_together_are_named(values: dict[str, object], message: str) -> None:
    assert list(contradictions(config(values))) == [message]


@pytest.mark.parametrize(
    "values",
    [
        {},
        POINTS | {"model.output": "sigmoid"},
        {"data.name": "xor", "model.loss": "binary_cross_entropy"},
        {"data.name": "chain", "model.loss": "mean_squared_error", "model.output": "tanh", "model.hidden": ()},
        {"model.loss": "mean_squared_error", "model.output": "softplus"},
        {"model.loss": "binary_cross_entropy"},
        {"model.conv": (ConvConfig(8), ConvConfig(8, pool="max", pool_size=3)), "model.dropout": 0.5},
        {"train.gradient": "numerical", "model.conv": (ConvConfig(1),), "model.dropout": 0.5},
        {"train.shadow_check": 7, "model.dropout": 0.5, "train.clip_norm": 1.0, "train.weight_decay": 0.1},
        {"train.warmup_steps": 7},
    ],
)
def test_values_that_go_together_pass(values: dict[str, object]) -> None:
    assert list(contradictions(config(values))) == []
