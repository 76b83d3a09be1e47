"""Keys by their dotted names: what is known of them, and reading, replacing and comparing their values."""

from dataclasses import replace

from mnist_bp.config import (
    AugmentConfig,
    Config,
    ConvConfig,
    DataConfig,
    TrainConfig,
    changes,
    keys,
    replaced,
    rule_of,
    settable,
    used,
)
from mnist_bp.config.access import defaults, value_of

OTHER = Config(seed=3, data=DataConfig(name="kmnist"), train=TrainConfig(optimizer="adam", beta1=0.5))


def test_every_key_has_a_dotted_name_in_the_order_of_a_config_file() -> None:
    names = list(keys())
    assert (names[0], names[-1]) == ("data.name", "seed")
    assert list(dict.fromkeys(name.partition(".")[0] for name in names)) == ["data", "model", "train", "seed"]
    assert names == list(defaults())


def test_the_rule_of_a_key_is_the_schemas() -> None:
    assert rule_of("train.dtype").choices == ("float32", "float64")


def test_values_are_found_by_their_dotted_names() -> None:
    assert [value_of(OTHER, key) for key in ("seed", "data.name", "train.beta1")] == [3, "kmnist", 0.5]
    assert {key: value_of(Config(), key) for key in keys()} == defaults()


def test_replaced_values_are_those_and_no_others() -> None:
    values = {"seed": 3, "data.name": "kmnist", "train.optimizer": "adam", "train.beta1": 0.5}
    assert replaced(Config(), values) == OTHER
    assert replaced(OTHER, {}) == OTHER
    assert replaced(OTHER, defaults()) == Config()


def test_a_chosen_optimizer_uses_its_own_keys_alone() -> None:
    assert used(OTHER, "train.optimizer") == {"beta1": 0.5, "beta2": 0.999, "epsilon": 1e-8}
    assert used(Config(), "train.optimizer") == {}
    assert used(Config(), "model.init") == {"weight_init_std": 0.01}


def test_changes_name_the_keys_and_both_values() -> None:
    assert changes(OTHER, OTHER) == {}
    assert changes(Config(), replace(OTHER, train=TrainConfig())) == {
        "data.name": ('"mnist"', '"kmnist"'),
        "seed": ("0", "3"),
    }


def test_a_changed_convolutional_layer_is_shown_with_its_keys() -> None:
    shown = '[{"filters": 8, "kernel": 3, "stride": 1, "padding": 0, "pool": null, "pool_size": 2}]'
    assert changes(Config(), replaced(Config(), {"model.conv": (ConvConfig(8),)})) == {"model.conv": ("[]", shown)}


AUGMENTED = Config(DataConfig(augment=AugmentConfig(rotation=12.0, shift=1.0)))


def test_the_keys_of_an_augmentation_are_read_replaced_and_compared_one_by_one() -> None:
    assert value_of(AUGMENTED, "data.augment.rotation") == 12.0
    assert value_of(Config(), "data.augment.elastic_sigma") == 4.0
    assert replaced(Config(), {"data.augment.rotation": 12.0, "data.augment.shift": 1.0}) == AUGMENTED
    assert replaced(AUGMENTED, {"data.augment.rotation": 0.0, "data.augment.shift": 0.0}) == Config()
    turned = replaced(AUGMENTED, {"data.augment.rotation": 5.0})
    assert turned == Config(DataConfig(augment=AugmentConfig(rotation=5.0, shift=1.0)))
    assert replaced(AUGMENTED, {"data.augment": None}) == Config()
    assert changes(Config(), AUGMENTED) == {
        "data.augment.rotation": ("0.0", "12.0"),
        "data.augment.shift": ("0.0", "1.0"),
    }


def test_an_augmentation_can_be_set_as_a_whole_which_is_no_key_of_its_own() -> None:
    assert settable().keys() - keys().keys() == {"data.augment"}
