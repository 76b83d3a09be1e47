"""The graph of one training example, of a new network and of a trained one."""

from pathlib import Path

import numpy as np
import pytest

from mnist_bp import build, config as configs
from mnist_bp.config import Config
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.check.graph.nodes import Node, operands_first
from mnist_bp.run.execution import execute
from mnist_bp.run.example_graph import LIMIT, of_example
from mnist_bp.run.model import Model

CONFIGS = Path(__file__).parents[3] / "configs"
