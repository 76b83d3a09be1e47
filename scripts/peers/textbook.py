"""A two-layer network in plain NumPy, as a textbook writes it for its readers.

    python scripts/peers/textbook.py --config configs/book-relu.yaml --set train.dtype=float64

Layers are small classes with forward and backward, parameters and gradients live in dicts, labels are one-hot rows,
each expression makes new arrays, and after each step the loss of its mini-batch is noted. A textbook's weights come
from 0.01 * randn and so are float64, its images float32; with train.dtype=float32 the weights are float32 too.
"""
# Textbooks spare their readers docstrings and draw from np.random:
# ruff: noqa: D101, D102, D103, NPY002

import common
import numpy as np

from mnist_bp import build

TASK = common.task(
    __doc__,
    {
        "model.hidden": common.ANY,
        "model.activation": ("sigmoid", "relu"),
        "model.weight_init_std": common.ANY,
        "train.max_steps": common.ANY,
        "train.sampling": ("shuffle", "replacement"),
        "train.dtype": ("float32", "float64"),
    },
)


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return np.dot(dout, self.W.T)


class Relu:
    def forward(self, x):
        self.negative = x <= 0
        out = x.copy()
        out[self.negative] = 0
        return out

    def backward(self, dout):
        dx = dout.copy()
        dx[self.negative] = 0
        return dx


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out) * self.out


class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        self.y = e / np.sum(e, axis=1, keepdims=True)
        self.t = t
        return -np.sum(t * np.log(self.y + 1e-7)) / len(t)

    def backward(self):
        return (self.y - self.t) / len(self.t)


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, activation, std, dtype):
        self.params = {
            "W1": (std * np.random.randn(input_size, hidden_size)).astype(dtype),
            "b1": np.zeros(hidden_size, dtype),
            "W2": (std * np.random.randn(hidden_size, output_size)).astype(dtype),
            "b2": np.zeros(output_size, dtype),
        }
        self.layers = {
            "Affine1": Affine(self.params["W1"], self.params["b1"]),
            "Activation": activation(),
            "Affine2": Affine(self.params["W2"], self.params["b2"]),
        }
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def accuracy(self, x, t):
        return np.mean(np.argmax(self.predict(x), axis=1) == np.argmax(t, axis=1))

    def loss(self, x, t):
        return self.last_layer.forward(self.predict(x), t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward()
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        first, last = self.layers["Affine1"], self.layers["Affine2"]
        return {"W1": first.dW, "b1": first.db, "W2": last.dW, "b2": last.db}


model, train = TASK.config.model, TASK.config.train
if len(model.hidden) != 1:
    raise SystemExit(f"model.hidden: this peer knows one hidden layer; got {model.hidden}")

dataset = build.dataset(TASK.config.data).for_training(TASK.config.data.validation)
x = {name: getattr(dataset, name).x.astype(np.float32) / 255 for name in ("train", "test")}
t = {name: np.eye(dataset.outputs, dtype=train.dtype)[getattr(dataset, name).t] for name in ("train", "test")}

np.random.seed(TASK.config.seed % 2**32)
net = TwoLayerNet(
    x["train"].shape[1],
    model.hidden[0],
    dataset.outputs,
    {"sigmoid": Sigmoid, "relu": Relu}[model.activation],
    model.weight_init_std,
    train.dtype,
)


losses = []


def train_for(steps):
    count = len(x["train"])
    shuffled = np.random.permutation(count) if train.sampling == "shuffle" else None
    for step in range(steps):
        if shuffled is None:
            chosen = np.random.choice(count, train.batch_size)
        else:
            chosen = shuffled[step * train.batch_size : (step + 1) * train.batch_size]
        gradient = net.gradient(x["train"][chosen], t["train"][chosen])
        for key in ("W1", "b1", "W2", "b2"):
            net.params[key] -= train.learning_rate * gradient[key]
        losses.append(net.loss(x["train"][chosen], t["train"][chosen]))


common.run(
    TASK,
    f"textbook NumPy, {train.dtype}",
    np.__version__,
    len(dataset.train),
    train_for,
    lambda name: float(net.accuracy(x[name], t[name])),
)
