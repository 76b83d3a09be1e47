"""The same recipe in PyTorch: eager, with all images in memory as one tensor, or through a DataLoader.

    python scripts/peers/pytorch.py --config configs/book-relu.yaml --steady 3
    python scripts/peers/pytorch.py --config configs/mnist.yaml --loader

The distribution of the initial weights, loss, schedule and update rule are the config's, and the test images are
evaluated after each epoch: it is what `bp train` does. Random numbers are PyTorch's, and so is the way in which its
momentum takes up a learning rate that varies.
"""

from itertools import islice
from math import isqrt

import common
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

TASK = common.task(
    __doc__,
    {
        "model.conv": common.ANY,
        "model.hidden": common.ANY,
        "model.activation": ("sigmoid", "tanh", "relu", "leaky_relu", "softplus"),
        "model.bias": (True, False),
        "model.init": ("normal", "xavier", "he", "zeros"),
        "model.weight_init_std": common.ANY,
        "model.dropout": common.ANY,
        "model.label_smoothing": common.ANY,
        "train.max_steps": common.ANY,
        "train.sampling": ("shuffle", "replacement"),
        "train.optimizer": ("sgd", "momentum", "nesterov", "adam", "adamw"),
        "train.momentum": common.ANY,
        "train.beta1": common.ANY,
        "train.beta2": common.ANY,
        "train.epsilon": common.ANY,
        "train.schedule": common.ANY,
        "train.decay_every": common.ANY,
        "train.decay_factor": common.ANY,
        "train.schedule_epochs": common.ANY,
        "train.warmup_steps": common.ANY,
        "train.weight_decay": common.ANY,
        "train.dtype": ("float32", "float64"),
    },
    "--loader",
)


model, train = TASK.config.model, TASK.config.train
torch.set_num_threads(TASK.threads)
torch.manual_seed(TASK.config.seed)
rng = np.random.default_rng(TASK.config.seed)

tensors = {name: tuple(map(torch.from_numpy, arrays)) for name, arrays in common.images(TASK).items()}
images, labels = tensors["train"]

ACTIVATIONS = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "softplus": nn.Softplus,
}
INITIALIZERS = {
    "normal": lambda W: nn.init.normal_(W, std=model.weight_init_std),
    "xavier": nn.init.xavier_normal_,
    "he": lambda W: nn.init.kaiming_normal_(W, nonlinearity="relu"),
    "zeros": nn.init.zeros_,
}

POOLS = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}

layers, features = [], images.shape[1]
if model.conv:
    side, channels = isqrt(features), 1
    layers.append(nn.Unflatten(1, (1, side, side)))
    for conv in model.conv:
        layers.append(nn.Conv2d(channels, conv.filters, conv.kernel, conv.stride, conv.padding, bias=model.bias))
        layers.append(ACTIVATIONS[model.activation]())
        layers += [POOLS[conv.pool](conv.pool_size)] if conv.pool else []
        channels = conv.filters
    layers.append(nn.Flatten())
    features = nn.Sequential(*layers)(torch.zeros(1, features)).shape[1]
for units in model.hidden:
    layers += [nn.Linear(features, units, model.bias), ACTIVATIONS[model.activation]()]
    layers += [nn.Dropout(model.dropout)] if model.dropout else []
    features = units
layers.append(nn.Linear(features, int(labels.max()) + 1, model.bias))
net = nn.Sequential(*layers).to(images.dtype)
for layer in net:
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        INITIALIZERS[model.init](layer.weight)
        if model.bias:
            nn.init.zeros_(layer.bias)
loss_function = nn.CrossEntropyLoss(label_smoothing=model.label_smoothing)

groups = [
    {"params": [p for p in net.parameters() if p.ndim > 1], "weight_decay": train.weight_decay},
    {"params": [p for p in net.parameters() if p.ndim == 1], "weight_decay": 0.0},  # biases do not decay
]
means = {"betas": (train.beta1, train.beta2), "eps": train.epsilon, "fused": True}  # fused: the fastest on a CPU too
optimizer = {
    "sgd": lambda: torch.optim.SGD(groups, train.learning_rate),
    "momentum": lambda: torch.optim.SGD(groups, train.learning_rate, train.momentum),
    "nesterov": lambda: torch.optim.SGD(groups, train.learning_rate, train.momentum, nesterov=True),
    "adam": lambda: torch.optim.Adam(groups, train.learning_rate, **means),
    "adamw": lambda: torch.optim.AdamW(groups, train.learning_rate, **means),
}[train.optimizer]()

learning_rate = common.learning_rate(TASK, len(images))
varies = train.schedule != "constant" or train.warmup_steps


def eager(steps):
    """Yield batches gathered from the images in memory."""
    chosen = torch.from_numpy(common.order(TASK, rng, len(images), steps))
    for batch in chosen.split(train.batch_size):
        yield images[batch], labels[batch]


def loaded(steps):
    """Yield batches from a DataLoader in this process; with workers, images this small take longer."""
    examples = TensorDataset(images, labels)
    sampler = RandomSampler(examples, replacement=train.sampling == "replacement")
    yield from islice(DataLoader(examples, train.batch_size, sampler=sampler), steps)


done = 0


def train_for(steps):
    """Train for so many steps of a new epoch."""
    global done  # noqa: PLW0603
    net.train()
    for x, t in (loaded if TASK.flags.loader else eager)(steps):
        if varies:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(done)
        loss = loss_function(net(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        done += 1


@torch.no_grad()
def accuracy(name):
    """Return the fraction of "train" or "test" that is classified correctly."""
    net.eval()
    x, t = tensors[name]
    return float((net(x).argmax(1) == t).double().mean())


name = f"PyTorch{' DataLoader' if TASK.flags.loader else ''}"
common.run(TASK, name, torch.__version__, len(images), train_for, accuracy)
