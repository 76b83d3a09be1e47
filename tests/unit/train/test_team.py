"""Tasks that threads share: all are done, in whatever order, and their results come in their own."""

import gc
import threading
import time
from functools import partial
from queue import SimpleQueue

import pytest

from mnist_bp.train import team as module
from mnist_bp.train.team import Team, cut


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_results_come_in_the_order_of_the_tasks(size: int, count: int) -> None:
    team = Team(size)

    def task(number: int) -> int:
        time.sleep(0.002 * (count - number))
        return number

    for _ in range(3):
        assert team.run([partial(task, number) for number in range(count)]) == list(range(count))


def test_tasks_are_done_side_by_side_by_no_more_threads_than_the_team_has() -> None:
    meeting = threading.Barrier(2, timeout=10)
    before = threading.active_count()
    assert len(Team(2).run([meeting.wait] * 2)) == 2  # each waits for the other
    team, seen = Team(2), set[int]()

    def task() -> None:
        seen.add(threading.get_ident())
        time.sleep(0.001)

    for _ in range(5):
        team.run([task] * 4)
    assert len(seen) == 2
    assert threading.active_count() <= before + 2


def test_who_is_free_does_what_a_busy_thread_has_not_begun() -> None:
    """The helper is kept busy until all other tasks are done, by the only one that is left."""
    rest = threading.Event()
    done: list[int] = []

    def task(number: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            assert rest.wait(timeout=10)
        else:
            time.sleep(0.01)  # time to begin one for the helper, which must not get another
            done.append(number)
            if len(done) == 4:
                rest.set()

    Team(2).run([partial(task, number) for number in range(5)])
    assert len(done) == 4


def test_an_error_is_raised_when_all_tasks_have_ended() -> None:
    ended: list[int] = []

    def task(number: int) -> None:
        time.sleep(0.005 * number)
        ended.append(number)
        if number < 2:
            raise LookupError(f"task {number}")

    team = Team(2)
    with pytest.raises(LookupError, match="task 0"):
        team.run([partial(task, number) for number in range(4)])
    assert sorted(ended) == [0, 1, 2, 3]
    assert team.run([lambda: 1, lambda: 2]) == [1, 2]


def test_the_threads_end_with_their_team() -> None:
    """Though the last tasks, which they have done, know the team, as those of a network do."""
    before = set(threading.enumerate())

    def work() -> set[threading.Thread]:
        team = Team(3)
        meeting = threading.Barrier(3, timeout=10)
        team.run([partial(lambda team: meeting.wait(), team)] * 3)
        return set(threading.enumerate()) - before

    helpers = work()
    assert len(helpers) == 2
    gc.collect()
    for helper in helpers:
        helper.join(timeout=10)
        assert not helper.is_alive()


def test_an_interruption_of_a_task_is_not_lost() -> None:
    class Interrupted(BaseException):
        pass

    class Done(SimpleQueue[object]):
        def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:
            super().put(item)
            if isinstance(item, tuple) and item[0] == 0:
                raise Interrupted  # as a signal may right after a result was put

    with pytest.raises(Interrupted):
        module._attempt(0, lambda: 1, Done())


@pytest.mark.parametrize(("length", "parts"), [(10, 3), (2, 3), (0, 2), (1, 1), (7, 7)])
def test_a_length_is_cut_into_parts_as_equal_as_can_be(length: int, parts: int) -> None:
    slices = cut(length, parts)
    assert [number for part in slices for number in range(length)[part]] == list(range(length))
    assert len(slices) == min(parts, length)
    assert all(part.stop - part.start in {length // parts, -(-length // parts)} for part in slices)
