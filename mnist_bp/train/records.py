"""A record: what an epoch came to, and its line in metrics.csv."""

from dataclasses import astuple, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Record:
    """One row of metrics. Losses are means over the examples, accuracies shares of them; None was not measured."""

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
        """Return the row as text: None is empty, a float the shortest text that reads back as the same float."""
        values = astuple(replace(self, seconds=round(self.seconds, 6)))
        return ",".join("" if value is None else repr(value) for value in values) + "\n"


HEADER = ",".join(field.name for field in fields(Record)) + "\n"


def parse(text: str) -> list[Record]:
    """Return the records of a metrics file; a torn last line is left out.

    Raises ValueError, with the line's number, for anything that `line` does not write, and for steps that do not rise.
    """
    if not text.startswith(HEADER):
        raise ValueError(f"expected the columns {HEADER.strip()}")
    records: list[Record] = []
    for number, line in enumerate(text[len(HEADER) :].split("\n")[:-1], start=2):
        try:
            record = _record(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
        if records and record.step <= records[-1].step:
            raise ValueError(f"line {number}: expected a step after {records[-1].step}; got {record.step}")
        records.append(record)
    return records


def _record(line: str) -> Record:
    columns, values = fields(Record), line.split(",")
    if len(values) != len(columns):
        raise ValueError(f"expected {len(columns)} columns; got {len(values)}")
    parsed: list[Any] = [
        (int if column.type is int else float)(value) if value or column.type in (int, float) else None
        for column, value in zip(columns, values, strict=True)
    ]
    record = Record(*parsed)
    if record.line() != line + "\n":
        raise ValueError(f"expected {record.line().strip()}; got {line}")
    return record
