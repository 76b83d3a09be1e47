"""Work done ahead by a second thread."""

import sys
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

SLOTS = 2  # items that exist at a time: one is used while the next is made

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield what `items` yields, while a second thread works on the next.

    SLOTS items exist at a time: `items` may make item number n in the memory of item n − SLOTS. An error in it is
    raised here, in its turn.
    """
    wanted: SimpleQueue[bool] = SimpleQueue()
    made: SimpleQueue[Any] = SimpleQueue()
    end = object()

    def work() -> None:
        while wanted.get():
            try:
                made.put(next(items, end))
            except BaseException as error:  # raised again by the one who asks
                made.put(error)

    worker = Thread(target=work, daemon=True)
    worker.start()
    for _ in range(SLOTS):
        wanted.put(True)
    try:
        while (item := made.get()) is not end:
            if isinstance(item, BaseException):
                raise item
            yield item
            wanted.put(True)
    finally:
        wanted.put(False)
        if not sys.is_finalizing():  # at the interpreter's exit threads stand still, and do not end
            worker.join()
