"""The keys of section `train` accept the names of all that can be built."""

import pytest

from mnist_bp.config import keys

NAMES = {  # all that the library and the data sets have
    "train.optimizer": "sgd momentum nesterov adagrad rmsprop adam adamw",
    "train.schedule": "constant step cosine one_cycle",
    "train.keep": "last best",
    "train.gradient": "backprop numerical",
}


@pytest.mark.parametrize(("key", "names"), NAMES.items(), ids=NAMES)
def test_a_key_offers_the_names_of_all_that_can_be_built(key: str, names: str) -> None:
    rule = keys()[key].rule
    assert [rule.accept(name) for name in names.split()] == list(rule.choices) == names.split()
