"""From names to objects: config, data and network library meet here, and each name has its constructor in a table."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from mnist_bp.config import Config, DataConfig, TrainConfig, used
from mnist_bp.data import loading
from mnist_bp.data.augmentation import Augmentation
from mnist_bp.data.dataset import Dataset, Extra
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn import initializers, losses, optimizers, schedules
from mnist_bp.nn.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check.finite_differences import differentiate
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Initializer, Layer, Shape
from mnist_bp.nn.network import Network
from mnist_bp.nn.optimizers import Optimizer
from mnist_bp.nn.pooling import AveragePool, MaxPool
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.nn.schedules import Schedule
from mnist_bp.nn.softmax import Softmax
from mnist_bp.progress import Progress, silent
from mnist_bp.streams import WEIGHTS, generator
from mnist_bp.train.averaging import AveragingOptimizer
from mnist_bp.train.batches import Batches
from mnist_bp.train.shards import BLOCK, ShardedNetwork, SlicedOptimizer
from mnist_bp.train.team import Team
from mnist_bp.train.trainer import Trainer

# Skipping zero columns saves a part of two products, which grows with examples and units. It costs a copy of every
# example, however many units there are, and of the rows of W, however many examples (in a shard): it pays from so many
# of both on.
EXAMPLES_WORTH_NARROWING, UNITS_WORTH_NARROWING = 100, 200

ACTIVATIONS = {
    "identity": Identity,
    "leaky_relu": LeakyReLU,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
    "tanh": Tanh,
}
OUTPUTS = {**ACTIVATIONS, "softmax": Softmax}
POOLS = {"average": AveragePool, "max": MaxPool}
LOSSES: dict[str, Callable[..., losses.Loss]] = {
    "binary_cross_entropy": losses.BinaryCrossEntropy,
    "cross_entropy": losses.CrossEntropy,
    "half_squared_error": losses.HalfSquaredError,
    "mean_squared_error": losses.MeanSquaredError,
    "softmax_cross_entropy": losses.SoftmaxCrossEntropy,
}
INITIALIZERS: dict[str, Callable[..., Initializer]] = {
    "he": lambda: initializers.he,
    "normal": initializers.normal,
    "xavier": lambda: initializers.xavier,
    "zeros": lambda: initializers.zeros,
}
OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "adagrad": optimizers.AdaGrad,
    "adam": optimizers.Adam,
    "adamw": optimizers.AdamW,
    "momentum": optimizers.Momentum,
    "nesterov": optimizers.Nesterov,
    "rmsprop": optimizers.RMSprop,
    "sgd": optimizers.SGD,
}
DECOUPLED = ("adamw",)  # these let weights decay by themselves, so that the loss has no penalty
SCHEDULES: dict[str, Callable[[TrainConfig, int, int], Schedule]] = {  # for so many steps an epoch, and in all
    "constant": lambda train, epoch, steps: schedules.constant(train.learning_rate),
    "cosine": lambda train, epoch, steps: schedules.cosine(train.learning_rate, steps),
    "one_cycle": lambda train, epoch, steps: schedules.one_cycle(train.learning_rate, steps),
    "step": lambda train, epoch, steps: schedules.step_decay(
        train.learning_rate, train.decay_every * epoch, train.decay_factor
    ),
}


def dataset(config: DataConfig, progress: Progress = silent) -> Dataset:
    """Load the whole data set that the config names, as it is without `data.extra`."""
    loaded = loading.load(
        config.name,
        folder=config.dir,
        seed=config.seed,
        cache_dir=config.cache_dir,
        mirrors=config.mirrors,
        progress=progress,
    )
    return loaded.labelled(config.labels)


def training_data(config: DataConfig, load: Callable[[DataConfig], Dataset] = dataset) -> Dataset:
    """Return what a run is trained on: the data set with those of `data.extra`, and with its validation split.

    `load` is asked for each of the config's `sources`. Raises BpError as `Dataset.mixed` and `Dataset.for_training` do.
    """
    own, *others = map(load, config.sources)
    return own.mixed(map(Extra, others, dict(config.extra).values())).for_training(config.validation)


def network(config: Config, shape: Shape, outputs: int, team: Team | None = None) -> Network:
    """Build the network for examples of a shape, its parameters all zero; its shards are a team's work.

    Raises BpError (exit 2) if a convolution or a pooling window does not fit into its image.
    """
    decay = 0.0 if config.train.optimizer in DECOUPLED else config.train.weight_decay
    loss = LOSSES[config.model.loss](**used(config, "model.loss"))
    layers, dtype, shards = _layers(config, shape, outputs), config.train.dtype, config.train.shards
    if shards == 1:
        return Network(layers, loss, dtype, weight_decay=decay)
    return ShardedNetwork(layers, loss, dtype, weight_decay=decay, shards=shards, team=team or Team())


def initialized(config: Config, shape: Shape, outputs: int, team: Team | None = None) -> Network:
    """Build the network as `network` does, with its initial weights drawn.

    Raises BpError (exit 2) if these are larger than its precision can hold.
    """
    built = network(config, shape, outputs, team)
    with np.errstate(over="ignore"):
        built.initialize(INITIALIZERS[config.model.init](**used(config, "model.init")), generator(config.seed, WEIGHTS))
    if not np.isfinite(built.parameters).all():
        std = config.model.weight_init_std
        message = (
            f"model.weight_init_std: expected weights that {config.train.dtype} can hold; {std:g} draws larger ones"
        )
        raise BpError(message, code=Exit.USAGE)
    return built


def batches(config: Config, dataset: Dataset, network: Network, team: Team | None = None) -> Batches:
    """Build the mini-batches that a network is trained on, which a team gathers."""
    train, augment = config.train, config.data.augment
    first = network.layers[0]
    return Batches(
        dataset.train,
        train.batch_size,
        train.dtype,
        seed=config.seed,
        replacement=train.sampling == "replacement",
        extra=[(other.train, weight) for other, weight in dataset.extra],
        augmentation=Augmentation(dataset.shape, **asdict(augment)) if augment else None,
        nonzero=train.gradient == "backprop"
        and train.batch_size // train.shards >= EXAMPLES_WORTH_NARROWING
        and isinstance(first, Affine)
        and first.shapes["W"][1] >= UNITS_WORTH_NARROWING,
        team=team,
        busy=train.shards,
    )


def trainer(config: Config, dataset: Dataset) -> Trainer:
    """Build all that a run needs, at its start."""
    train = config.train
    team = Team()
    net = initialized(config, dataset.shape, dataset.outputs, team)
    made = batches(config, dataset, net, team)
    steps = min(train.epochs * made.steps, train.max_steps or train.epochs * made.steps)
    splits = {"train": dataset.train if train.metrics == "full" else None,
              "validation": dataset.validation, "test": dataset.test}  # fmt: skip
    rule = _optimizer(config, net)
    averaging = AveragingOptimizer(rule, train.ema_decay) if train.ema_decay else None
    optimizer, cut = averaging or rule, train.shards > 1 or len(net.parameters) > 2 * BLOCK
    return Trainer(
        net,
        SlicedOptimizer(optimizer, train.shards, team) if cut else optimizer,
        _schedule(train, made.steps, steps),
        net.backprop if train.gradient == "backprop" else partial(differentiate, net),
        made,
        {name: split for name, split in splits.items() if split is not None},
        steps=steps,
        seed=config.seed,
        clip_norm=train.clip_norm,
        shadow_check=train.shadow_check,
        log_every=train.log_every,
        average=averaging.average if averaging else None,
        kept=np.zeros_like(net.parameters) if train.keep == "best" else None,
        patience=train.patience,
        team=team,
    )


def _layers(config: Config, shape: Shape, outputs: int) -> list[Layer]:
    model, layers = config.model, []
    activation = ACTIVATIONS[model.activation]

    def add(layer: Layer) -> None:
        nonlocal shape
        shape = layer.output_shape(shape)
        layers.append(layer)

    if model.input_dropout:
        add(Dropout(model.input_dropout))
    if model.conv:
        add(Reshape((1, *shape)))
    for number, conv in enumerate(model.conv):
        channels, rows, columns = shape
        try:
            add(
                Conv2D(
                    (channels, rows, columns),
                    conv.filters,
                    conv.kernel,
                    stride=conv.stride,
                    padding=conv.padding,
                    bias=model.bias,
                )
            )
            add(activation())
            if conv.pool:
                add(POOLS[conv.pool](conv.pool_size))
        except ValueError as error:
            raise BpError(f"model.conv[{number}]: {error}", code=Exit.USAGE) from error
    if model.conv:
        add(Flatten())
    shape = (int(np.prod(shape)),)
    for units in model.hidden:
        add(Affine(*shape, units, bias=model.bias))
        add(activation())
        if model.dropout:
            add(Dropout(model.dropout))
    add(Affine(*shape, outputs, bias=model.bias))
    if model.output != "identity":
        add(OUTPUTS[model.output]())
    return layers


def _optimizer(config: Config, net: Network) -> Optimizer:
    options: dict[str, Any] = used(config, "train.optimizer")
    if config.train.optimizer in DECOUPLED:
        options["decaying"] = net.decaying
        options["weight_decay"] = config.train.weight_decay
    return OPTIMIZERS[config.train.optimizer](net.parameters, net.gradients, **options)


def _schedule(train: TrainConfig, epoch_steps: int, steps: int) -> Schedule:
    horizon = train.schedule_epochs * epoch_steps if train.schedule_epochs else steps
    return schedules.warm_up(SCHEDULES[train.schedule](train, epoch_steps, horizon), train.warmup_steps)
