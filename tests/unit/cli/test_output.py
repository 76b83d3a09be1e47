"""Where output goes."""

import io
import json
import sys

import pytest

from mnist_bp.cli import output


def test_errors_and_hints_go_to_stderr_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.fail("one\ntwo", "do this")
    assert capsys.readouterr() == ("", "error: one\nerror: two\nhint: do this\n")


def test_what_a_server_sent_cannot_play_with_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.fail("HTTP 404 \x1b[31mred\r")
    assert capsys.readouterr().err == "error: HTTP 404 \\x1b[31mred\\r\n"


def test_json_is_one_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    output.as_json({"accuracy": 0.1, "none": None, "tensors": [{"worst": (1, 2), "max_abs": float("nan")}]})
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {"accuracy": 0.1, "none": None, "tensors": [{"worst": [1, 2], "max_abs": None}]}
    assert "NaN" not in out


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stderr", "shown"), [(io.StringIO(), False), (Terminal(), True)], ids=["file", "terminal"])
def test_a_bar_shows_on_a_terminal_alone(stderr: io.StringIO, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    with output.bar("train-images", 2_000_000, "B") as advance:
        advance(1_000_000)
    assert ("train-images" in stderr.getvalue()) == shown
    assert ("0.00/2.00M" in stderr.getvalue()) == shown
