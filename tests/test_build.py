"""From names to objects: every name that a config accepts is one that can be built."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from mnist_bp import build
from mnist_bp.config import Config, DataConfig, ModelConfig, TrainConfig
from mnist_bp.nn.activations import ReLU
from mnist_bp.nn.layers import Affine
from mnist_bp.nn.numerical import differentiate


@pytest.fixture
def config(archive_folder: Path) -> Config:
    return Config(data=DataConfig(name="idx", dir=str(archive_folder)), train=TrainConfig(epochs=3, batch_size=20))


@pytest.mark.parametrize(
    ("activation", "init", "dtype"),
    list(product(["sigmoid", "relu"], ["normal", "xavier", "he"], ["float32", "float64"])),
)
def test_every_name_of_the_model_builds(activation: str, init: str, dtype: str) -> None:
    config = Config(model=ModelConfig(activation=activation, init=init), train=TrainConfig(dtype=dtype))
    network = build.network(config, features=12, classes=3)
    assert network.parameters.dtype == dtype
    assert network.named_parameters["W1"].any()


@pytest.mark.parametrize(("hidden", "shapes"), [((), ["W1"]), ((5,), ["W1", "W2"]), ((5, 4), ["W1", "W2", "W3"])])
def test_a_network_has_the_layers_that_the_config_names(hidden: tuple[int, ...], shapes: list[str]) -> None:
    config = Config(model=ModelConfig(hidden=hidden, activation="relu", bias=False))
    network = build.network(config, features=12, classes=3)
    assert list(network.named_parameters) == shapes
    assert [network.named_parameters[name].shape for name in shapes] == list(
        zip((12, *hidden), (*hidden, 3), strict=True)
    )
    assert [type(layer) for layer in network.layers] == [Affine, ReLU] * len(hidden) + [Affine]


def test_the_seed_decides_the_first_weights() -> None:
    one, same, other = (build.network(Config(seed=seed), 12, 3).parameters for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_validation_split_is_held_out_of_training(config: Config) -> None:
    dataset = build.dataset(replace(config.data, validation=10))
    whole = build.dataset(config.data)
    assert (len(dataset.train), len(dataset.validation or ()), len(dataset.test)) == (200, 10, 60)
    np.testing.assert_array_equal(dataset.train.x, whole.train.x[:200])


@pytest.mark.parametrize(
    ("limits", "steps"),
    [({"epochs": 3}, 33), ({"epochs": 3, "max_steps": 7}, 7), ({"epochs": 3, "max_steps": 99}, 33)],
)
def test_a_run_ends_at_epochs_or_max_steps_whichever_comes_first(
    config: Config, limits: dict[str, int], steps: int
) -> None:
    config = replace(config, train=replace(config.train, **limits))  # 210 examples: 11 steps an epoch
    assert build.trainer(config, build.dataset(config.data)).steps == steps


@pytest.mark.parametrize(
    ("metrics", "validation", "measured"),
    [("running", 0, ["test"]), ("running", 10, ["validation", "test"]), ("full", 10, ["train", "validation", "test"])],
)
def test_splits_are_measured_as_the_config_asks(
    config: Config, metrics: str, validation: int, measured: list[str]
) -> None:
    config = replace(
        config, data=replace(config.data, validation=validation), train=replace(config.train, metrics=metrics)
    )
    assert list(build.trainer(config, build.dataset(config.data)).measured) == measured


def test_seed_and_sampling_decide_the_order_of_the_examples(config: Config) -> None:
    def order(**changes: object) -> list[int]:
        train = replace(config.train, sampling=changes.get("sampling", "shuffle"))
        changed = replace(config, seed=changes.get("seed", 0), train=train)
        return [int(t) for _, ts in build.trainer(changed, dataset).batches.epoch(1) for t in ts]

    dataset = build.dataset(config.data)
    assert order() == order()
    assert order() != order(seed=1)
    assert len(order()) == 210 < len(order(sampling="replacement")) == 220


def test_the_data_section_reaches_the_data_set(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    asked = {}
    whole = build.dataset(config.data)
    monkeypatch.setattr(build.data, "load", lambda name, **rest: asked.update(rest, name=name) or whole)
    build.dataset(DataConfig(name="synthetic", seed=7, cache_dir="c", mirrors=("m",)))
    del asked["progress"]
    assert asked == {"name": "synthetic", "folder": None, "seed": 7, "cache_dir": "c", "mirrors": ("m",)}


def test_the_gradient_is_computed_as_the_config_asks(config: Config) -> None:
    trainers = [
        build.trainer(replace(config, train=replace(config.train, gradient=name, dtype="float64")), dataset)
        for dataset in [build.dataset(config.data)]
        for name in ("backprop", "numerical")
    ]
    assert trainers[0].gradient == trainers[0].network.backprop
    assert getattr(trainers[1].gradient, "func", None) is differentiate
    x, t = next(trainers[0].batches.in_order())
    for trainer in trainers:
        trainer.gradient(x, t)
    np.testing.assert_allclose(trainers[0].network.gradients, trainers[1].network.gradients, atol=1e-9)
