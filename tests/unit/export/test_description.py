"""What exported networks say of themselves."""

import json
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.config import parse, replaced
from mnist_bp.export.description import describe
from mnist_bp.run.files import ANY_VERSION
from mnist_bp.run.model import Model
from tests.helpers.making import config, untrained


def test_the_texts_say_where_a_network_is_from_and_how_it_is_used(archive_folder: Path) -> None:
    names = ["cat", "dog", "<fox>"]
    own = config(data_name="idx", data_dir=str(archive_folder), data_labels=names, model_hidden=[6])
    secret = replaced(own, {"data.mirrors": ("http://me:secret@127.0.0.1/",), "data.cache_dir": "secret"})
    model = Model.load(untrained(secret))
    found = describe(model)
    about = found.metadata
    assert (found.inputs, found.outputs) == ({"input": 64}, {"logits": 3, "probabilities": 3})
    assert parse(about["config"], "exported") == own
    assert "secret" not in str(about)
    assert (json.loads(about["classes"]), json.loads(about["shape"])) == (names, [8, 8])
    assert (about["data"], about["fingerprint"], about["step"]) == ("idx", model.fingerprint, "0")
    assert (float(about["scale"]), ANY_VERSION.decode() in about["generator"]) == (1 / 255, True)


@pytest.mark.parametrize(
    ("loss", "outputs"),
    [("binary_cross_entropy", {"logits": 1, "probabilities": 2}), ("mean_squared_error", {"outputs": 1})],
)
def test_outputs_that_a_squared_error_compares_are_not_called_logits(loss: str, outputs: dict[str, int]) -> None:
    model = Model.load(untrained(config(data_name="xor", model_loss=loss)))
    found = describe(model)
    assert (found.inputs, found.outputs) == ({"input": 3}, outputs)
    assert model.logits(np.zeros((1, 3))).shape == (1, 1)
