"""`bp sweep metrics`."""

import csv
import json

import pytest

from tests.helpers.commands import run
from tests.helpers.making import FOLDER, begun, config, failed, finished, planned, record

COLUMNS = (
    "epoch,step,learning_rate,train_loss,train_accuracy,"
    "validation_loss,validation_accuracy,test_loss,test_accuracy,seconds"
)


@pytest.fixture
def sweep() -> None:
    """Make a finished run of two epochs, one under way, one that failed before its first, and one that is missing."""
    finished(config(2, model_hidden=[9, 8], train_epochs=2), test_loss=0.1 + 0.2).rename(FOLDER / "a")
    started = begun(config(1, model_hidden=7, train_epochs=2))
    started.metrics.append(record(1, validation_loss=1e-9))
    started.path.rename(FOLDER / "b")
    failed(config(3, train_epochs=2))
    planned(config(4, train_epochs=2))


@pytest.mark.usefixtures("sweep")
def test_every_epoch_of_every_run_has_a_row_with_what_was_set_and_all_digits() -> None:
    result = run("sweep", "metrics", FOLDER)
    assert result.exit_code == 0
    assert result.stdout == (
        f"run,model.hidden,seed,state,{COLUMNS}\n"
        f'{FOLDER / "a"},"[9, 8]",2,finished,1,10,0.1,0.5,0.5,,,0.5,0.5,0.25\n'
        f'{FOLDER / "a"},"[9, 8]",2,finished,2,20,0.1,0.5,0.5,,,0.30000000000000004,0.5,0.25\n'
        f"{FOLDER / 'b'},[7],1,unfinished,1,10,0.1,0.5,0.5,1e-09,,0.5,0.5,0.25\n"
    )
    rows = [*csv.DictReader(result.stdout.splitlines())]
    assert [(row["model.hidden"], row["test_loss"]) for row in rows] == [
        ("[9, 8]", "0.5"), ("[9, 8]", "0.30000000000000004"), ("[7]", "0.5")
    ]  # fmt: skip


@pytest.mark.usefixtures("sweep")
def test_json_has_an_object_on_each_line() -> None:
    objects = [json.loads(line) for line in run("sweep", "metrics", FOLDER, "--json").stdout.splitlines()]
    assert [each["epoch"] for each in objects] == [1, 2, 1]
    assert [*objects[0]] == ["run", "model.hidden", "seed", "state", *COLUMNS.split(",")]
    assert (objects[2]["model.hidden"], objects[2]["seed"], objects[2]["validation_accuracy"]) == ([7], 1, None)


@pytest.mark.usefixtures("sweep")
def test_damaged_runs_are_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    (FOLDER / "a/summary.json").write_text("{}")
    table = FOLDER / "b/metrics.csv"
    table.write_text(f"{COLUMNS}\nx\n{record(2).line()}")
    result = run("sweep", "metrics", FOLDER)
    assert (result.exit_code, result.stdout) == (0, f"run,model.hidden,seed,state,{COLUMNS}\n")
    damaged = "summary.json: expected finite numbers for epochs, steps, seconds, test_loss, test_accuracy"
    assert caplog.messages == [
        f"skipped {FOLDER / 'a'}: {damaged}", f"skipped {table}: line 2: expected 10 columns; got 1"
    ]  # fmt: skip


def test_a_name_that_cannot_be_printed_is_made_visible() -> None:
    finished(config(1)).rename(FOLDER / "\x1b[31mred")
    result = run("sweep", "metrics", FOLDER)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].startswith(f"{FOLDER}/\\x1b[31mred,1,finished,1,")
