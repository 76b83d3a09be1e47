"""The same recipe in scikit-learn's MLPClassifier, an epoch at a time.

    python scripts/peers/sklearn_mlp.py --config configs/book-relu.yaml --set train.sampling=shuffle --steady 3

`partial_fit` on the whole training set is one epoch; it is spared the checks for NaN. The one thing that is not the
config's is the distribution of the initial weights, which MLPClassifier chooses itself.
"""

import common
import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

TASK = common.task(
    __doc__,
    {
        "model.hidden": common.ANY,
        "model.activation": ("sigmoid", "tanh", "relu", "identity"),
        "model.init": ("normal", "xavier"),  # both stand for its own, Glorot's
        "model.weight_init_std": common.ANY,
        "train.optimizer": ("sgd", "momentum", "nesterov"),
        "train.momentum": common.ANY,
        "train.dtype": ("float32", "float64"),
    },
)


model, train = TASK.config.model, TASK.config.train
sklearn.set_config(assume_finite=True)
examples = common.images(TASK)
classes = np.unique(examples["train"][1])
classifier = MLPClassifier(
    model.hidden,
    activation={"sigmoid": "logistic"}.get(model.activation, model.activation),
    solver="sgd",
    alpha=0,
    batch_size=train.batch_size,
    learning_rate_init=train.learning_rate,
    momentum=0 if train.optimizer == "sgd" else train.momentum,
    nesterovs_momentum=train.optimizer == "nesterov",
    random_state=TASK.config.seed % 2**32,
)

common.run(
    TASK,
    "scikit-learn",
    sklearn.__version__,
    len(examples["train"][0]),
    lambda steps: classifier.partial_fit(*examples["train"], classes=classes),
    lambda name: classifier.score(*examples[name]),
)
