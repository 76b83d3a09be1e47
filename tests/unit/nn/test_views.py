"""Views by name: what is assigned to a name lands in the vector."""

import numpy as np
import pytest

from mnist_bp.nn.views import Views, overlaps

SHAPES = {"W1": (2, 3), "b1": (3,)}


@pytest.fixture
def vector() -> np.ndarray:
    return np.arange(9, dtype=np.float32)


def test_the_vector_is_laid_out_in_the_order_of_the_names(vector: np.ndarray) -> None:
    views = Views(vector, SHAPES)
    assert {name: view.tolist() for name, view in views.items()} == {"W1": [[0, 1, 2], [3, 4, 5]], "b1": [6, 7, 8]}
    assert len(views) == 2
    assert all(np.shares_memory(view, vector) for view in views.values())


def test_every_way_of_assigning_to_a_name_changes_the_vector(vector: np.ndarray) -> None:
    views = Views(vector, SHAPES)
    views["b1"] -= 1
    views["W1"] = views["W1"] * 2.0
    np.testing.assert_array_equal(vector, [0, 2, 4, 6, 8, 10, 5, 6, 7])
    views["b1"] = [1, 1, 1]
    np.testing.assert_array_equal(vector[6:], 1)
    assert vector.dtype == np.float32


@pytest.mark.parametrize("value", [0, np.zeros(3), np.zeros((3, 2)), np.zeros((1, 2, 3))])
def test_an_array_of_another_shape_is_refused_and_not_stretched(vector: np.ndarray, value: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"W1: expected an array of shape \(2, 3\); got"):
        Views(vector, SHAPES)["W1"] = value
    np.testing.assert_array_equal(vector, np.arange(9))


def test_there_are_no_other_names(vector: np.ndarray) -> None:
    with pytest.raises(KeyError, match="W2"):
        Views(vector, SHAPES)["W2"] = np.zeros(3)


def test_it_prints_as_what_it_holds(vector: np.ndarray) -> None:
    assert repr(Views(vector, {"b1": (9,)})) == repr({"b1": vector})


def test_what_slices_have_in_common_with_a_part_is_counted_from_its_start() -> None:
    slices = [slice(2, 5), slice(7, 9)]
    assert overlaps(slices, slice(None)) == slices
    vector = np.arange(12)
    for start in range(12):
        for stop in range(start + 1, 13):
            found = [number for each in overlaps(slices, slice(start, stop)) for number in vector[start:stop][each]]
            assert found == [number for number in (2, 3, 4, 7, 8) if start <= number < stop]
