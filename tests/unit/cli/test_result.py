"""Results and errors: text for people, JSON for programs, and never a mixture."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mnist_bp.cli.result import AS_JSON, Result, reports
from mnist_bp.errors import BpError, Exit
from tests.helpers.commands import run
from tests.helpers.making import FOLDER, config, finished


def report(result: Result, *, as_json: bool) -> int:
    """Let a command return a result; return its exit code."""
    command = click.command("do")(reports(lambda: result))
    with click.Context(command) as context:
        context.meta[AS_JSON] = as_json
        try:
            command.invoke(context)
        except click.exceptions.Exit as end:
            return end.exit_code
    return 0


TEXT = Result("one\ntwo", {"a": 1, "b": [1, None]})


def test_text_is_for_people_and_data_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(TEXT, as_json=False) == 0
    assert capsys.readouterr() == ("one\ntwo\n", "")
    assert report(TEXT, as_json=True) == 0
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"a": 1, "b": [1, None]}, "")


def never() -> Iterator[str]:
    """Return what may not be asked for."""
    raise AssertionError
    yield


def test_of_an_iterable_each_item_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    report(Result(iter(["one", "two"]), never()), as_json=False)  # type: ignore[arg-type]
    assert capsys.readouterr().out == "one\ntwo\n"
    rows: list[dict[str, float]] = [{"a": 1}, {"b": math.nan}]
    report(Result(never(), iter(rows)), as_json=True)
    assert capsys.readouterr().out == '{"a": 1}\n{"b": null}\n'


def test_an_iterable_of_nothing_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report(Result(iter([]), {}), as_json=False)
    assert capsys.readouterr().out == ""


def test_numbers_that_json_does_not_have_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    report(Result("", {"tensors": [{"worst": (1, 2), "max_abs": math.nan}], "loss": math.inf}), as_json=True)
    out = capsys.readouterr().out
    assert json.loads(out) == {"tensors": [{"worst": [1, 2], "max_abs": None}], "loss": None}
    assert "NaN" not in out
    assert "Infinity" not in out


def test_control_characters_in_a_text_are_made_visible(capsys: pytest.CaptureFixture[str]) -> None:
    report(Result("± \x1b[31mred\r\nnext", {}), as_json=False)
    assert capsys.readouterr().out == "± \\x1b[31mred\\r\nnext\n"


def test_a_result_may_fail_without_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """As the verdict of a gradient check does."""
    for as_json in (False, True):
        assert report(Result("FAIL", {"verdict": "FAIL"}, Exit.FAILURE), as_json=as_json) == 1
    assert capsys.readouterr() == ('FAIL\n{\n  "verdict": "FAIL"\n}\n', "")


def test_an_error_beside_a_result_is_part_of_its_object(capsys: pytest.CaptureFixture[str]) -> None:
    missed = Result("accuracy 0.5", {"accuracy": 0.5}, Exit.TARGET_MISSED, "too low")
    assert report(missed, as_json=False) == 3
    assert capsys.readouterr() == ("accuracy 0.5\n", "error: too low\n")
    assert report(missed, as_json=True) == 3
    out, err = capsys.readouterr()
    assert json.loads(out) == {"accuracy": 0.5, "error": "too low", "hint": None, "code": 3}
    assert err == "error: too low\n"


def test_advice_goes_to_stderr_and_leaves_the_object_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json, out in ((False, "done\n"), (True, '{\n  "accuracy": 0.1\n}\n')):
        report(Result("done", {"accuracy": 0.1}, advice=["one", "two"]), as_json=as_json)
        assert capsys.readouterr() == (out, "hint: one\nhint: two\n")


def test_a_command_to_go_on_with_is_for_people_and_not_proposed_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    proposed: list[str] = []
    monkeypatch.setattr("mnist_bp.cli.result.propose", proposed.append)
    report(Result("done", {}, following="bp eval r"), as_json=False)
    report(Result("done", {}, following="bp eval r"), as_json=True)
    report(Result("missed", {}, Exit.TARGET_MISSED, "too low", following="bp eval r"), as_json=False)
    report(TEXT, as_json=False)
    assert proposed == ["bp eval r"]


def test_verdicts_are_in_colours_and_what_programs_read_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture has its own."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = Result(["a\x1b PASS"], {"verdict": "PASS"}, picture=["\x1b[38;5;232m#\x1b[0m"])
    report(shown, as_json=False)
    assert capsys.readouterr().out == "a\\x1b \x1b[32mPASS\x1b[0m\n\x1b[38;5;232m#\x1b[0m\n"
    report(shown, as_json=True)
    report(Result("PASS", {}, exact=True), as_json=False)
    assert "\x1b" not in capsys.readouterr().out


COMMANDS = {
    "a file that is not there": ("sweep plan none.yaml", 2, "none.yaml: expected a sweep file, or the name of one"),
    "a run that is not there": ("eval nowhere", 2, "nowhere: expected a run directory"),
    "a split that is not there": ("eval nowhere --split all", 2, "--split: expected one of test, "),
    "an argument missing": ("eval", 2, "missing argument RUN"),
    "an option missing": ("train", 2, "expected a CONFIG"),
    "an option unknown": ("diff a b --brief", 2, "no such option --brief"),
    "a command unknown": ("sweep bets", 2, "no such command bets"),
    "neither of two": ("gradcheck", 2, "expected either --config CONFIG or a run directory"),
    "no data": (
        "data info mnist",
        4,
        "cannot download train-images-idx3-ubyte.gz of data set mnist: Connection refused",
    ),
}


@pytest.mark.parametrize(("command", "code", "message"), COMMANDS.values(), ids=COMMANDS)
def test_a_failed_command_prints_its_error_as_one_object_too(command: str, code: int, message: str) -> None:
    result = run(*command.split(), "--json")
    about = json.loads(result.stdout)
    assert about.keys() == {"error", "hint", "code"}
    assert message in about["error"]
    assert result.exit_code == about["code"] == code
    lines = [f"error: {line}" for line in about["error"].split("\n")]
    hints = [f"hint: {line}" for line in about["hint"].split("\n")] if about["hint"] else []
    assert result.stderr.splitlines() == lines + hints


def test_without_json_an_error_leaves_stdout_empty() -> None:
    result = run("eval", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: nowhere: expected a run directory, with its config.yaml\n"
    usage = run("eval")
    assert (usage.exit_code, usage.stdout) == (2, "")
    assert usage.stderr.startswith("error: missing argument RUN\n")


def test_a_hint_is_part_of_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise BpError("no\x1b", hint="do\x07 this", code=Exit.NO_DATA)

    monkeypatch.setattr("mnist_bp.run.measuring.measure", fail)
    result = run("eval", "r", "--json")
    assert json.loads(result.stdout) == {"error": "no\x1b", "hint": "do\x07 this", "code": 4}
    assert result.stderr == "error: no\\x1b\nhint: do\\x07 this\n"


def test_a_table_in_json_reports_its_errors_in_json() -> None:
    assert json.loads(run("sweep", "table", "nowhere", "--format", "json").stdout)["code"] == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["sweep", "best", str(FOLDER), "--json"], 1, "error: input or output: No space left on device\n"),
        (["eval", "nowhere", "--json"], 2, "error: nowhere: expected a run directory, with its config.yaml\n"),
        (["eval", "--json"], 2, "error: missing argument RUN\nhint: `bp eval --help` shows how it is used\n"),
    ],
    ids=["result", "error", "usage"],
)
def test_an_object_that_finds_no_room_leaves_the_message_on_stderr(
    arguments: list[str], code: int, message: str
) -> None:
    finished(config(), validation_accuracy=0.5)
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "mnist_bp", *arguments]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (code, message)


@pytest.mark.parametrize("command", ["config c.yaml", "sweep plan c.yaml --seeds 2 --out größe"])
def test_what_a_program_is_to_read_is_printed_as_it_is_or_refused(command: str) -> None:
    Path("c.yaml").write_text("data: {name: idx, dir: größe}\n", encoding="utf-8")
    results = [
        subprocess.run(
            [sys.executable, "-m", "mnist_bp", *command.split()],
            capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": encoding},
        )
        for encoding in ("utf-8", "latin-1", "ascii")
    ]  # fmt: skip
    assert [result.returncode for result in results] == [0, 0, 2]
    assert "größe".encode() in results[0].stdout
    assert results[1].stdout == results[0].stdout.decode().encode("latin-1")
    assert results[2].stdout == b""
    assert results[2].stderr.startswith(
        b"error: expected an output that can hold '\\xf6\\xdf' as it is; got one in ascii"
    )
