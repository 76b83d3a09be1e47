"""A table in a run directory: rows are added to it durably, and cut off beyond the checkpoint."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

from mnist_bp import regular
from mnist_bp.errors import BpError
from mnist_bp.run.written import WrittenFiles
from mnist_bp.train.records import R

T = TypeVar("T")


class Table(Generic[R]):
    """Rows of one kind in a CSV file, which is one of `files`; `hint` says what to do about a damaged one.

    Reading raises BpError if the file is damaged, writing OSError.
    """

    def __init__(self, path: Path, kind: type[R], files: WrittenFiles, *, hint: str) -> None:
        self.path = path
        self._kind = kind
        self._files = files
        self._hint = hint

    def rows(self) -> list[R]:
        """Return the rows so far."""
        return self._read(self._kind.parse) or []

    def last(self) -> R | None:
        """Return the last row, if there is one; faster than all of them."""
        return self._read(self._kind.last)

    def write(self, rows: Iterable[R]) -> None:
        """Write the header and these rows, in the place of all others."""
        self._files.write(self.path, (self._kind.header() + "".join(row.line() for row in rows)).encode())

    def append(self, *rows: R) -> None:
        """Add rows, durably."""
        if rows:
            self._files.append(self.path, "".join(row.line() for row in rows).encode())

    def delete(self) -> None:
        """See to it that there is no such table."""
        self._files.delete(self.path)

    def _read(self, parse: Callable[[str], T]) -> T | None:
        try:
            content = regular.content(self.path)
            return parse(content.decode("ascii", "replace").replace("\r\n", "\n"))  # a torn row may be anything
        except FileNotFoundError:
            return None
        except OSError as error:
            hint = self._hint if isinstance(error, regular.IrregularError) else None
            raise BpError(f"{self.path}: cannot read it: {error.strerror}", hint=hint) from error
        except ValueError as error:
            raise BpError(f"{self.path}: {error}", hint=self._hint) from error
