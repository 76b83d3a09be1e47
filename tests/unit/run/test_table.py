"""Tables of a run directory: what is written is read back, and what is damaged is named."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mnist_bp.errors import BpError
from mnist_bp.run.table import Table
from mnist_bp.run.written import WrittenFiles
from mnist_bp.train.records import Record, Row, StepLoss
from tests.helpers.making import record
from tests.helpers.waiting import time_limit

PATH = Path("table.csv")
ROWS: dict[type[Row], Sequence[Row]] = {
    Record: [record(epoch) for epoch in (1, 2, 3)],
    StepLoss: [StepLoss(10, 0.1 + 0.2), StepLoss(20, 0.25), StepLoss(30, 1e-300)],
}


@pytest.fixture(params=ROWS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> type[Row]:
    found: type[Row] = request.param
    return found


def text(rows: Sequence[Row]) -> str:
    return type(rows[0]).header() + "".join(row.line() for row in rows)


def table(kind: type[Row], rows: Sequence[Row] = ()) -> Table[Any]:
    made = Table(PATH, kind, WrittenFiles(lambda: None), hint="mend it")
    made.write(rows)
    return made


def test_the_rows_that_were_written_and_added_are_read(kind: type[Row]) -> None:
    made = table(kind, ROWS[kind][:1])
    made.append(*ROWS[kind][1:])
    assert PATH.read_text() == text(ROWS[kind])
    assert (made.rows(), made.last()) == (ROWS[kind], ROWS[kind][-1])


def test_a_table_that_is_not_there_has_no_rows(kind: type[Row]) -> None:
    made = table(kind, ROWS[kind])
    made.delete()
    assert not PATH.exists()
    assert (made.rows(), made.last()) == ([], None)


def test_rows_are_on_the_disk_when_append_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    made, synced = table(StepLoss), list[int]()
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    made.append(*ROWS[StepLoss])
    made.append()
    assert synced == [len(text(ROWS[StepLoss]))]


def test_line_ends_of_windows_are_read(kind: type[Row]) -> None:
    made = table(kind)
    PATH.write_bytes(text(ROWS[kind]).replace("\n", "\r\n").encode())
    assert made.rows() == ROWS[kind]


@pytest.mark.parametrize("torn", [b"40,0", b"40,\xff\xfe\x00", b"\x00" * 100], ids=str)
def test_an_incomplete_last_row_is_ignored(kind: type[Row], torn: bytes) -> None:
    made = table(kind, ROWS[kind])
    with PATH.open("ab") as file:
        file.write(torn)
    assert (made.rows(), made.last()) == (ROWS[kind], ROWS[kind][-1])


READ: list[Callable[[Table[Any]], object]] = [Table.rows, Table.last]


@pytest.mark.parametrize("read", READ)
def test_a_damaged_file_is_named(kind: type[Row], read: Callable[[Table[Any]], object]) -> None:
    made = table(kind)
    PATH.write_text("{damaged\n")
    with pytest.raises(BpError, match=r"^table\.csv: expected the columns") as caught:
        read(made)
    assert caught.value.hint == "mend it"


MAKE: dict[str, Callable[[], object]] = {
    "a FIFO": lambda: os.mkfifo(PATH),
    "a device": lambda: PATH.symlink_to("/dev/zero"),
    "a folder": PATH.mkdir,
}


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("what", MAKE)
def test_what_is_no_file_is_refused_and_not_waited_for(
    kind: type[Row], what: str, read: Callable[[Table[Any]], object]
) -> None:
    made = table(kind)
    PATH.unlink()
    MAKE[what]()
    with time_limit(10), pytest.raises(BpError, match=rf"^table\.csv: cannot read it: .*{what}") as caught:
        read(made)
    assert caught.value.hint == "mend it"
