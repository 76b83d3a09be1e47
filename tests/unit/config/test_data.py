"""Configs of equal effect are equal, however their data are written."""

import pytest

from mnist_bp.config import AugmentConfig, DataConfig, keys

NAMES = {  # all that the library and the data sets have
    "data.name": "mnist fashion-mnist kmnist synthetic idx plane xor chain",
    "data.preprocessing": "mnist resize",
}


def test_an_augmentation_that_changes_nothing_is_none_and_the_order_of_a_mixture_does_not_matter() -> None:
    assert DataConfig(augment=AugmentConfig()) == DataConfig()
    mixtures = [DataConfig(extra=pairs) for pairs in ((("idx", 1.0), ("kmnist", 2.0)), (("kmnist", 2.0), ("idx", 1.0)))]
    assert len({*mixtures}) == 1


def test_an_augmentation_of_any_one_amount_is_kept() -> None:
    for name in vars(AugmentConfig()):
        assert DataConfig(augment=AugmentConfig(**{name: 0.5})).augment is not None


def test_each_data_set_that_is_trained_on_has_a_config_of_its_own_without_what_training_makes_of_it() -> None:
    config = DataConfig(
        "idx",
        "here",
        ("a", "b"),
        validation=10,
        seed=5,
        extra=(("kmnist", 0.5),),
        augment=AugmentConfig(shift=1.0),
        mirrors=("m",),
    )
    assert config.sources == (
        DataConfig("idx", "here", ("a", "b"), seed=5, mirrors=("m",)),
        DataConfig("kmnist", "here", seed=5, mirrors=("m",)),
    )


@pytest.mark.parametrize(("key", "names"), NAMES.items(), ids=NAMES)
def test_a_key_offers_the_names_of_all_that_can_be_built(key: str, names: str) -> None:
    rule = keys()[key].rule
    assert [rule.accept(name) for name in names.split()] == list(rule.choices) == names.split()
