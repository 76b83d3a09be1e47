"""The rows of a run's tables: the results of an epoch, in metrics.csv, and the loss of a step, in steps.csv."""

import math
from collections.abc import Sequence
from dataclasses import MISSING, Field, dataclass, fields
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

SPLITS = ("train", "validation", "test")
METRICS = tuple(f"{split}_{measure}" for split in SPLITS for measure in ("loss", "accuracy"))

R = TypeVar("R", bound="Row")


class Row:
    """A row of a table, by a step that rises from row to row: a frozen dataclass, whose fields are the columns.

    A field that is added needs a default: it stands for the column in files that do not have it.
    """

    step: int
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def line(self) -> str:
        """Return the row as text, in the order of the columns: None is empty, a float reads back as the same float."""
        return ",".join(["" if value is None else repr(value) for value in vars(self).values()]) + "\n"

    @classmethod
    def header(cls) -> str:
        """Return the names of the columns as text."""
        return ",".join(column.name for column in fields(cls)) + "\n"

    @classmethod
    def parse(cls: type[R], text: str) -> list[R]:
        """Return the rows of a table's file, its columns read by their names; a torn last line is left out.

        Columns that are not known are passed over. Raises ValueError, with the line's number, for values that are not
        written as `line` writes them, and for steps that do not rise.
        """
        columns = {column.name: column for column in fields(cls)}
        header, end, body = text.partition("\n")
        names = header.split(",")
        required = [name for name, column in columns.items() if column.default is MISSING]
        if not end or len({*names}) < len(names) or not {*required} <= {*names}:
            raise ValueError(f"expected the columns {','.join(required)}; got {header[:200]}")
        known = [columns.get(name) for name in names]
        rows: list[R] = []
        for number, line in enumerate(body.split("\n")[:-1], start=2):
            try:
                cells = line.split(",")
                if len(cells) != len(names):
                    raise ValueError(f"expected {len(names)} columns; got {len(cells)}")
                row = cls(**{each.name: _read(each, cell) for each, cell in zip(known, cells, strict=True) if each})
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
            if rows and row.step <= rows[-1].step:
                raise ValueError(f"line {number}: expected a step after {rows[-1].step}; got {row.step}")
            rows.append(row)
        return rows

    @classmethod
    def last(cls: type[R], text: str) -> R | None:
        """Return the last whole row of a table's file, if there is one; raises ValueError as `parse` does."""
        header, _, body = text.partition("\n")
        *whole, _ = body.split("\n")
        try:
            found = cls.parse("".join(f"{line}\n" for line in (header, *whole[-1:])))
        except ValueError:
            found = cls.parse(text)  # which knows the number of the line
        return found[-1] if found else None


@dataclass(frozen=True)
class Record(Row):
    """The results of an epoch: losses are means over the examples, accuracies fractions of them; None: not measured."""

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

    @property
    def metrics(self) -> dict[str, float | None]:
        """The values of METRICS by their names."""
        return {name: getattr(self, name) for name in METRICS}

    @property
    def rank(self) -> tuple[float, float]:
        """What makes an epoch better than another: the accuracy on the validation examples; if equal, a lower loss."""
        if self.validation_accuracy is None or self.validation_loss is None:
            return -math.inf, -math.inf
        return self.validation_accuracy, -self.validation_loss


def best(records: Sequence[Record]) -> Record | None:
    """Return the record of the best epoch, of equal ones the first; None without any.

    A part of an epoch, with which `max_steps` may end a run, counts only if there is nothing else: a longer run does
    not stop there.
    """
    whole = [record for record in records if record.step * records[0].epoch == record.epoch * records[0].step]
    return max(whole, key=attrgetter("rank"), default=None)


@dataclass(frozen=True)
class StepLoss(Row):
    """The loss of a step: that of its batch before the update, without the penalty of weight decay."""

    step: int
    loss: float


def _read(column: "Field[Any]", cell: str) -> Any:
    whole = column.type is int
    if not cell and not whole and column.type is not float:
        return None
    try:
        value = int(cell) if whole else float(cell)
    except ValueError as error:
        raise ValueError(f"expected {column.name} to be a number; got {cell or 'nothing'}") from error
    if repr(value) != cell:
        raise ValueError(f"expected {column.name} to be {value!r}; got {cell}")
    if whole and not 0 <= value < 2**53:
        raise ValueError(f"expected {column.name} to be a count below 2**53; got {cell}")
    return value
