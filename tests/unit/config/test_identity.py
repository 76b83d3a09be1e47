"""Which keys make a run another run, and which may change while it is under way."""

from dataclasses import replace

import pytest

from mnist_bp.config import Config, TrainConfig, keys, load, replaced
from mnist_bp.config.identity import (
    forbidden_changes,
    has_fixed_length,
    length_changes,
    setting_of,
)

MAY_CHANGE = {  # without a change in any byte that has been computed so far
    "data.dir": "elsewhere",
    "data.labels": "[cat, dog]",
    "train.epochs": 99,
    "train.max_steps": 7,
    "train.shadow_check": 10,
    "train.log_every": 5,
    "train.checkpoint_seconds": 1.5,
    "data.cache_dir": "elsewhere",
    "data.mirrors": "[http://127.0.0.1/]",
    "data.preprocessing": "resize",
}
OTHERS = {"data.extra": (("kmnist", 1.0),)}


def test_a_key_that_changes_no_byte_of_the_run_may_change() -> None:
    before = load(None, ["data.name=idx", "data.dir=here"])
    assert not forbidden_changes(
        before, load(None, ["data.name=idx", *(f"{key}={value}" for key, value in MAY_CHANGE.items())])
    )


@pytest.mark.parametrize("key", sorted(keys().keys() - MAY_CHANGE.keys()))
def test_any_other_key_may_not_change(key: str) -> None:
    """The value is not a valid one: only that it differs counts."""
    assert list(forbidden_changes(Config(), replaced(Config(), {key: OTHERS.get(key, "other")}))) == [key]


@pytest.mark.parametrize(
    ("train", "fixed"),
    [
        (TrainConfig(schedule="cosine"), True),
        (TrainConfig(schedule="one_cycle"), True),
        (TrainConfig(schedule="cosine", schedule_epochs=5), False),
        (TrainConfig(schedule="step"), False),
        (TrainConfig(), False),
    ],
)
def test_the_length_is_fixed_where_a_schedule_depends_on_it(train: TrainConfig, fixed: bool) -> None:
    before = Config(train=train)
    assert has_fixed_length(before) == fixed
    longer = replace(before, train=replace(train, epochs=99, max_steps=7))
    assert list(forbidden_changes(before, longer)) == ["train.epochs", "train.max_steps"] * fixed
    assert not length_changes(before, before)
    assert list(length_changes(before, replace(longer, seed=1))) == ["train.epochs", "train.max_steps"]


OF_NO_SETTING = {  # the keys in which the runs of one setting may differ
    "seed": 7,
    "data.labels": ("cat", "dog"),
    "data.cache_dir": "/c",
    "data.mirrors": ("http://m/",),
    "data.preprocessing": "resize",
    "train.shadow_check": 3,
    "train.log_every": 5,
    "train.checkpoint_seconds": 1.5,
}


def test_the_setting_is_the_config_without_what_changes_no_result_and_the_seed() -> None:
    assert setting_of(replaced(Config(), OF_NO_SETTING)) == Config()


@pytest.mark.parametrize("key", sorted(keys().keys() - OF_NO_SETTING.keys()))
def test_any_other_key_makes_another_setting(key: str) -> None:
    changed = replaced(Config(), {key: OTHERS.get(key, "other")})
    assert setting_of(changed) == changed
