"""Records and their lines in metrics.csv."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_bp.records import HEADER, Record, parse

FLOATS = st.floats(allow_nan=False)
RECORDS = st.builds(
    Record,
    epoch=st.integers(1, 10**6),
    step=st.integers(1, 10**12),
    learning_rate=FLOATS,
    train_loss=FLOATS,
    train_accuracy=FLOATS,
    validation_loss=st.none() | FLOATS,
    validation_accuracy=st.none() | FLOATS,
    test_loss=FLOATS,
    test_accuracy=FLOATS,
    seconds=st.integers(0, 10**9).map(lambda microseconds: microseconds / 10**6),
)


def test_the_header_is_the_one_that_scripts_rely_on() -> None:
    assert HEADER == (
        "epoch,step,learning_rate,train_loss,train_accuracy,"
        "validation_loss,validation_accuracy,test_loss,test_accuracy,seconds\n"
    )


def test_a_line_has_empty_fields_for_what_was_not_measured() -> None:
    record = Record(2, 1200, 0.1, 0.25, 0.9375, None, None, 0.5, 0.875, 1.2345678)
    assert record.line() == "2,1200,0.1,0.25,0.9375,,,0.5,0.875,1.234568\n"


@given(records=st.lists(RECORDS))
def test_lines_parse_back_as_the_records(records: list[Record]) -> None:
    assert parse(HEADER + "".join(record.line() for record in records)) == records


@given(records=st.lists(RECORDS, min_size=1), data=st.data())
def test_a_torn_last_line_is_left_out(records: list[Record], data: st.DataObject) -> None:
    text = HEADER + "".join(record.line() for record in records)
    torn = data.draw(st.integers(1, len(records[-1].line())))
    assert parse(text[:-torn]) == records[:-1]


@pytest.mark.parametrize("text", ["", "epoch,step\n", HEADER + "1,2\n", HEADER + "a,1,1,1,1,,,,,1\n", HEADER + "\n"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)
