"""The keys: each has a meaning and a default that its rule accepts, and accepts the names of all that can be built."""

from dataclasses import MISSING, Field, fields

import pytest

from mnist_bp.config import keys
from mnist_bp.config.schema import ITEMS, SECTIONS, Config

PROMISED = {  # the names that scripts rely on; data.augment and train.threads, which were promised too, are former keys
    "data": "name dir validation cache_dir mirrors",
    "model": "conv hidden activation output bias init weight_init_std dropout loss",
    "train": "epochs max_steps batch_size sampling optimizer learning_rate schedule weight_decay gradient dtype shards",
}

NAMES = {  # all that the library and the data sets have
    "data.name": "mnist fashion-mnist kmnist synthetic idx plane xor chain",
    "data.preprocessing": "mnist resize",
    "model.activation": "sigmoid tanh relu leaky_relu softplus identity",
    "model.output": "sigmoid tanh relu leaky_relu softplus identity softmax",
    "model.init": "normal xavier he zeros",
    "model.loss": "softmax_cross_entropy cross_entropy binary_cross_entropy mean_squared_error half_squared_error",
    "train.optimizer": "sgd momentum nesterov adagrad rmsprop adam adamw",
    "train.schedule": "constant step cosine one_cycle",
    "train.gradient": "backprop numerical",
}

FIELDS = [each for cls in (*SECTIONS.values(), *ITEMS.values()) for each in fields(cls)] + [
    each for each in fields(Config) if each.name not in SECTIONS
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_key_has_a_meaning_and_a_default_that_its_rule_keeps_as_it_is(field: Field[object]) -> None:
    key, default = field.metadata["key"], field.default
    assert key.meaning
    if default is not MISSING:
        kept = key.rule.accept(list(default) if isinstance(default, tuple) else default)
        assert (kept, type(kept)) == (default, type(default))


def test_the_keys_that_users_rely_on_are_there() -> None:
    promised = {f"{section}.{name}" for section, names in PROMISED.items() for name in names.split()}
    assert promised | {"seed"} <= set(keys())


@pytest.mark.parametrize(("key", "names"), NAMES.items(), ids=NAMES)
def test_a_key_offers_the_names_of_all_that_can_be_built(key: str, names: str) -> None:
    rule = keys()[key].rule
    assert [rule.accept(name) for name in names.split()] == list(rule.choices) == names.split()
