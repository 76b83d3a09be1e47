"""A key carries what is known of it from the schema to whoever asks."""

from dataclasses import MISSING, dataclass, fields

import pytest

from mnist_bp.config import rules
from mnist_bp.config.key import Key, key


@dataclass(frozen=True)
class Section:
    required: int = key(MISSING, rules.whole(0, 9), "an example")
    momentum: float = key(0.9, rules.below_one, "another", used_by=("optimizer", "sgd"), on_resume="free")


def test_a_field_has_its_keys_default_and_facts() -> None:
    required, momentum = (field.metadata["key"] for field in fields(Section))
    assert Section(3).momentum == 0.9
    assert momentum == Key(rules.below_one, "another", ("optimizer", "sgd"), "free", True)
    assert (required.used_by, required.on_resume, required.of_setting) == ((), "fixed", True)


def test_a_key_without_a_default_must_be_given() -> None:
    with pytest.raises(TypeError, match="required"):
        Section()
