"""The same recipe in JAX: an epoch is one compiled function, a scan over its mini-batches.

    python scripts/peers/jax_scan.py --config configs/book-relu.yaml --steady 3

The images stay bytes until their batch is gathered, the fastest of the ways tried. XLA takes a thread for each core
that the process may run on, so it is left as many as there are to be threads. Compiling falls into the first epoch.
"""

import os

import common

TASK = common.task(
    __doc__,
    {
        "model.hidden": common.ANY,
        "model.activation": ("sigmoid", "tanh", "relu", "softplus"),
        "model.weight_init_std": common.ANY,
        "train.max_steps": common.ANY,
        "train.sampling": ("shuffle", "replacement"),
    },
)
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: TASK.threads])

from functools import partial  # noqa: E402
from itertools import pairwise  # noqa: E402

import jax  # noqa: E402  # after the processors are chosen
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from mnist_bp import build  # noqa: E402

model, train = TASK.config.model, TASK.config.train
rng = np.random.default_rng(TASK.config.seed)
dataset = build.dataset(TASK.config.data).for_training(TASK.config.data.validation)
if len(dataset.train) % train.batch_size:
    raise SystemExit(f"train.batch_size: a scan needs batches of one size; got {train.batch_size}")
splits = {name: (jnp.asarray(part.x), jnp.asarray(part.t, jnp.int32))
          for name, part in (("train", dataset.train), ("test", dataset.test))}  # fmt: skip

activation = getattr(jax.nn, model.activation)
sizes = (dataset.train.x.shape[1], *model.hidden, dataset.outputs)
parameters = [
    (jnp.asarray(rng.normal(0, model.weight_init_std, shape), jnp.float32), jnp.zeros(shape[1], jnp.float32))
    for shape in pairwise(sizes)
]


def logits(parameters, x):
    """Return the outputs for a batch of bytes."""
    out = x.astype(jnp.float32) / 255
    for W, b in parameters[:-1]:
        out = activation(out @ W + b)
    W, b = parameters[-1]
    return out @ W + b


def loss(parameters, x, t):
    """Return the mean softmax cross-entropy."""
    log_probabilities = jax.nn.log_softmax(logits(parameters, x))
    return -jnp.take_along_axis(log_probabilities, t[:, None], axis=1).mean()


@partial(jax.jit, donate_argnums=0)
def epoch(parameters, x, t, order):
    """Return the parameters after one step for each row of `order`."""

    def step(parameters, batch):
        gradients = jax.grad(loss)(parameters, x[batch], t[batch])
        return jax.tree.map(lambda p, g: p - train.learning_rate * g, parameters, gradients), None

    return jax.lax.scan(step, parameters, order)[0]


@jax.jit
def accuracy(parameters, x, t):
    """Return the fraction of the examples that are classified correctly."""
    return (logits(parameters, x).argmax(1) == t).mean()


def train_for(steps):
    """Train for so many steps of a new epoch."""
    global parameters  # noqa: PLW0603
    order = common.order(TASK, rng, len(dataset.train), steps).reshape(steps, train.batch_size).astype(np.int32)
    parameters = jax.block_until_ready(epoch(parameters, *splits["train"], order))


common.run(
    TASK, "JAX scan", jax.__version__, len(dataset.train), train_for,
    lambda name: float(accuracy(parameters, *splits[name])),
)  # fmt: skip
