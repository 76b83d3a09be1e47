#!/usr/bin/env python3
"""A whole training program on one page, with mnist_bp as a library: no config, no run directory, no command line.

    python examples/mnist.py            one hidden layer on MNIST, five epochs
    python examples/mnist.py synthetic  the same on digits that the package draws itself

After each epoch it prints the accuracy on the test images; at the end, the digits that the network gets most wrong.
"""

import sys

import numpy as np

from mnist_bp.data.loading import load
from mnist_bp.nn.activations import ReLU
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.initializers import he
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.optimizers import Momentum

EPOCHS, BATCH, RATE = 5, 100, 0.05

data = load(sys.argv[1] if len(sys.argv) > 1 else "mnist")
x, t = data.train.x, data.train.t  # uint8 pixels, (N, 784), and classes, (N,)
x_test = np.multiply(data.test.x, data.test.scale, dtype=np.float32)

rng = np.random.default_rng(0)
net = Network([Affine(x.shape[1], 100), ReLU(), Affine(100, data.outputs)], SoftmaxCrossEntropy())
net.initialize(he, rng)
optimizer = Momentum(net.parameters, net.gradients, momentum=0.9)

step = 0
for epoch in range(1, EPOCHS + 1):
    for batch in np.array_split(rng.permutation(len(x)), len(x) // BATCH):
        step += 1
        net.backprop(np.multiply(x[batch], data.train.scale, dtype=np.float32), t[batch])
        optimizer.update(RATE, step)
    print(f"epoch {epoch}  test accuracy {net.accuracy(x_test, data.test.t):.4f}")

probabilities = net.loss_function.probabilities(net.predict(x_test))
right = probabilities[np.arange(len(x_test)), data.test.t]
for index in right.argsort()[:5]:
    said = probabilities[index].argmax()
    print(f"test image {index}: a {data.classes[data.test.t[index]]}, taken for a {data.classes[said]}")
