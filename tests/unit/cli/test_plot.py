"""`bp plot`; what is drawn is the subject of tests/unit/report."""

import json
import logging
import sys
from pathlib import Path

import pytest

from mnist_bp.cli.options import OutFile
from mnist_bp.cli.plot import FUNCTIONS, command
from mnist_bp.report import figure, plot
from mnist_bp.run import files
from tests.helpers.commands import run
from tests.helpers.making import FOLDER, begun, config, failed, finished, record, unsynced


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw figures in no time, without matplotlib."""
    monkeypatch.setattr(figure, "require_matplotlib", lambda: None)
    monkeypatch.setattr(figure, "drawn", lambda shown, suffix: f"{files.MARK}: {suffix} {shown.labels}".encode())


def test_choices_are_those_of_the_report() -> None:
    assert {*FUNCTIONS} == {*plot.FUNCTIONS}
    (file,) = (option.type for option in command.params if option.name == "file")
    assert isinstance(file, OutFile)
    assert {*file.endings} == {*figure.METADATA}


def test_an_ending_may_be_in_capitals(drawing: None) -> None:
    assert run("plot", "--function", "relu", "-o", "A.PNG").stdout == "A.PNG\n"
    assert Path("A.PNG").read_text() == f"{files.MARK}: .png ['relu']"


def test_without_a_file_it_draws_in_80_columns_and_the_encoding_of_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    path = finished(config(train_epochs=2), train_accuracy=0.9)
    lines = run("plot", path).stdout.splitlines()
    assert lines[0] == "accuracy over epochs"
    assert max(map(len, lines)) <= 80
    assert "a  0.9000  train acc" in lines
    assert "\x1b" not in "".join(lines)
    monkeypatch.setenv("COLUMNS", "50")
    assert 40 < max(map(len, run("plot", path).stdout.splitlines())) <= 50


def test_json_has_the_curves_and_the_functions() -> None:
    data = json.loads(run("plot", finished(config()), "--metric", "test_loss", "--json").stdout)
    assert data["curves"] == [
        {"label": data["curves"][0]["label"], "metric": "test_loss", "epochs": [1], "values": [0.5]}
        | {"deviations": None, "n": 1, "unfinished": False}
    ]
    functions = json.loads(run("plot", "--function", "relu", "--json").stdout)["functions"]
    assert [(each["name"], each["kind"], each["y"][-1]) for each in functions] == [
        ("relu", "function", 5),
        ("relu", "slope", 1),
    ]


@unsynced
def test_what_is_not_counted_is_named_on_stderr(drawing: None, caplog: pytest.LogCaptureFixture) -> None:
    finished(config(0))
    failed(config(1), message="diverged <b>")
    begun(config(2)).metrics.append(record())
    (FOLDER / "notes").mkdir()
    (FOLDER / "notes/x").mkdir()
    with caplog.at_level(logging.WARNING):
        assert run("plot", FOLDER, "-o", "sweep.svg").stdout == "sweep.svg\n"
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "seed 1 has failed after step 6: diverged <b>" in said
    assert "seed 2 is unfinished" in said
    assert "skipped sweeps/mine/notes" in said


def test_a_file_is_replaced_only_if_bp_has_made_it(drawing: None) -> None:
    path = finished(config())
    assert [run("plot", path, "-o", "a.pdf").exit_code for _ in range(2)] == [0, 0]
    Path("mine.png").write_text("mine")
    for file, message in {
        "mine.png": "expected no file, or one that bp has made",
        "nowhere/a.png": "expected a folder nowhere",
        "a.jpg": "expected a name that ends in .svg or .png or .pdf; got a.jpg",
    }.items():
        result = run("plot", "no-such-run", "-o", file)  # which is not looked at before
        assert (result.exit_code, message in result.stderr) == (2, True)
    assert Path("mine.png").read_text() == "mine"


def test_where_matplotlib_is_missing_the_extra_is_named_and_the_terminal_still_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("plot", "--function", "tanh", "-o", "tanh.svg")
    assert (result.exit_code, Path("tanh.svg").exists()) == (1, False)
    assert "pip install 'mnist-bp[report]'" in result.stderr
    assert run("plot", "--function", "tanh").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected either run directories or --function"),
        (["run", "--function", "tanh"], "expected either run directories or --function"),
        (["--function", "tanh", "--metric", "test_loss"], "--metric: expected runs; got --function\n"),
        (["nowhere"], "nowhere: expected a run directory or a folder of runs; got nothing"),
        (["."], ".: expected a run directory, or a folder of some; got neither"),
    ],
)
def test_either_runs_or_functions_are_drawn(arguments: list[str], message: str) -> None:
    result = run("plot", *arguments)
    assert (result.exit_code, message in result.stderr) == (2, True)
