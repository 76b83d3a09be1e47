"""Regular files, and nothing else: reading a FIFO or a device in a file's place could wait, or go on, for ever."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

NON_BLOCKING = getattr(os, "O_NONBLOCK", 0)  # where there is none, as on Windows, no file can hold an opening up
KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def opened(path: Path, flags: int = 0) -> BufferedReader:
    """Open a file to read its bytes, with more flags of `os.open`; raises OSError if it is no regular one."""
    file = open(path, "rb", opener=lambda name, usual: os.open(name, usual | NON_BLOCKING | flags))  # noqa: SIM115
    kind = stat.S_IFMT(os.fstat(file.fileno()).st_mode)
    if kind != stat.S_IFREG:
        file.close()
        raise OSError(errno.EINVAL, f"expected a file; got {KINDS.get(kind, 'something else')}", str(path))
    return file


def content(path: Path) -> bytes:
    """Return all bytes of a file; raises OSError as `opened` does."""
    with opened(path) as file:
        return file.read()
