"""The same recipe in JAX: an epoch is one compiled function, a scan over its mini-batches.

With convolutions, which XLA computes several times slower within a scan, it is one compiled step after the other.

    python scripts/peers/jax_scan.py --config configs/book-relu.yaml --steady 3

The images stay bytes until their batch is gathered, and pooling is a maximum over axes of its own: the fastest of the
ways tried. XLA takes a thread for each core that the process may run on, so it is left as many as there are to be
threads. Compiling falls into the first epoch, as does compiling for an epoch's last batch, where that is smaller.
"""

import os

import common

TASK = common.task(
    __doc__,
    {
        "model.conv": common.ANY,
        "model.hidden": common.ANY,
        "model.activation": ("sigmoid", "tanh", "relu", "softplus"),
        "model.init": ("normal", "he"),
        "model.weight_init_std": common.ANY,
        "train.max_steps": common.ANY,
        "train.sampling": ("shuffle", "replacement"),
        "train.optimizer": ("sgd", "adam"),
        "train.beta1": common.ANY,
        "train.beta2": common.ANY,
        "train.epsilon": common.ANY,
        "train.schedule": common.ANY,
        "train.schedule_epochs": common.ANY,
        "train.warmup_steps": common.ANY,
    },
)
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: TASK.threads])

from functools import partial  # noqa: E402
from math import isqrt, prod, sqrt  # noqa: E402

import jax  # noqa: E402  # after the processors are chosen
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from mnist_bp import build  # noqa: E402

model, train = TASK.config.model, TASK.config.train
rng = np.random.default_rng(TASK.config.seed)
dataset = build.dataset(TASK.config.data).for_training(TASK.config.data.validation)
splits = {name: (jnp.asarray(part.x), jnp.asarray(part.t, jnp.int32))
          for name, part in (("train", dataset.train), ("test", dataset.test))}  # fmt: skip
if any(conv.pool not in (None, "max") for conv in model.conv):
    raise SystemExit("model.conv: this peer pools by the maximum only")


def layer(*shape):
    """Return the initial W, (inputs..., outputs), and b of a layer."""
    std = sqrt(2 / prod(shape[:-1])) if model.init == "he" else model.weight_init_std
    return jnp.asarray(rng.normal(0, std, shape), jnp.float32), jnp.zeros(shape[-1], jnp.float32)


activation = getattr(jax.nn, model.activation)
side, channels, features = isqrt(dataset.train.x.shape[1]), 1, dataset.train.x.shape[1]
parameters = []
for conv in model.conv:
    parameters.append(layer(conv.kernel, conv.kernel, channels, conv.filters))
    side = (side + 2 * conv.padding - conv.kernel) // conv.stride + 1
    side //= conv.pool_size if conv.pool else 1
    channels, features = conv.filters, side * side * conv.filters
for units in (*model.hidden, dataset.outputs):
    parameters.append(layer(features, units))
    features = units


def convolved(conv, W, b, x):
    """Return the output of one item of model.conv for images (N, rows, columns, channels)."""
    padding = [(conv.padding, conv.padding)] * 2
    strides = (conv.stride, conv.stride)
    out = jax.lax.conv_general_dilated(x, W, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    out = activation(out + b)
    if not conv.pool:
        return out
    count, size, kept = len(out), conv.pool_size, out.shape[1] // conv.pool_size
    out = out[:, : kept * size, : kept * size]
    return out.reshape(count, kept, size, kept, size, -1).max((2, 4))


def logits(parameters, x):
    """Return the outputs for a batch of bytes."""
    out = x.astype(jnp.float32) / 255
    if model.conv:
        pixels = isqrt(out.shape[1])
        out = out.reshape(-1, pixels, pixels, 1)
        for conv, (W, b) in zip(model.conv, parameters, strict=False):
            out = convolved(conv, W, b, out)
        out = out.reshape(len(out), -1)
    for W, b in parameters[len(model.conv) : -1]:
        out = activation(out @ W + b)
    W, b = parameters[-1]
    return out @ W + b


def loss(parameters, x, t):
    """Return the mean softmax cross-entropy."""
    log_probabilities = jax.nn.log_softmax(logits(parameters, x))
    return -jnp.take_along_axis(log_probabilities, t[:, None], axis=1).mean()


def sgd(parameters, means, gradients, rate, step):
    """Return parameters and what the optimizer remembers after a step of gradient descent."""
    return jax.tree.map(lambda p, g: p - rate * g, parameters, gradients), means


def adam(parameters, means, gradients, rate, step):
    """Return the same after a step of Adam."""
    beta1, beta2 = train.beta1, train.beta2
    m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, means[0], gradients)
    v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, means[1], gradients)
    rate = rate / (1 - beta1**step)
    scale = 1 / jnp.sqrt(1 - beta2**step)
    return jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * scale + train.epsilon), parameters, m, v), (m, v)


update = {"sgd": sgd, "adam": adam}[train.optimizer]
means = tuple(jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)) if train.optimizer == "adam" else ()


def step(state, batch, x, t):
    """Return parameters and the optimizer's memory after a step; a batch is (examples, learning rate, number)."""
    chosen, rate, number = batch
    gradients = jax.grad(loss)(state[0], x[chosen], t[chosen])
    return update(*state, gradients, rate, number)


@partial(jax.jit, donate_argnums=0)
def steps_at_once(state, batches, x, t):
    """Return the same after a step for each row of the batches."""
    if model.conv:
        return step(state, [rows[0] for rows in batches], x, t)
    return jax.lax.scan(lambda state, batch: (step(state, batch, x, t), None), state, batches)[0]


@jax.jit
def accuracy(parameters, x, t):
    """Return the fraction of the examples that are classified correctly."""
    return (logits(parameters, x).argmax(1) == t).mean()


learning_rate = common.learning_rate(TASK, len(dataset.train))
state, done = (parameters, means), 0


def train_for(steps):
    """Train for so many steps of a new epoch."""
    global state, done  # noqa: PLW0603
    order = common.order(TASK, rng, len(dataset.train), steps).astype(np.int32)
    whole = len(order) // train.batch_size * train.batch_size
    calls = range(train.batch_size, whole, train.batch_size) if model.conv else []
    for part in np.split(order, [*calls, whole]):
        if len(part):
            batches = part.reshape(-1, min(train.batch_size, len(part)))
            numbers = np.arange(done + 1, done + 1 + len(batches), dtype=np.float32)
            rates = np.array([learning_rate(int(number) - 1) for number in numbers], np.float32)
            state = steps_at_once(state, (batches, rates, numbers), *splits["train"])
            done += len(batches)
    jax.block_until_ready(state)


common.run(
    TASK, "JAX", jax.__version__, len(dataset.train), train_for,
    lambda name: float(accuracy(state[0], *splits[name])),
)  # fmt: skip
