"""The toy data sets are those of the exercises that they come from."""

import numpy as np
import pytest

from mnist_bp.data import loading, toy
from mnist_bp.data.dataset import Dataset


def whole(dataset: Dataset) -> list[tuple[float, ...]]:
    """Return every example, its inputs followed by its label, in sorted order."""
    splits = (dataset.train, dataset.test)
    return sorted((*x, t) for split in splits for x, t in zip(split.x.tolist(), split.t.tolist(), strict=True))


def test_the_plane_is_split_into_disjoint_parts_that_are_all_its_labelled_points() -> None:
    dataset = loading.load("plane")
    assert (len(dataset.train), len(dataset.test)) == (30_000, 10_000)
    assert whole(dataset) == [(x, y, int(y >= 0)) for x in range(-100, 100) for y in range(-100, 100)]


def test_points_are_chosen_for_training_at_random() -> None:
    """Of 30,000 drawn out of 40,000, 15,000 ± 43 lie in either half of the plane (hypergeometric distribution)."""
    train = loading.load("plane").train
    np.testing.assert_allclose(np.count_nonzero(train.x >= 0, axis=0), 15_000, atol=5 * 43)


def test_the_seed_decides_which_points_are_for_training() -> None:
    zero, again, one = (loading.load("plane", seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(again.train.x, zero.train.x)
    assert zero.fingerprint == again.fingerprint != one.fingerprint
    points = [{tuple(point) for point in dataset.test.x.tolist()} for dataset in (zero, one)]
    assert len(points[0] & points[1]) < 3000  # a quarter, 2,500 ± 38, by chance


def test_xor_is_the_exclusive_or_of_two_inputs_beside_a_one() -> None:
    dataset = loading.load("xor", seed=1)
    for split in (dataset.train, dataset.test):
        assert split.x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
        assert split.t.tolist() == [0 ^ 0, 0 ^ 1, 1 ^ 0, 1 ^ 1]


def test_the_chain_is_one_example_with_one_input() -> None:
    dataset = loading.load("chain", seed=1)
    for split in (dataset.train, dataset.test):
        assert (split.x.tolist(), split.t.tolist()) == ([[1]], [0])


@pytest.mark.parametrize(
    ("name", "inputs", "classes"), [("plane", 2, ("y < 0", "y ≥ 0")), ("xor", 3, ("0", "1")), ("chain", 1, ("0", "1"))]
)
def test_every_toy_set_is_of_numbers_row_by_row_with_one_output_for_two_classes(
    name: str, inputs: int, classes: tuple[str, ...]
) -> None:
    dataset = loading.load(name).for_training(0)
    assert (dataset.name, dataset.shape, dataset.outputs, dataset.classes) == (name, (inputs,), 1, classes)
    for split in (dataset.train, dataset.test):
        assert split.x.dtype == np.float64
        assert split.t.dtype == np.uint8
        assert split.x.flags.c_contiguous  # else every mini-batch gathered would first copy all of it


def test_no_two_toy_sets_share_a_fingerprint() -> None:
    assert len({loading.load(name).fingerprint for name in toy.CLASSES}) == len(toy.CLASSES) == 3
