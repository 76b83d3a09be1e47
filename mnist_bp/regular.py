"""Regular files, and nothing else: reading a FIFO, a device or a file without end could wait, or go on, for ever."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

NON_BLOCKING = getattr(os, "O_NONBLOCK", 0)  # where there is none, as on Windows, no file can hold an opening up
KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


MOST_BYTES = 1 << 29  # of a file that is text: a table of several million rows has fewer


class IrregularError(OSError):
    """What is there is no regular file, or one that nobody would have written."""


def opened(path: Path, flags: int = 0) -> BufferedReader:
    """Open a file to read its bytes, with more flags of `os.open`; raises IrregularError if it is no regular one."""

    def opener(name: str, usual: int) -> int:
        descriptor = os.open(name, usual | NON_BLOCKING | flags)
        kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
        if kind != stat.S_IFREG:
            os.close(descriptor)
            raise IrregularError(errno.EINVAL, f"expected a file; got {KINDS.get(kind, 'something else')}", str(path))
        return descriptor

    return open(path, "rb", opener=opener)


def content(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return all bytes of a file; raises as `opened` does, and if there are more than `most`."""
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise IrregularError(errno.EFBIG, f"expected at most {most:,} bytes; got more", str(path))
        return file.read()
