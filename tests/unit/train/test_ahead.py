"""Items made ahead by a second thread are the same, in the same order, and the thread ends with its reader."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from mnist_bp.train.ahead import ahead


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_the_items_come_in_their_order(count: int) -> None:
    before = threading.active_count()
    assert list(ahead(iter(range(count)))) == list(range(count))
    assert threading.active_count() == before


def test_two_places_in_memory_are_enough_for_the_items() -> None:
    """Each item is read as late as possible, when its place may be about to be written again."""

    def filled() -> Iterator[list[int]]:
        places = [[0], [0]]
        for number in range(1000):
            places[number % 2][0] = number
            yield places[number % 2]

    assert [item[0] for item in ahead(filled())] == list(range(1000))


def test_the_next_item_is_made_while_this_one_is_used() -> None:
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    for item in ahead(items()):
        if item == 1:
            assert made.wait(timeout=10)


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise LookupError("no third")

    reader = ahead(items())
    assert (next(reader), next(reader)) == (1, 2)
    with pytest.raises(LookupError, match="no third"):
        next(reader)


def test_a_reader_that_stops_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    reader = ahead(iter(range(100)))
    next(reader)
    reader.close()  # type: ignore[attr-defined]  # a generator
    assert threading.active_count() == before


def test_the_program_can_end_while_items_are_still_wanted() -> None:
    code = """
from mnist_bp.train.ahead import ahead
reader = ahead(iter(range(9)))
next(reader)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
