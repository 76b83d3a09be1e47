"""Which keys make a run another run, and which may change while it is under way."""

from dataclasses import replace

import pytest

from mnist_bp.config import Config, TrainConfig, forbidden_changes, has_fixed_length, has_same_length, keys, load

MAY_CHANGE = {  # without a change in any byte that has been computed so far
    "data.dir": "elsewhere",
    "train.epochs": 99,
    "train.max_steps": 7,
    "train.shadow_check": 10,
    "train.checkpoint_seconds": 1.5,
    "data.cache_dir": "elsewhere",
    "data.mirrors": "[http://127.0.0.1/]",
}


def test_what_changes_no_byte_may_change() -> None:
    before = load(None, ["data.name=idx", "data.dir=here"])
    assert not forbidden_changes(
        before, load(None, ["data.name=idx", *(f"{key}={value}" for key, value in MAY_CHANGE.items())])
    )


@pytest.mark.parametrize("key", sorted(keys().keys() - MAY_CHANGE.keys()))
def test_nothing_else_may_change(key: str) -> None:
    """The value is no valid one; only that it differs counts."""
    section, _, name = key.rpartition(".")
    config = Config()
    changed = {section: replace(getattr(config, section), **{name: "other"})} if section else {name: "other"}
    assert list(forbidden_changes(config, replace(config, **changed))) == [key]


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
    assert has_same_length(before, before)
    assert not has_same_length(before, longer)
