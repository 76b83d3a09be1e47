"""The files that a process writes in a run directory, which it puts back if others change or delete them meanwhile."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from mnist_bp import regular
from mnist_bp.atomic import replacing

log = logging.getLogger(__name__)


class WrittenFiles:
    """Files as this process left them; `check`, called right before each write, may raise."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._contents: dict[Path, bytearray | None] = {}  # None: there is no such file

    def write(self, path: Path, content: bytes | bytearray) -> None:
        """Write a file whole, in the place of any other."""
        with replacing(path, self._check) as file:
            file.write(content)
        self._contents[path] = bytearray(content)

    def append(self, path: Path, line: bytes) -> None:
        """Write a line, durably, at the end of a file."""
        with path.open("ab") as file:
            self._check()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if (content := self._contents.get(path)) is not None:
            content.extend(line)

    def delete(self, path: Path) -> None:
        """See to it that there is no such file."""
        self._check()
        path.unlink(missing_ok=True)
        self._contents[path] = None

    def restore(self, *, by_content: bool) -> None:
        """Put back, with a warning, what has changed: by its size or, which takes longer, `by_content`."""
        for path, content in self._contents.items():
            if _holds(path, content, by_content=by_content):
                continue
            self._check()
            done = "deleted" if content is None else "written again"
            log.warning("%s: not as this process left it; %s", path, done)
            if content is None:
                self.delete(path)
            else:
                self.write(path, content)


def _holds(path: Path, content: bytearray | None, *, by_content: bool) -> bool:
    try:
        with regular.opened(path) as file:
            if content is None:
                return False
            return file.read() == content if by_content else os.fstat(file.fileno()).st_size == len(content)
    except FileNotFoundError:
        return content is None
    except OSError:  # no regular file
        return False
