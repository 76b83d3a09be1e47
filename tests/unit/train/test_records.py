"""Rows and their lines in metrics.csv and steps.csv."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_bp.train.records import METRICS, Record, StepLoss, best

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
RECORD = Record(2, 1200, 0.1, 0.25, 0.9375, None, None, 0.5, 0.875, 1.234568)
HEADER, WHOLE = Record.header(), RECORD.line()


def test_the_header_is_the_one_that_scripts_rely_on() -> None:
    assert HEADER == (
        "epoch,step,learning_rate,train_loss,train_accuracy,"
        "validation_loss,validation_accuracy,test_loss,test_accuracy,seconds\n"
    )


def test_the_losses_of_steps_have_two_columns_and_all_their_digits() -> None:
    assert StepLoss.header() + StepLoss(7, 0.1 + 0.2).line() == "step,loss\n7,0.30000000000000004\n"


def test_a_line_has_empty_fields_for_what_was_not_measured() -> None:
    assert WHOLE == "2,1200,0.1,0.25,0.9375,,,0.5,0.875,1.234568\n"


@given(records=RISING)
def test_lines_parse_back_as_the_records_and_the_last_line_as_the_last(records: list[Record]) -> None:
    text = HEADER + "".join(record.line() for record in records)
    assert Record.parse(text) == records
    assert Record.last(text) == (records[-1] if records else None)


@given(records=RISING.filter(bool), data=st.data())
def test_a_torn_last_line_is_left_out(records: list[Record], data: st.DataObject) -> None:
    text = HEADER + "".join(record.line() for record in records)
    torn = data.draw(st.integers(1, len(records[-1].line())))
    assert Record.parse(text[:-torn]) == records[:-1]
    assert Record.last(text[:-torn]) == (records[-2] if records[1:] else None)


def test_of_damaged_lines_only_the_last_whole_one_is_read_for_the_last_record() -> None:
    assert Record.last(f"{HEADER}rotten\n{WHOLE}") == RECORD
    with pytest.raises(ValueError, match="expected 10 columns; got 1"):
        Record.last(f"{HEADER}{WHOLE}rotten\n")


def test_metrics_are_the_losses_and_accuracies_of_each_split() -> None:
    assert RECORD.metrics == {
        "train_loss": 0.25, "train_accuracy": 0.9375, "validation_loss": None, "validation_accuracy": None,
        "test_loss": 0.5, "test_accuracy": 0.875,
    }  # fmt: skip
    assert (*RECORD.metrics,) == METRICS


def judged(*results: tuple[int, float, float]) -> list[Record]:
    """Return the records of epochs, for their last step and the accuracy and the loss on the validation examples."""
    return [
        replace(RECORD, epoch=epoch, step=step, validation_accuracy=accuracy, validation_loss=loss)
        for epoch, (step, accuracy, loss) in enumerate(results, 1)
    ]


@pytest.mark.parametrize(
    ("results", "epoch"),
    [
        ([(5, 0.5, 0.1), (10, 0.9, 0.3), (15, 0.8, 0.2)], 2),
        ([(5, 0.9, 0.3), (10, 0.9, 0.2), (15, 0.9, 0.3)], 2),
        ([(5, 0.9, 0.2), (10, 0.9, 0.2)], 1),
        ([(5, 0.8, 0.2), (10, 0.7, 0.1), (12, 0.9, 0.1)], 1),
        ([(3, 0.8, 0.2)], 1),
    ],
    ids=["accuracy", "equal accuracy", "equal", "a part of an epoch", "only a part"],
)
def test_the_best_epoch_has_the_highest_accuracy_then_the_lowest_loss_then_comes_first(
    results: list[tuple[int, float, float]], epoch: int
) -> None:
    found = best(judged(*results))
    assert found is not None
    assert found.epoch == epoch


def test_without_records_there_is_no_best_one_and_without_validation_it_is_the_first() -> None:
    assert best([]) is None
    assert best([RECORD, replace(RECORD, epoch=3, step=1800)]) is RECORD


def test_columns_are_read_by_their_names_in_any_order() -> None:
    names, values = HEADER.strip().split(","), WHOLE.strip().split(",")
    assert Record.parse(f"{','.join(names[::-1])}\n{','.join(values[::-1])}\n") == [RECORD]


def test_a_column_that_is_not_known_is_passed_over() -> None:
    """As an earlier version reads what a later one wrote."""
    assert Record.parse(f"unknown,{HEADER}anything,{WHOLE}") == [RECORD]


def test_a_missing_column_has_the_default_of_its_field() -> None:
    """As a later version, with a field more, reads what this one wrote."""

    @dataclass(frozen=True)
    class Later(Record):
        averaged_loss: float | None = None

    assert Later.parse(HEADER + WHOLE) == [Later(**vars(RECORD))]
    assert Later.parse(f"averaged_loss,{HEADER}0.125,{WHOLE}") == [Later(**vars(RECORD), averaged_loss=0.125)]


@pytest.mark.parametrize(
    "text",
    ["", "epoch,step\n", HEADER[:-1] + "\r\n", HEADER.replace("seconds", "epoch"), "step," + HEADER],
    ids=["nothing", "columns missing", "other line ends", "one column twice for another", "one column twice"],
)
def test_a_header_without_every_column_once_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected the columns epoch,step,"):
        Record.parse(text)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "expected 10 columns; got 1"),
        ("3,1800", "expected 10 columns; got 2"),
        (WHOLE.strip() + ",", "expected 10 columns; got 11"),
        ("a,1800,1.0,1.0,1.0,,,1.0,1.0,1.0", "expected [a-z_]+ to be a number; got"),
        ("3,1800.0,1.0,1.0,1.0,,,1.0,1.0,1.0", "expected [a-z_]+ to be a number; got"),
        ("3,1800,,1.0,1.0,,,1.0,1.0,1.0", "expected [a-z_]+ to be a number; got"),
        ("03,1800,1.0,1.0,1.0,,,1.0,1.0,1.0", "expected epoch to be 3; got 03"),
        ("-3,1800,1.0,1.0,1.0,,,1.0,1.0,1.0", "expected epoch to be a count below .*; got -3"),
        (f"{2**53},1800,1.0,1.0,1.0,,,1.0,1.0,1.0", "expected epoch to be a count below .*; got 9007199254740992"),
        ("3,1800,1,1.0,1.0,,,1.0,1.0,1.0", "expected learning_rate to be 1.0; got 1"),
        ("3,1800,1e0,1.0,1.0,,,1.0,1.0,1.0", "expected learning_rate to be 1.0; got 1e0"),
        ("3,1800,1.0,1.0,1.0, ,,1.0,1.0,1.0", "expected [a-z_]+ to be a number; got"),
        ("3,1800,1.0,1.0,1.0,,,1.0,1.0,1.0\r", "expected seconds to be 1.0; got 1.0\r"),
        ("3,1800,1.0,1.0,1.0,,,,1.0,1.0", "expected [a-z_]+ to be a number; got"),
        (WHOLE.strip(), "expected a step after 1200; got 1200"),
        ("3,600,1.0,1.0,1.0,,,1.0,1.0,1.0", "expected a step after 1200; got 600"),
    ],
)
def test_a_line_that_a_record_does_not_write_is_refused_with_its_number(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^line 3: {message}"):
        Record.parse(f"{HEADER}{WHOLE}{line}\n{WHOLE}")
