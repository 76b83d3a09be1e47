"""The keys of section `model` accept the names of all that can be built."""

import pytest

from mnist_bp.config import keys

NAMES = {  # all that the library and the data sets have
    "model.activation": "sigmoid tanh relu leaky_relu softplus identity",
    "model.output": "sigmoid tanh relu leaky_relu softplus identity softmax",
    "model.init": "normal xavier he zeros",
    "model.loss": "softmax_cross_entropy cross_entropy binary_cross_entropy mean_squared_error half_squared_error",
}


@pytest.mark.parametrize(("key", "names"), NAMES.items(), ids=NAMES)
def test_a_key_offers_the_names_of_all_that_can_be_built(key: str, names: str) -> None:
    rule = keys()[key].rule
    assert [rule.accept(name) for name in names.split()] == list(rule.choices) == names.split()
