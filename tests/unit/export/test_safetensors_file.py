"""Safetensors files, read by the library of that name."""

import struct
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.export.description import describe
from mnist_bp.export.safetensors_file import convert
from mnist_bp.run.model import Model
from tests.helpers.making import config, untrained


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_library_reads_what_was_written(dtype: str) -> None:
    safetensors = pytest.importorskip("safetensors")
    model = Model.load(untrained(config(data_name="xor", model_loss="binary_cross_entropy", train_dtype=dtype)))
    about = describe(model)
    Path("r.safetensors").write_bytes(convert(model, about))
    with safetensors.safe_open("r.safetensors", "np") as file:
        assert file.metadata() == about.metadata
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
    assert {*found} == {*model.params}
    for name, array in model.params.items():
        assert found[name].dtype == dtype
        np.testing.assert_array_equal(found[name], array)


def test_the_values_begin_at_a_multiple_of_eight_bytes() -> None:
    for hidden in range(1, 9):
        model = Model.load(untrained(config(data_name="xor", model_loss="mean_squared_error", model_hidden=[hidden])))
        content = convert(model, describe(model))
        assert struct.unpack("<Q", content[:8])[0] % 8 == 0
