"""Keys by their dotted names: what is known of them, and reading, replacing and comparing their values."""

from dataclasses import replace

from mnist_bp.config import Config, ConvConfig, DataConfig, TrainConfig, changes, keys, replaced, rule_of, used
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
