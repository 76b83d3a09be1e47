"""The keys: every default satisfies its own rule, and the file format holds all that DESIGN promises."""

from dataclasses import replace

import pytest

from mnist_bp.config import Config, DataConfig, differences, keys
from mnist_bp.config.schema import contradictions

PROMISED = {
    "data": "name dir validation cache_dir mirrors augment",
    "model": "conv hidden activation output bias init weight_init_std dropout loss",
    "train": "epochs max_steps batch_size sampling optimizer learning_rate schedule weight_decay gradient dtype "
    "threads",
}


def test_every_default_satisfies_its_rule_and_has_a_meaning() -> None:
    for name, key in keys().items():
        given = list(key.default) if isinstance(key.default, tuple) else key.default
        assert key.metadata["rule"].accept(given) == key.default, name
        assert key.metadata["meaning"], name


def test_the_keys_that_users_rely_on_are_there() -> None:
    promised = {f"{section}.{name}" for section, names in PROMISED.items() for name in names.split()}
    assert promised | {"seed"} <= set(keys())


def test_differences_name_the_keys_and_both_values() -> None:
    other = replace(Config(), seed=3, data=replace(DataConfig(), name="kmnist"))
    assert differences(Config(), Config()) == {}
    assert differences(Config(), other) == {"data.name": ('"mnist"', '"kmnist"'), "seed": ("0", "3")}


@pytest.mark.parametrize(
    ("data", "mistakes"),
    [
        (DataConfig(), 0),
        (DataConfig(name="idx", dir="here"), 0),
        (DataConfig(name="idx"), 1),
        (DataConfig(name="mnist", dir="here"), 1),
    ],
)
def test_a_folder_belongs_to_idx_and_to_nothing_else(data: DataConfig, mistakes: int) -> None:
    assert len(list(contradictions(replace(Config(), data=data)))) == mistakes
