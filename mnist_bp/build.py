"""From names to objects: the only module that sees both the config and the network library."""

from functools import partial

import numpy as np

from mnist_bp import data
from mnist_bp.batches import Batches
from mnist_bp.config import Config, DataConfig
from mnist_bp.nn import initializers, numerical
from mnist_bp.nn.activations import ReLU, Sigmoid
from mnist_bp.nn.layers import Affine, Layer
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.optimizers import SGD
from mnist_bp.progress import Progress, silent
from mnist_bp.trainer import Position, Trainer

WEIGHTS = 0  # number of this random stream beside the seed; that of the order of examples is batches.ORDER

ACTIVATIONS = {"sigmoid": Sigmoid, "relu": ReLU}


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


def network(config: Config, features: int, classes: int) -> Network:
    """Build the network for examples of so many features and classes, with its initial weights drawn."""
    model = config.model
    layers: list[Layer] = []
    for inputs, units in zip((features, *model.hidden), model.hidden, strict=False):
        layers += [Affine(inputs, units, bias=model.bias), ACTIVATIONS[model.activation]()]
    layers.append(Affine((features, *model.hidden)[-1], classes, bias=model.bias))
    built = Network(layers, SoftmaxCrossEntropy(), config.train.dtype)
    init = {"normal": initializers.normal(model.weight_init_std), "xavier": initializers.xavier, "he": initializers.he}
    built.initialize(init[model.init], np.random.default_rng(np.random.SeedSequence(config.seed, spawn_key=(WEIGHTS,))))
    return built


def trainer(config: Config, dataset: data.Dataset) -> Trainer:
    """Build all that a run needs, at its start."""
    train = config.train
    net = network(config, dataset.train.x.shape[1], dataset.classes)
    batches = Batches(
        dataset.train, train.batch_size, train.dtype, seed=config.seed, replacement=train.sampling == "replacement"
    )
    splits = {"train": dataset.train if train.metrics == "full" else None,
              "validation": dataset.validation, "test": dataset.test}  # fmt: skip
    return Trainer(
        net,
        SGD(net.parameters, net.gradients, train.learning_rate),
        net.backprop if train.gradient == "backprop" else partial(numerical.differentiate, net),
        batches,
        {name: split for name, split in splits.items() if split is not None},
        steps=min(train.epochs * batches.steps, train.max_steps or train.epochs * batches.steps),
        position=Position(),
    )
