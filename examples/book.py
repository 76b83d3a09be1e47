#!/usr/bin/env python3
"""The training loop of "Deep Learning from Scratch", chapter 5, as the book has it, on this package's TwoLayerNet.

    python examples/book.py

After its first step, and then every 600, an epoch, it prints the accuracy on all training and all test images. Expect
about 94.5 % on the test images in the end. (`bp train --config configs/book.yaml` measures after whole epochs.)

Other than in the book: the data are loaded by this package, the seed is fixed, the net is of float32, which is faster,
and an epoch is a whole number of steps: with 60000 / 128 of them, `i % iter_per_epoch` would be 0 every fourth epoch.
"""

import numpy as np

from mnist_bp.data.loading import load
from mnist_bp.nn.two_layer_net import TwoLayerNet

np.random.seed(0)  # noqa: NPY002  # as NumPy's own functions are used below
mnist = load("mnist")
x_train, x_test = (np.multiply(split.x, split.scale, dtype=np.float32) for split in (mnist.train, mnist.test))
t_train, t_test = (np.eye(10, dtype=np.float32)[split.t] for split in (mnist.train, mnist.test))  # one-hot rows

network = TwoLayerNet(input_size=784, hidden_size=50, output_size=10, dtype=np.float32)

iters_num = 10000
train_size = x_train.shape[0]
batch_size = 100
learning_rate = 0.1

train_loss_list = []
train_acc_list = []
test_acc_list = []

iter_per_epoch = max(train_size // batch_size, 1)

for i in range(iters_num):
    batch_mask = np.random.choice(train_size, batch_size)  # noqa: NPY002
    x_batch = x_train[batch_mask]
    t_batch = t_train[batch_mask]

    grad = network.gradient(x_batch, t_batch)

    for key in ("W1", "b1", "W2", "b2"):
        network.params[key] -= learning_rate * grad[key]

    loss = network.loss(x_batch, t_batch)
    train_loss_list.append(loss)

    if i % iter_per_epoch == 0:
        train_acc = network.accuracy(x_train, t_train)
        test_acc = network.accuracy(x_test, t_test)
        train_acc_list.append(train_acc)
        test_acc_list.append(test_acc)
        print(train_acc, test_acc)
