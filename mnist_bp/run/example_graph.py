"""The computational graph of one training example, through a config's new network or a run's trained one."""

import math

from mnist_bp import build
from mnist_bp.config import Config
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.check import graph, scalar_graph
from mnist_bp.nn.check.gradcheck import quietly
from mnist_bp.nn.check.graph import Node
from mnist_bp.nn.layers import Shape
from mnist_bp.nn.network import Network
from mnist_bp.progress import Progress, silent
from mnist_bp.run.model import Model

LIMIT = 150  # nodes; a picture of more is larger than two screens
HINT = "`bp graph --config xor` draws a network that is small enough; so are chain and plane"


def of_example(config: Config, run: str | None, example: int, progress: Progress = silent) -> Node:
    """Return the loss on a training example, the end of a graph of single numbers, with all gradients.

    The parameters are those of a run, if one is given, else the initial ones. Raises BpError as `build` and
    `Model.load` do, and (exit 2) for a network too large to be read, or an example that the training set does not have.
    """
    model = Model.load(run, config) if run is not None else None
    if model:
        _require_small(model.network, model.shape)
    dataset = build.dataset(config.data, progress).for_training(config.data.validation)
    if model:
        model.require_fit(dataset, dataset.train)
        network = model.network
    else:
        network = build.initialized(config, dataset.shape, dataset.outputs)
        _require_small(network, dataset.shape)
    if not 0 <= example < len(dataset.train):
        expected = f"a number from 0 to {len(dataset.train) - 1}, of a training example of {dataset.name}"
        raise BpError(f"--example: expected {expected}; got {example}", code=Exit.USAGE)
    x, t = dataset.train.x[example] * dataset.train.scale, dataset.train.t[example]
    with quietly():
        try:
            loss, _ = scalar_graph.compose(network.copy("float64"), x, t)
        except ValueError as error:
            raise BpError(str(error), code=Exit.USAGE, hint=HINT) from error
        graph.backward(loss)
    return loss


def _require_small(network: Network, shape: Shape) -> None:
    nodes = scalar_graph.size(network, math.prod(shape))
    if nodes > LIMIT:
        message = f"expected a network whose graph can be read, of up to {LIMIT} nodes; it would have {nodes:,}"
        raise BpError(message, code=Exit.USAGE, hint=HINT)
