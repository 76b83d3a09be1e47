"""Mini-batches: each example once an epoch, in an order that seed and epoch alone decide; pixels scaled to 0 … 1."""

import threading
from itertools import chain
from typing import Any

import numpy as np
import pytest

from mnist_bp.data.augmentation import Augmentation
from mnist_bp.data.dataset import Split
from mnist_bp.train import batches as module
from mnist_bp.train.batches import Batches
from mnist_bp.train.team import Team

SPLIT = Split(np.arange(10, dtype=np.uint8)[:, None] * np.array([1, 25], np.uint8), np.arange(10, dtype=np.uint8))


def epoch(number: int, start: int = 0, size: int = 4, seed: int = 7, **options: Any) -> list[list[int]]:
    """Return the labels of an epoch's batches; they number the examples."""
    return [t.tolist() for _, t in Batches(SPLIT, size, "float32", seed=seed, **options).epoch(number, start)]


def test_an_epoch_has_every_example_once_and_a_smaller_batch_at_the_end() -> None:
    batches = epoch(1)
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(chain(*batches)) == list(range(10))
    assert Batches(SPLIT, 4, "float32").steps == 3


def test_seed_and_epoch_alone_decide_the_order() -> None:
    assert epoch(1) == epoch(1)
    assert epoch(1) != epoch(2)
    assert epoch(1) != epoch(1, seed=8)
    assert epoch(2, seed=7) != epoch(1, seed=8)


@pytest.mark.parametrize("replacement", [False, True])
def test_an_epoch_can_be_started_at_any_batch(replacement: bool) -> None:
    whole = epoch(3, replacement=replacement)
    assert [epoch(3, start, replacement=replacement) for start in range(4)] == [whole, whole[1:], whole[2:], []]


def test_with_replacement_batches_are_full_and_draw_from_all() -> None:
    batches = Batches(SPLIT, 4, "float32", seed=7, replacement=True)
    drawn = [t.tolist() for number in range(1, 201) for _, t in batches.epoch(number)]
    assert {len(batch) for batch in drawn} == {4}
    counts = np.bincount(list(chain(*drawn)), minlength=10)
    assert counts.sum() == 2400
    assert abs(counts - 240).max() < 5 * np.sqrt(240)  # five standard deviations of a count
    assert any(len(set(batch)) < 4 for batch in drawn)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pixels_are_scaled_to_the_unit_interval_and_belong_to_their_labels(dtype: str) -> None:
    for batch in (Batches(SPLIT, 4, dtype).in_order(), Batches(SPLIT, 4, dtype, seed=1).epoch(1)):
        for x, t in batch:
            assert x.dtype == dtype
            np.testing.assert_allclose(x, SPLIT.x[t] / 255, rtol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_other_numbers_are_rounded_to_the_dtype_and_nothing_else(dtype: str, rng: np.random.Generator) -> None:
    numbers = Split(rng.uniform(-100, 100, (10, 3)), np.arange(10, dtype=np.uint8))
    given = numbers.x.copy()
    for batch in (Batches(numbers, 4, dtype).in_order(), Batches(numbers, 4, dtype, seed=1).epoch(1)):
        for x, t in batch:
            np.testing.assert_array_equal(x, given[t].astype(dtype), strict=True)
            x.fill(0)  # the batch is a buffer: what a caller does to it does not reach the split
    np.testing.assert_array_equal(numbers.x, given)


def test_in_order_yields_the_examples_as_they_stand() -> None:
    assert [t.tolist() for _, t in Batches(SPLIT, 4, "float32").in_order()] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_batch_size_beyond_the_split_gives_one_batch_of_all() -> None:
    assert [len(batch) for batch in epoch(1, size=100)] == [10]
    assert [len(batch) for batch in epoch(1, size=100, replacement=True)] == [100]


@pytest.fixture
def images(rng: np.random.Generator) -> Split:
    """Return 40 images of 30 pixels, most of them 0."""
    return Split(rng.integers(1, 256, (40, 30), np.uint8) * (rng.random((40, 30)) < 0.1), np.arange(40, dtype=np.uint8))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_that_are_zero_in_a_chunk_and_no_others_are_left_out(
    images: Split, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 8)
    narrow, whole = (Batches(images, 4, dtype, seed=3, nonzero=nonzero) for nonzero in (True, False))
    seen: list[list[int]] = []
    for (x, t), (dense, _) in zip(narrow.epoch(1), whole.epoch(1), strict=True):
        assert x.values.dtype == dtype
        np.testing.assert_array_equal(x.dense(), dense, strict=True)
        np.testing.assert_array_equal(x.places[x.kept], range(len(x.kept)))
        assert set(np.delete(x.places, x.kept)) == {len(x.kept)}
        seen.append([*t.tolist(), *x.kept.tolist()])
    for first, second in zip(seen[::2], seen[1::2], strict=True):
        used = np.flatnonzero(images.x[first[:4] + second[:4]].any(axis=0)).tolist()
        assert first[4:] == second[4:] == used != list(range(30))


def test_a_batch_does_not_depend_on_where_its_epoch_was_started(images: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: the sum over the kept columns depends on which those are."""
    monkeypatch.setattr(module, "CHUNK", 12)

    def entered(start: int) -> list[tuple[list[int], list[list[float]], list[int]]]:
        return [
            (x.kept.tolist(), x.values.tolist(), t.tolist())
            for x, t in Batches(images, 4, "float32", seed=3, nonzero=True).epoch(2, start)
        ]

    whole = entered(0)
    assert len({tuple(kept) for kept, _, _ in whole}) > 1
    for start in range(len(whole) + 1):
        assert entered(start) == whole[start:]


def test_points_are_yielded_with_all_columns(rng: np.random.Generator) -> None:
    points = Split(np.zeros((10, 3)), np.arange(10, dtype=np.uint8))
    assert all(isinstance(x, np.ndarray) for x, _ in Batches(points, 4, "float32", nonzero=True).epoch(1))


@pytest.mark.parametrize("nonzero", [False, True])
def test_batches_are_the_same_whoever_gathers_them(images: Split, nonzero: bool) -> None:
    """Ahead by a thread that is free for it, by a whole team, and by a single thread."""
    found = []
    for threads, busy in ((2, 1), (2, 2), (3, 3), (1, 1)):
        made = Batches(images, 7, "float32", seed=3, nonzero=nonzero, team=Team(threads), busy=busy)
        batches = list[tuple[Any, ...]]()
        for x, t in made.epoch(1):
            batches.append((x.dense().tolist() if nonzero else x.tolist(), t.tolist()))
        found.append(batches)
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.parametrize(("threads", "busy", "ahead"), [(1, 1, False), (2, 1, True), (2, 2, False), (3, 2, True)])
def test_a_thread_gathers_ahead_where_a_processor_is_free_for_it_and_only_then_into_other_memory(
    threads: int, busy: int, ahead: bool, images: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 8)
    before = threading.active_count()
    epoch = Batches(images, 4, "float32", team=Team(threads), busy=busy).epoch(1)
    first, _, third = (next(epoch)[0] for _ in range(3))  # the third is in the second chunk
    names = {thread.name for thread in threading.enumerate()}
    assert any("(work)" in name for name in names) == ahead, (names, before)
    assert np.shares_memory(first, third) != ahead
    epoch.close()


def test_augmented_batches_are_the_same_whoever_makes_them_and_wherever_the_epoch_is_entered(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 12)  # three batches, so that an epoch has three chunks
    split = Split(rng.integers(0, 256, (30, 36), dtype=np.uint8), np.arange(30, dtype=np.uint8))
    augmentation = Augmentation((6, 6), rotation=20, shift=1, elastic_alpha=5, thickness=0.5)

    def made(start: int = 0, number: int = 1, **options: Any) -> list[np.ndarray]:
        batches = Batches(split, 4, "float32", seed=7, augmentation=augmentation, **options)
        return [x.copy() for x, _ in batches.epoch(number, start)]

    whole = made()
    others: list[tuple[int, dict[str, Any]]] = [
        (0, {"team": Team(1)}),
        (0, {"team": Team(3), "busy": 3}),
        (0, {"team": Team(2)}),
        (4, {}),
        (6, {"team": Team(2)}),
    ]
    for start, options in others:
        for x, expected in zip(made(start, **options), whole[start:], strict=True):
            np.testing.assert_array_equal(x, expected)
    assert np.abs(whole[0] - made(number=2)[0]).max() > 0.1
    assert all(x.min() >= 0 and x.max() <= 1 for x in whole)


def test_an_image_is_changed_anew_each_time_and_by_each_seed(rng: np.random.Generator) -> None:
    split = Split(np.repeat(rng.integers(0, 256, (1, 36), dtype=np.uint8), 8, axis=0), np.zeros(8, np.uint8))
    augmentation = Augmentation((6, 6), rotation=20)
    by_seed = [Batches(split, 4, "float32", seed=seed, augmentation=augmentation) for seed in (0, 1)]
    images = [x.copy() for batches in by_seed for number in (1, 2) for x, _ in batches.epoch(number)]
    assert len(np.unique(np.concatenate(images), axis=0)) == 32


def test_extra_examples_are_mixed_in_with_their_labels() -> None:
    extra = Split(SPLIT.x[:4] + np.uint8(20), np.arange(20, 24, dtype=np.uint8))
    batches = Batches(SPLIT, 4, "float32", extra=[(extra, 0.5)])
    assert batches.steps == 3
    for x, t in batches.epoch(1):
        np.testing.assert_allclose(x[:, 0], t / np.float32(255))
    assert sorted(chain(*(t.tolist() for _, t in batches.epoch(1))))[:10] == list(range(10))
