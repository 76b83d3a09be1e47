"""The keys: each has a meaning and a default that its rule accepts."""

from dataclasses import MISSING, Field, fields

import pytest

from mnist_bp.config import settable
from mnist_bp.config.schema import ITEMS, NESTED, SECTIONS, Config

PROMISED = {  # the names that scripts rely on; train.threads, which was promised too, is a former key
    "data": "name dir validation augment extra cache_dir mirrors",
    "model": "conv hidden activation output bias init weight_init_std dropout input_dropout loss",
    "train": "epochs max_steps batch_size sampling optimizer learning_rate schedule weight_decay "
    "ema_decay keep patience gradient dtype shards",
}

FIELDS = [each for cls in (*SECTIONS.values(), *NESTED.values(), *ITEMS.values()) for each in fields(cls)] + [
    each for each in fields(Config) if each.name not in SECTIONS
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_key_has_a_meaning_and_a_default_that_its_rule_keeps_as_it_is(field: Field[object]) -> None:
    key, default = field.metadata["key"], field.default
    assert key.meaning
    if default is not MISSING:
        kept = key.rule.accept(list(default) if type(default) is tuple else default)
        assert (kept, type(kept)) == (default, type(default))


def test_the_keys_that_users_rely_on_are_there() -> None:
    promised = {f"{section}.{name}" for section, names in PROMISED.items() for name in names.split()}
    assert promised | {"seed"} <= set(settable())
