"""mnist_bp itself, timed as its peers are: whole epochs of the training loop.

    python scripts/peers/ours.py --config configs/book-relu.yaml --set train.shards=2 --steady 3

The loop is that of `bp train`; what the command does around it, it does not do. --alone confines it to one processor.
"""

import os
from dataclasses import replace

import common

from mnist_bp import __version__, build, config
from mnist_bp.train.evaluation import evaluate

TASK = common.task(__doc__, dict.fromkeys(config.keys(), common.ANY), "--alone")
if TASK.flags.alone:
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])


dataset = build.training_data(TASK.config.data)
trainer = replace(build.trainer(TASK.config, dataset), measured={})  # common.run evaluates, outside its time
records = trainer.run(lambda: False)

common.run(
    TASK,
    "mnist_bp",
    __version__,
    len(dataset.train),
    lambda steps: next(records),
    lambda name: evaluate(trainer.network, getattr(dataset, name)).accuracy,
)
