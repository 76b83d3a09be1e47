"""What an exported network says of itself in any format: what goes in, what comes out, and where it is from."""

import json
import math
from dataclasses import dataclass

import numpy as np

from mnist_bp import config as configs
from mnist_bp.config import replaced
from mnist_bp.run.files import MARK
from mnist_bp.run.model import Model

FORMAT = 1  # of the metadata and the names of the parameters


@dataclass(frozen=True)
class Description:
    """Names and sizes of what a network takes and gives for an example, and texts about it by their names."""

    inputs: dict[str, int]
    outputs: dict[str, int]
    metadata: dict[str, str]


def describe(model: Model) -> Description:
    """Describe a network.

    A squared error compares outputs that are no logits; all others give logits, and probabilities after them. The
    config is that of the run without cache and mirrors, whose addresses may hold a password.
    """
    size = math.prod(model.shape)
    outputs = {"outputs": model.logits(np.zeros((1, size), np.uint8)).shape[1]}
    if model.network.gives_probabilities:
        outputs = {"logits": outputs["outputs"], "probabilities": len(model.classes)}
    metadata = {
        "format": str(FORMAT),
        "generator": MARK,
        "config": configs.dump(replaced(model.config, {"data.cache_dir": None, "data.mirrors": None})),
        "classes": json.dumps(model.classes),
        "data": model.config.data.name,
        "fingerprint": model.fingerprint,
        "shape": json.dumps(model.shape),
        "scale": repr(model.scale),
        "step": str(model.step),
    }
    return Description({"input": size}, outputs, metadata)
