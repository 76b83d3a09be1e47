"""A record: the results of an epoch, and its line in metrics.csv."""

from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any

SPLITS = ("train", "validation", "test")
METRICS = tuple(f"{split}_{measure}" for split in SPLITS for measure in ("loss", "accuracy"))


@dataclass(frozen=True)
class Record:
    """One row of metrics. Losses are means over the examples, accuracies fractions of them; None means not measured.

    A field that is added needs a default: it stands for the column in files that do not have it.
    """

    epoch: int
    step: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    test_loss: float
    test_accuracy: float
    seconds: float

    def line(self) -> str:
        """Return the row as text, in the order of COLUMNS."""
        values = asdict(replace(self, seconds=round(self.seconds, 6))).values()
        return ",".join(map(_written, values)) + "\n"

    @property
    def metrics(self) -> dict[str, float | None]:
        """The values of METRICS by their names."""
        return {name: getattr(self, name) for name in METRICS}


COLUMNS = {column.name: column for column in fields(Record)}
HEADER = ",".join(COLUMNS) + "\n"


def parse(text: str) -> list[Record]:
    """Return the records of a metrics file, its columns read by their names; a torn last line is left out.

    Columns that are not known are passed over. Raises ValueError, with the line's number, for values that are not
    written as `line` writes them, and for steps that do not rise.
    """
    header, end, body = text.partition("\n")
    names = header.split(",")
    required = [name for name, column in COLUMNS.items() if column.default is MISSING]
    if not end or len({*names}) < len(names) or not {*required} <= {*names}:
        raise ValueError(f"expected the columns {','.join(required)}; got {header[:200]}")
    records: list[Record] = []
    for number, line in enumerate(body.split("\n")[:-1], start=2):
        try:
            record = _record(names, line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
        if records and record.step <= records[-1].step:
            raise ValueError(f"line {number}: expected a step after {records[-1].step}; got {record.step}")
        records.append(record)
    return records


def last(text: str) -> Record | None:
    """Return the last whole record of a metrics file, if there is one; raises ValueError as `parse` does."""
    header, _, body = text.partition("\n")
    *whole, _ = body.split("\n")
    try:
        found = parse("".join(f"{line}\n" for line in (header, *whole[-1:])))
    except ValueError:
        found = parse(text)  # which knows the number of the line
    return found[-1] if found else None


def _record(names: list[str], line: str) -> Record:
    cells = line.split(",")
    if len(cells) != len(names):
        raise ValueError(f"expected {len(names)} columns; got {len(cells)}")
    values = {name: _read(name, cell) for name, cell in zip(names, cells, strict=True) if name in COLUMNS}
    return Record(**values)


def _read(name: str, cell: str) -> Any:
    kind = COLUMNS[name].type
    try:
        value = None if not cell and kind not in (int, float) else (int if kind is int else float)(cell)
    except ValueError as error:
        raise ValueError(f"expected {name} to be a number; got {cell or 'nothing'}") from error
    if _written(value) != cell:
        raise ValueError(f"expected {name} to be {_written(value)}; got {cell}")
    return value


def _written(value: float | None) -> str:
    """Return a value as text: None is empty, a float the shortest text that reads back as the same float."""
    return "" if value is None else repr(value)
