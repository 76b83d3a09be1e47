"""Threads that share tasks: never more of them busy than there are processors."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar
from weakref import finalize

from mnist_bp.machine import processors

T = TypeVar("T")


class Team:
    """The thread that asks, and others up to `size`, by default the processors, started when there is a task for them.

    Whoever is free takes the next task: where another program keeps a processor busy, the others do more. A team serves
    one thread at a time, and its helpers end when it is forgotten.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size or processors()
        self._helpers = 0
        self._tasks: SimpleQueue[Any] = SimpleQueue()

    def run(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """Return what the tasks return; the first error among them is raised when all have ended."""
        if len(tasks) < 2:
            return [task() for task in tasks]
        for _ in range(self._helpers + 1, min(len(tasks), self.size)):
            self._helpers += 1
            Thread(target=_help, args=(self._tasks,), daemon=True).start()
            finalize(self, self._tasks.put, None)
        done: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        for number, task in enumerate(tasks[1:], 1):
            self._tasks.put((number, task, done))
        _attempt(0, tasks[0], done)  # always by this thread, whose caches hold what it worked on before
        while True:
            try:
                _attempt(*self._tasks.get_nowait())
            except Empty:
                break
        ended = sorted((done.get() for _ in tasks), key=lambda result: result[0])
        for _, _, error in ended:
            if error:
                raise error
        return [value for _, value, _ in ended]


def cut(length: int, parts: int) -> list[slice]:
    """Return so many slices of a length, as equal as can be, one after another; none is empty."""
    ends = [length * number // parts for number in range(parts + 1)]
    return [slice(start, end) for start, end in pairwise(ends) if start < end]


def _help(tasks: "SimpleQueue[Any]") -> None:
    while (task := tasks.get()) is not None:
        _attempt(*task)
        del task  # with what it holds on to, until the next one comes


def _attempt(number: int, task: Callable[[], Any], done: "SimpleQueue[Any]") -> None:
    result, failed = None, None
    try:
        result = task()
    except BaseException as error:  # raised again by the thread that asks
        failed = error
    done.put((number, result, failed))
