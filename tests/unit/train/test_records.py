"""Records and their lines in metrics.csv."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_bp.train.records import HEADER, Record, parse

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
RISING = st.lists(RECORDS, max_size=5, unique_by=lambda record: record.step).map(
    lambda records: sorted(records, key=lambda record: record.step)
)
WHOLE = "2,1200,0.1,0.25,0.9375,,,0.5,0.875,1.234568\n"


def test_the_header_is_the_one_that_scripts_rely_on() -> None:
    assert HEADER == (
        "epoch,step,learning_rate,train_loss,train_accuracy,"
        "validation_loss,validation_accuracy,test_loss,test_accuracy,seconds\n"
    )


def test_a_line_has_empty_fields_for_what_was_not_measured() -> None:
    record = Record(2, 1200, 0.1, 0.25, 0.9375, None, None, 0.5, 0.875, 1.2345678)
    assert record.line() == "2,1200,0.1,0.25,0.9375,,,0.5,0.875,1.234568\n"


@given(records=RISING)
def test_lines_parse_back_as_the_records(records: list[Record]) -> None:
    assert parse(HEADER + "".join(record.line() for record in records)) == records


@given(records=RISING.filter(bool), data=st.data())
def test_a_torn_last_line_is_left_out(records: list[Record], data: st.DataObject) -> None:
    text = HEADER + "".join(record.line() for record in records)
    torn = data.draw(st.integers(1, len(records[-1].line())))
    assert parse(text[:-torn]) == records[:-1]


@pytest.mark.parametrize("text", ["", "epoch,step\n", HEADER[:-1] + "\r\n"])
def test_another_header_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected the columns epoch,step,"):
        parse(text)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "expected 10 columns; got 1"),
        ("3,1800", "expected 10 columns; got 2"),
        (WHOLE.strip() + ",", "expected 10 columns; got 11"),
        ("a,1800,1.0,1.0,1.0,,,1.0,1.0,1.0", "invalid literal for int"),
        ("3,1800.0,1.0,1.0,1.0,,,1.0,1.0,1.0", "invalid literal for int"),
        ("3,1800,,1.0,1.0,,,1.0,1.0,1.0", "could not convert"),
        ("03,1800,1.0,1.0,1.0,,,1.0,1.0,1.0", "expected 3,1800,1.0,"),
        ("3,1800,1,1.0,1.0,,,1.0,1.0,1.0", "expected 3,1800,1.0,"),
        ("3,1800,1e0,1.0,1.0,,,1.0,1.0,1.0", "expected 3,1800,1.0,"),
        ("3,1800,1.0,1.0,1.0, ,,1.0,1.0,1.0", "could not convert"),
        ("3,1800,1.0,1.0,1.0,,,1.0,1.0,1.0\r", "expected 3,1800,1.0,"),
        ("3,1800,1.0,1.0,1.0,,,1.0,1.0,1.0000001", "expected 3,1800,1.0,"),
        (WHOLE.strip(), "expected a step after 1200; got 1200"),
        ("3,600,1.0,1.0,1.0,,,1.0,1.0,1.0", "expected a step after 1200; got 600"),
    ],
)
def test_a_line_that_is_not_written_like_that_is_refused_with_its_number(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^line 3: {message}"):
        parse(f"{HEADER}{WHOLE}{line}\n{WHOLE}")
