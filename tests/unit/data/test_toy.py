"""The toy data sets are those of the exercises that they come from."""

import numpy as np
import pytest

from mnist_bp import data
from mnist_bp.data import Dataset, toy


def whole(dataset: Dataset) -> list[tuple[float, ...]]:
    """Return every example, its inputs followed by its label, in sorted order."""
    splits = (dataset.train, dataset.test)
    return sorted((*x, t) for split in splits for x, t in zip(split.x.tolist(), split.t.tolist(), strict=True))


def test_the_plane_is_split_into_disjoint_parts_that_are_all_its_labelled_points() -> None:
    dataset = data.load("plane")
    assert (len(dataset.train), len(dataset.test)) == (30_000, 10_000)
    assert whole(dataset) == [(x, y, int(y >= 0)) for x in range(-100, 100) for y in range(-100, 100)]


def test_points_are_chosen_for_training_at_random() -> None:
    """Of 30,000 drawn out of 40,000, 15,000 ± 43 lie in either half of the plane (hypergeometric distribution)."""
    train = data.load("plane").train
    np.testing.assert_allclose(np.count_nonzero(train.x >= 0, axis=0), 15_000, atol=5 * 43)


def test_the_seed_decides_which_points_are_for_training() -> None:
    zero, again, one = (data.load("plane", seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(again.train.x, zero.train.x)
    assert zero.fingerprint == again.fingerprint != one.fingerprint
    points = [{tuple(point) for point in dataset.test.x.tolist()} for dataset in (zero, one)]
    assert len(points[0] & points[1]) < 3000  # a quarter, 2,500 ± 38, by chance


def test_xor_is_the_exclusive_or_of_two_inputs_beside_a_one() -> None:
    dataset = data.load("xor", seed=1)
    for split in (dataset.train, dataset.test):
        assert split.x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
        assert split.t.tolist() == [0 ^ 0, 0 ^ 1, 1 ^ 0, 1 ^ 1]


def test_the_chain_is_one_example_with_one_input() -> None:
    dataset = data.load("chain", seed=1)
    for split in (dataset.train, dataset.test):
        assert (split.x.tolist(), split.t.tolist()) == ([[1]], [0])


@pytest.mark.parametrize(("name", "inputs"), [("plane", 2), ("xor", 3), ("chain", 1)])
def test_every_toy_set_is_of_numbers_row_by_row_with_one_output_for_two_classes(name: str, inputs: int) -> None:
    dataset = data.load(name)
    assert (dataset.name, dataset.shape, dataset.outputs, dataset.classes) == (name, (inputs,), 1, 2)
    for split in (dataset.train, dataset.test):
        assert (split.x.dtype, split.t.dtype) == (np.float64, np.uint8)
        assert split.x.flags.c_contiguous  # else every mini-batch gathered would first copy all of it
    assert len({data.load(other).fingerprint for other in toy.NAMES}) == len(toy.NAMES) == 3
