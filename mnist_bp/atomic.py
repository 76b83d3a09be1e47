"""Files that appear whole or not at all."""

import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

TEMPORARY = re.compile(r"\..+\.[0-9]+-[0-9a-f]{8}\.part")  # a file's name, the process, and chance

# Windows does not replace a file that a process has open: a reader is given a second to be done.
TRIES, PAUSE, REASON = (20, 0.05, "; another process may have it open") if os.name == "nt" else (1, 0.0, "")


@contextmanager
def replacing(path: Path, check: Callable[[], None] = lambda: None) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path`; on success it is made durable and takes the place of `path`.

    `check` is called right before the rename, and may raise: writing to the disk may have taken long.
    On any failure `path` is as it was and the temporary file is gone. Processes may race: the last one wins, and every
    reader sees one of their files, whole.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        check()
        _replace(path, temporary)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # which means something to the user
        raise
    with suppress(OSError):  # not every file system lets a folder be synced; the rename is atomic all the same
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _replace(path: Path, temporary: Path) -> None:
    for left in reversed(range(TRIES)):
        try:
            temporary.replace(path)
            break
        except PermissionError as error:
            if not left:
                error.strerror = f"{error.strerror}{REASON}"
                raise
            time.sleep(PAUSE)


def leftovers(folder: Path) -> list[Path]:
    """Return the temporary files of `replacing` in a folder, whether their processes were killed or still run."""
    return [path for path in folder.iterdir() if TEMPORARY.fullmatch(path.name)]
