"""From names to objects: every name that a config accepts is one that can be built."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_bp import build
from mnist_bp.config import AugmentConfig, Config, ConvConfig, DataConfig, ModelConfig, TrainConfig, rule_of
from mnist_bp.data import cache, fetch, loading
from mnist_bp.data.archives import Archives
from mnist_bp.data.augmentation import Augmentation
from mnist_bp.data.dataset import Dataset, Split
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn import optimizers
from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check.finite_differences import differentiate
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import NonzeroColumns
from mnist_bp.nn.pooling import AveragePool, MaxPool
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.streams import AUGMENTATION, generator
from mnist_bp.train.shards import ShardedNetwork, SlicedOptimizer
from mnist_bp.train.trainer import EpochEnd

BLANK = Split(np.zeros((4, 12), np.uint8), np.array([0, 1, 2, 0], np.uint8))
IMAGES = Dataset("images", BLANK, BLANK, (3, 4), ("0", "1", "2"), 3, "")


@pytest.fixture
def config(archive_folder: Path) -> Config:
    return Config(data=DataConfig(name="idx", dir=str(archive_folder)), train=TrainConfig(epochs=3, batch_size=20))


def network(config: Config) -> Network:
    """Build the network for IMAGES."""
    return build.network(config, IMAGES.shape, IMAGES.outputs)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (key, name)
        for key in (
            "model.activation", "model.output", "model.init", "model.loss",
            "train.optimizer", "train.schedule", "train.dtype", "train.gradient",
        )
        for name in rule_of(key).choices
    ],
)  # fmt: skip
def test_every_name_that_is_accepted_builds_and_trains(key: str, name: str) -> None:
    section, _, field = key.partition(".")
    given: dict[str, dict[str, Any]] = {
        "model": {"loss": "mean_squared_error"},
        "train": {"epochs": 1, "batch_size": 2},
    }
    given[section][field] = name
    if name == "cross_entropy":
        given["model"]["output"] = "softmax"
    config = Config(model=ModelConfig(**given["model"]), train=TrainConfig(**given["train"]))
    trainer = build.trainer(config, IMAGES)
    before = trainer.network.parameters.copy()
    (end,) = trainer.run(lambda: False)
    assert isinstance(end, EpochEnd)
    assert end.record.step == 2
    assert (trainer.network.parameters != before).any()
    assert trainer.network.parameters.dtype == config.train.dtype


@pytest.mark.parametrize(("hidden", "shapes"), [((), ["W1"]), ((5,), ["W1", "W2"]), ((5, 4), ["W1", "W2", "W3"])])
def test_a_network_has_the_layers_that_the_config_names(hidden: tuple[int, ...], shapes: list[str]) -> None:
    config = Config(model=ModelConfig(hidden=hidden, activation="relu", bias=False))
    net = network(config)
    assert list(net.named_parameters) == shapes
    assert [net.named_parameters[name].shape for name in shapes] == list(zip((12, *hidden), (*hidden, 3), strict=True))
    assert [type(layer) for layer in net.layers] == [Affine, ReLU] * len(hidden) + [Affine]


def test_a_convolutional_network_has_its_convolutions_pools_dropout_and_output_in_order() -> None:
    convs = (ConvConfig(2, kernel=2, padding=1, pool="max"), ConvConfig(3, kernel=2, pool="average", pool_size=1))
    model = ModelConfig(
        conv=convs, hidden=(4,), activation="relu", output="sigmoid", dropout=0.2, loss="mean_squared_error"
    )
    net = network(Config(model=model))
    assert [type(layer) for layer in net.layers] == [
        Reshape, Conv2D, ReLU, MaxPool, Conv2D, ReLU, AveragePool, Flatten, Affine, ReLU, Dropout, Affine, Sigmoid,
    ]  # fmt: skip
    assert {name: value.shape for name, value in net.named_parameters.items() if name[0] == "W"} == {
        "W1": (2, 1, 2, 2), "W2": (3, 2, 2, 2), "W3": (3, 4), "W4": (4, 3),
    }  # fmt: skip
    assert net.predict(np.zeros((5, 12), "float32")).shape == (5, 3)
    assert [layer.rate for layer in net.layers if isinstance(layer, Dropout)] == [0.2]


def test_every_key_of_a_convolution_reaches_it() -> None:
    model = ModelConfig(conv=(ConvConfig(5, kernel=2, stride=2, padding=1),), bias=False)
    net = network(Config(model=model))
    convolution = net.layers[1]
    assert isinstance(convolution, Conv2D)
    assert (convolution.kernel, convolution.stride, convolution.padding) == (2, 2, 1)
    assert list(net.named_parameters) == ["W1", "W2", "W3"]
    assert convolution.output_shape((1, 3, 4)) == (5, 2, 3)


@pytest.mark.parametrize(
    ("conv", "message"),
    [
        (
            ConvConfig(2, kernel=4),
            r"model.conv\[1\]: Conv2D expects a kernel that fits into images of 2 × 3.*; got 4 × 4",
        ),
        (
            ConvConfig(2, kernel=2, pool="max", pool_size=2),
            r"model.conv\[1\]: MaxPool expects images of at least 2 × 2",
        ),
    ],
)
def test_a_kernel_or_pool_larger_than_its_image_is_a_mistake_of_the_config(conv: ConvConfig, message: str) -> None:
    config = Config(model=ModelConfig(conv=(ConvConfig(2, kernel=2), conv)))
    with pytest.raises(BpError, match=message) as caught:
        network(config)
    assert caught.value.code == Exit.USAGE


def test_a_yes_or_no_data_set_gets_a_single_output() -> None:
    config = Config(model=ModelConfig(loss="binary_cross_entropy"))
    assert build.network(config, (12,), 1).named_parameters["b2"].shape == (1,)


def test_label_smoothing_reaches_the_loss() -> None:
    loss = network(Config(model=ModelConfig(label_smoothing=0.1))).loss_function
    assert isinstance(loss, SoftmaxCrossEntropy)
    assert loss.label_smoothing == 0.1


def test_weight_decay_is_a_penalty_in_the_network_or_for_adamw_part_of_the_update() -> None:
    for optimizer, networks in (("adam", 0.3), ("adamw", 0.0)):
        trainer = build.trainer(Config(train=TrainConfig(weight_decay=0.3, optimizer=optimizer)), IMAGES)
        assert trainer.network.weight_decay == networks
    rule = trainer.optimizer
    assert isinstance(rule, optimizers.AdamW)
    assert rule.weight_decay == 0.3
    assert [rule.parameters[weights].size for weights in rule.decaying] == [
        trainer.network.named_parameters[name].size for name in ("W1", "W2")
    ]


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        ("momentum", {"momentum": 0.5}), ("nesterov", {"momentum": 0.5}), ("adagrad", {"epsilon": 0.1}),
        ("rmsprop", {"rho": 0.5, "epsilon": 0.1}), ("adam", {"beta1": 0.5, "beta2": 0.6, "epsilon": 0.1}),
        ("adamw", {"beta1": 0.5, "beta2": 0.6, "epsilon": 0.1}),
    ],
)  # fmt: skip
def test_an_optimizers_settings_reach_it(optimizer: str, settings: dict[str, Any]) -> None:
    rule = build.trainer(Config(train=TrainConfig(optimizer=optimizer, **settings)), IMAGES).optimizer
    assert type(rule).__name__.lower() == optimizer
    assert {name: getattr(rule, name) for name in settings} == settings


@pytest.mark.parametrize(
    ("settings", "rates"),
    [  # 2 steps an epoch, 4 epochs
        ({}, [0.1] * 8),
        ({"schedule": "step", "decay_every": 2, "decay_factor": 0.5}, [0.1] * 4 + [0.05] * 4),
        ({"schedule": "cosine"}, [0.05 * (1 + np.cos(np.pi * done / 8)) for done in range(8)]),
        ({"schedule": "cosine", "schedule_epochs": 2}, [0.1, 0.0853553391, 0.05, 0.0146446609, 0, 0, 0, 0]),
        ({"warmup_steps": 4}, [0.025, 0.05, 0.075, 0.1, 0.1, 0.1, 0.1, 0.1]),
        ({"schedule": "one_cycle"}, None),
    ],
)
def test_schedules_count_in_the_epochs_of_the_config(settings: dict[str, Any], rates: list[float] | None) -> None:
    schedule = build.trainer(Config(train=TrainConfig(epochs=4, batch_size=2, **settings)), IMAGES).schedule
    rates_built = [schedule(done) for done in range(8)]
    if rates is None:  # the ends of a one-cycle
        assert [rates_built[0], rates_built[-1]] == pytest.approx([0.1 / 25, 0.1 / 25e4])
    else:
        assert rates_built == pytest.approx(rates, abs=1e-10)


def test_clipping_the_shadow_check_logging_and_the_seed_reach_the_trainer() -> None:
    trainer = build.trainer(Config(train=TrainConfig(clip_norm=0.5, shadow_check=3, log_every=4), seed=9), IMAGES)
    assert (trainer.clip_norm, trainer.shadow_check, trainer.log_every, trainer.seed) == (0.5, 3, 4, 9)


def test_the_seed_decides_the_first_weights() -> None:
    one, same, other = (build.initialized(Config(seed=seed), (3, 4), 3).parameters for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(build.trainer(Config(seed=1), IMAGES).network.parameters, one)


def test_without_initial_weights_a_network_is_all_zero() -> None:
    assert not network(Config()).parameters.any()


def test_the_data_set_is_whole_until_it_is_split_for_training(config: Config) -> None:
    dataset = build.dataset(replace(config.data, validation=10))
    assert (len(dataset.train), dataset.validation, len(dataset.test)) == (210, None, 60)


def test_the_data_sets_to_mix_in_are_loaded_as_their_own_and_come_by_their_weights(
    small_mnist: Archives, archive_folder: Path, config: Config
) -> None:
    """210 examples and 0.5 · 210 more, whose classes are not renamed: 16 steps of 20."""
    fetch.import_from(small_mnist, archive_folder, cache.folder() / "mnist")
    data = replace(config.data, validation=10, labels=("a", "b", "c"), extra=(("mnist", 0.5),))
    dataset = build.training_data(data)
    assert (len(dataset.train), dataset.classes) == (200, ("a", "b", "c"))
    assert build.trainer(replace(config, data=data), dataset).batches.steps == 16


@pytest.mark.parametrize(
    ("limits", "steps"),
    [({"epochs": 3}, 33), ({"epochs": 3, "max_steps": 7}, 7), ({"epochs": 3, "max_steps": 99}, 33)],
)
def test_a_run_ends_at_epochs_or_max_steps_whichever_comes_first(
    config: Config, limits: dict[str, Any], steps: int
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
    config = replace(config, train=replace(config.train, metrics=metrics))
    dataset = build.dataset(config.data).for_training(validation)
    splits = build.trainer(config, dataset).measured
    assert list(splits) == measured
    assert all(split is getattr(dataset, name) for name, split in splits.items())


def test_seed_and_sampling_decide_the_order_of_the_examples(config: Config) -> None:
    def order(seed: int = 0, sampling: str = "shuffle") -> list[int]:
        changed = replace(config, seed=seed, train=replace(config.train, sampling=sampling))
        return [int(t) for _, ts in build.trainer(changed, dataset).batches.epoch(1) for t in ts]

    dataset = build.dataset(config.data)
    assert order() == order()
    assert order() != order(seed=1)
    assert len(order()) == 210 < len(order(sampling="replacement")) == 220


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batches_have_the_precision_of_the_network(config: Config, dtype: str) -> None:
    trainer = build.trainer(replace(config, train=replace(config.train, dtype=dtype)), build.dataset(config.data))
    x, _ = next(trainer.batches.in_order())
    assert x.dtype == trainer.network.parameters.dtype == dtype


def test_training_images_alone_are_augmented_as_the_config_says(config: Config) -> None:
    dataset = build.dataset(config.data)
    changed = replace(config, data=replace(config.data, augment=AugmentConfig(shift=2, rotation=5)))
    trainer = build.trainer(changed, dataset)
    (x, t), (plain, same) = next(trainer.batches.epoch(1)), next(build.trainer(config, dataset).batches.epoch(1))
    np.testing.assert_array_equal(t, same)
    expected = np.empty_like(x)
    images = (plain * 255).round().astype(np.uint8)
    augmentation = Augmentation(dataset.shape, shift=2, rotation=5)
    augmentation(images, generator(config.seed, AUGMENTATION, 1, 0), expected)
    np.testing.assert_array_equal(x, expected)
    assert np.abs(x - plain).max() > 0.1
    unchanged = next(trainer.batches.in_order())[0]
    np.testing.assert_allclose(unchanged, dataset.train.x[: len(x)] / np.float32(255), rtol=1e-6)


def test_the_data_section_reaches_the_data_set(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    asked: dict[str, Any] = {}
    whole = build.dataset(config.data)
    monkeypatch.setattr(loading, "load", lambda name, **rest: asked.update(rest, name=name) or whole)
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


@pytest.mark.parametrize(
    ("model", "train", "narrowed"),
    [
        ({"hidden": (200, 5)}, {"batch_size": 100}, True),
        ({"hidden": (199, 300)}, {"batch_size": 100}, False),
        ({"hidden": (200, 5)}, {"batch_size": 99}, False),
        ({"hidden": (200, 5)}, {"batch_size": 200, "shards": 2}, True),
        ({"hidden": (200, 5)}, {"batch_size": 199, "shards": 2}, False),
        ({"hidden": (200,)}, {"batch_size": 100, "gradient": "numerical"}, False),
        ({"hidden": (200,), "conv": (ConvConfig(filters=2, kernel=3),)}, {"batch_size": 100}, False),
    ],
)
def test_zero_columns_are_left_out_where_the_first_product_can_skip_them_and_is_large_enough(
    config: Config, model: dict[str, Any], train: dict[str, Any], narrowed: bool
) -> None:
    config = replace(config, model=replace(config.model, **model), train=replace(config.train, **train))
    trainer = build.trainer(config, build.dataset(config.data))
    x, t = next(trainer.batches.epoch(1))
    assert isinstance(x, NonzeroColumns) == narrowed
    trainer.gradient(x, t)


@pytest.mark.parametrize(("processors", "shards", "ahead"), [(2, 1, True), (2, 2, False), (3, 2, True), (1, 2, False)])
def test_network_update_batches_and_evaluation_are_the_work_of_one_team(
    processors: int, shards: int, ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_bp.train.team.processors", lambda: processors)
    trainer = build.trainer(Config(train=TrainConfig(shards=shards, batch_size=4)), IMAGES)
    teams = [trainer.team, trainer.batches._team]
    if shards > 1:
        assert isinstance(trainer.network, ShardedNetwork)
        assert isinstance(trainer.optimizer, SlicedOptimizer)
        assert len(trainer.network._shards) == len(trainer.optimizer._blocks) == shards
        teams += [trainer.network._team, trainer.optimizer._team]
    assert len({id(team) for team in teams}) == 1
    assert trainer.team.size == processors
    assert trainer.batches._ahead == ahead


def test_weights_too_large_for_the_precision_are_a_mistake_of_the_config() -> None:
    with pytest.raises(BpError, match="expected weights that float32 can hold") as caught:
        build.initialized(Config(model=ModelConfig(weight_init_std=1e39)), (3, 4), 3)
    assert caught.value.code == Exit.USAGE
    build.initialized(Config(model=ModelConfig(weight_init_std=1e39), train=TrainConfig(dtype="float64")), (3, 4), 3)
