"""An epoch's examples: those of each set by its weight, in an order that seed and epoch alone decide."""

import numpy as np
import pytest

from mnist_bp.train.order import Order

SETS = [(6, 1.0), (10, 0.5), (4, 2.25)]


def epoch(number: int, seed: int = 7) -> np.ndarray:
    order = Order(SETS, seed)
    return order.epoch(number, len(order))


def test_examples_come_as_often_as_the_weight_of_their_set_says() -> None:
    counts = np.bincount(epoch(1), minlength=20)
    assert counts[:6].tolist() == [1] * 6
    assert sorted(counts[6:16]) == [0] * 5 + [1] * 5
    assert sorted(counts[16:]) == [2, 2, 2, 3]


def test_each_epoch_draws_another_part_of_a_set() -> None:
    used = {tuple(np.unique(epoch(number)[epoch(number) >= 6])) for number in range(1, 6)}
    assert len(used) == 5
    assert set(np.concatenate([epoch(number) for number in range(1, 30)])) == set(range(20))


def test_each_set_has_a_draw_of_its_own_and_as_many_examples_as_the_weight_comes_nearest_to() -> None:
    order = Order([(100, 0.29), (100, 0.29)], 7)  # 28.999999999999996 of each
    chosen = np.sort(order.epoch(1, len(order)))
    assert len(order) == 58
    assert (chosen[:29] + 100).tolist() != chosen[29:].tolist()


def test_seed_and_epoch_alone_decide_and_mix_the_sets() -> None:
    np.testing.assert_array_equal(epoch(1), epoch(1))
    assert epoch(1).tolist() != epoch(1, seed=8).tolist()
    assert epoch(1).tolist() != sorted(epoch(1))


def test_one_set_alone_has_the_order_of_a_permutation() -> None:
    assert sorted(Order([(9, 1.0)], 3).epoch(1, 9)) == list(range(9))


@pytest.mark.parametrize("sets", [[(9, 1.0)], SETS])
def test_with_replacement_any_number_is_drawn(sets: list[tuple[int, float]]) -> None:
    drawn = Order(sets, 3, replacement=True).epoch(1, 1000)
    assert len(drawn) == 1000
    assert set(drawn) <= set(range(sum(length for length, _ in sets)))
