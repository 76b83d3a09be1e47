"""From names to objects: the only module that sees both the config and the network library."""

import logging
from collections.abc import Callable
from functools import partial

import numpy as np

from mnist_bp import data
from mnist_bp.config import Config, ConvConfig, DataConfig, TrainConfig, differences
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn import initializers, losses, optimizers, schedules
from mnist_bp.nn.activations import Elementwise, Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.check.finite_differences import differentiate
from mnist_bp.nn.conv import Conv2D
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.layers import Layer, Shape
from mnist_bp.nn.losses import Loss
from mnist_bp.nn.network import Network
from mnist_bp.nn.optimizers import Optimizer
from mnist_bp.nn.pooling import AveragePool, MaxPool
from mnist_bp.nn.reshape import Flatten, Reshape
from mnist_bp.nn.schedules import Schedule
from mnist_bp.progress import Progress, silent
from mnist_bp.run import checkpoint
from mnist_bp.run.directory import Run
from mnist_bp.train.batches import Batches
from mnist_bp.train.trainer import Trainer

log = logging.getLogger(__name__)

WEIGHTS = 0  # number of this random stream beside the seed; others are batches.ORDER and trainer.NOISE
WORTH_NARROWING = 50  # examples, from which on to skip a batch's zero columns saves more than to copy rows of W costs

ACTIVATIONS: dict[str, type[Elementwise]] = {
    "identity": Identity,
    "leaky_relu": LeakyReLU,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
    "tanh": Tanh,
}
POOLS = {"average": AveragePool, "max": MaxPool}
LOSSES: dict[str, Callable[[], Loss]] = {
    "binary_cross_entropy": losses.BinaryCrossEntropy,
    "half_squared_error": losses.HalfSquaredError,
    "mean_squared_error": losses.MeanSquaredError,
}
INITIALIZERS = {"he": initializers.he, "xavier": initializers.xavier, "zeros": initializers.zeros}


def dataset(config: DataConfig, progress: Progress = silent) -> data.Dataset:
    """Load the data set that the config names, its validation split held out."""
    whole = data.load(
        config.name,
        folder=config.dir,
        seed=config.seed,
        cache_dir=config.cache_dir,
        mirrors=config.mirrors,
        progress=progress,
    )
    return whole.hold_out(config.validation)


def network(config: Config, dataset: data.Dataset) -> Network:
    """Build the network for the examples of a data set, with its initial weights drawn.

    Raises BpError (exit 2) if a convolution or a pooling window does not fit into its image.
    """
    model = config.model
    activation = ACTIVATIONS[model.activation]
    layers, features = _convolutions(model.conv, dataset.shape, activation, bias=model.bias)
    for units in model.hidden:
        layers += [Affine(features, units, bias=model.bias), activation()]
        layers += [Dropout(model.dropout)] if model.dropout else []
        features = units
    layers.append(Affine(features, dataset.outputs, bias=model.bias))
    if model.output != "identity":
        layers.append(ACTIVATIONS[model.output]())
    if model.loss == "softmax_cross_entropy":
        loss: Loss = losses.SoftmaxCrossEntropy(model.label_smoothing)
    else:
        loss = LOSSES[model.loss]()
    decay = 0.0 if config.train.optimizer == "adamw" else config.train.weight_decay  # AdamW's is its own
    built = Network(layers, loss, config.train.dtype, weight_decay=decay)
    init = initializers.normal(model.weight_init_std) if model.init == "normal" else INITIALIZERS[model.init]
    with np.errstate(over="ignore"):
        built.initialize(init, np.random.default_rng(np.random.SeedSequence(config.seed, spawn_key=(WEIGHTS,))))
    if not np.isfinite(built.parameters).all():
        message = f"model.weight_init_std: expected weights that {config.train.dtype} can hold; got larger ones"
        raise BpError(message, code=Exit.USAGE)
    return built


def trained(run: Run, config: Config, dataset: data.Dataset) -> Network:
    """Return a run's network, as far as it is trained, for a config that is the run's but for the section data.

    Raises BpError (exit 2) if the checkpoint is another run's or another data set would need another network, and
    (exit 1) if there is no sound checkpoint. Warns if the run's own data are no longer what they were.
    """
    net = network(config, dataset)
    saved = checkpoint.read(run.checkpoint)
    run.require_own(saved.config, checkpoint.BEGIN_AGAIN)
    changed = differences(run.config(), config)
    if not changed and saved.fingerprint != dataset.fingerprint:
        log.warning("%s: the data are not those that it was trained on; they have changed since", run.path)
    try:
        saved.restore_parameters(net)
    except BpError as error:
        if not changed:
            raise
        changes = ", ".join(f"{key}={new}" for key, (_, new) in changed.items())
        shape, outputs = "×".join(map(str, dataset.shape)), dataset.outputs
        message = f"with {changes}, {dataset.name} having examples of {shape} numbers for {outputs} outputs: {error}"
        raise BpError(message, code=Exit.USAGE) from error
    return net


def trainer(config: Config, dataset: data.Dataset) -> Trainer:
    """Build all that a run needs, at its start."""
    train = config.train
    net = network(config, dataset)
    batches = Batches(
        dataset.train,
        train.batch_size,
        train.dtype,
        seed=config.seed,
        replacement=train.sampling == "replacement",
        nonzero=train.gradient == "backprop"
        and train.batch_size >= WORTH_NARROWING
        and isinstance(net.layers[0], Affine),
    )
    steps = min(train.epochs * batches.steps, train.max_steps or train.epochs * batches.steps)
    splits = {"train": dataset.train if train.metrics == "full" else None,
              "validation": dataset.validation, "test": dataset.test}  # fmt: skip
    return Trainer(
        net,
        _optimizer(train, net),
        _schedule(train, batches.steps, steps),
        net.backprop if train.gradient == "backprop" else partial(differentiate, net),
        batches,
        {name: split for name, split in splits.items() if split is not None},
        steps=steps,
        seed=config.seed,
        clip_norm=train.clip_norm,
        shadow_check=train.shadow_check,
    )


def _convolutions(
    convs: tuple[ConvConfig, ...], shape: Shape, activation: type[Elementwise], *, bias: bool
) -> tuple[list[Layer], int]:
    """Return the convolutional layers for examples of a shape, and the number of features that they make of one."""
    if not convs:
        return [], int(np.prod(shape))
    rows, columns = shape
    image = (1, rows, columns)
    layers: list[Layer] = [Reshape(image)]
    for number, conv in enumerate(convs):
        try:
            convolution = Conv2D(image, conv.filters, conv.kernel, stride=conv.stride, padding=conv.padding, bias=bias)
            image = convolution.output_shape
            layers += [convolution, activation()]
            if conv.pool:
                pool = POOLS[conv.pool](conv.pool_size)
                image = pool.output_shape(image)
                layers.append(pool)
        except ValueError as error:
            raise BpError(f"model.conv[{number}]: {error}", code=Exit.USAGE) from error
    return [*layers, Flatten()], int(np.prod(image))


def _optimizer(train: TrainConfig, net: Network) -> Optimizer:
    vectors = net.parameters, net.gradients
    if train.optimizer == "sgd":
        return optimizers.SGD(*vectors)
    if train.optimizer in ("momentum", "nesterov"):
        rule = optimizers.Momentum if train.optimizer == "momentum" else optimizers.Nesterov
        return rule(*vectors, momentum=train.momentum)
    if train.optimizer == "adagrad":
        return optimizers.AdaGrad(*vectors, epsilon=train.epsilon)
    if train.optimizer == "rmsprop":
        return optimizers.RMSprop(*vectors, rho=train.rho, epsilon=train.epsilon)
    means = {"beta1": train.beta1, "beta2": train.beta2, "epsilon": train.epsilon}
    if train.optimizer == "adam":
        return optimizers.Adam(net.parameters, net.gradients, **means)
    weights = [net.named_parameters[name] for name in net.weights]
    return optimizers.AdamW(net.parameters, net.gradients, weights, weight_decay=train.weight_decay, **means)


def _schedule(train: TrainConfig, epoch_steps: int, steps: int) -> Schedule:
    rate = train.learning_rate
    horizon = train.schedule_epochs * epoch_steps if train.schedule_epochs else steps
    schedule = {
        "constant": schedules.constant(rate),
        "step": schedules.step_decay(rate, train.decay_every * epoch_steps, train.decay_factor),
        "cosine": schedules.cosine(rate, horizon),
        "one_cycle": schedules.one_cycle(rate, horizon),
    }[train.schedule]
    return schedules.warm_up(schedule, train.warmup_steps)
