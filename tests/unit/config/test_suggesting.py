"""Which key is suggested for what people write."""

import pytest

from mnist_bp.config import keys
from mnist_bp.config.suggesting import closest, meant

MEANT = {
    "train.learning_rate": "train.learning_rat train.lr lr rate Learning-Rate model.lr eta",
    "train.batch_size": "bs train.bs batch batchsize",
    "train.weight_decay": "wd l2",
    "train.optimizer": "opt optim train.optimiser",
    "train.epochs": "epoch num_epochs max_epochs trian.epochs",
    "train.epsilon": "eps",
    "train.max_steps": "steps",
    "train.clip_norm": "clip grad_clip",
    "train.schedule": "scheduler lr_schedule",
    "model.activation": "act model.nonlinearity",
    "model.hidden": "layers model.layers train.hidden hidden_size n_hidden",
    "model.dropout": "dropout_rate train.dropout",
    "model.init": "initializer",
    "model.weight_init_std": "std",
    "data.name": "dataset",
    "data.validation": "val validation_split",
    "data.seed": "data.sed",
    "data.augment.rotation": "data.augment.angle",
    "data.augment.shift": "translation",
    "train.patience": "train.early_stopping",
    "train.ema_decay": "ema",
    "seed": "random_seed train.seed",
}


@pytest.mark.parametrize(("key", "given"), [(key, given) for key, all_ in MEANT.items() for given in all_.split()])
def test_a_key_is_known_by_what_people_call_it(key: str, given: str) -> None:
    assert meant(given, [*keys()]) == key


@pytest.mark.parametrize("given", ["zzz", "train.zzz", "x", "", "train.", "_", "callbacks"])
def test_nothing_is_suggested_for_what_resembles_no_key(given: str) -> None:
    assert meant(given, [*keys()]) is None


def test_the_closest_name_is_found_whatever_its_case() -> None:
    assert closest("Adamm", ["sgd", "adam", "adamw"]) in ("adam", "adamw")
    assert closest("lion", ["sgd", "adam"]) is None
    assert closest("lion", []) is None
