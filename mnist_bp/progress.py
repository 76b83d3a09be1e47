"""How long-running work reports its progress, without printing anything itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int], object]
Progress = Callable[[str, int | None, str], AbstractContextManager[Advance]]
"""Called with what is done, how many units it takes (None: unknown) and the unit; gives a function to count them."""


@contextmanager
def silent(what: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show nothing."""
    yield lambda count: None
