"""What is printed beside results: errors, hints, warnings, bars."""

import io
import logging
import sys
from pathlib import Path

import pytest

from mnist_bp.cli import output


def test_errors_and_hints_go_to_stderr_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.fail("one\ntwo", "do this")
    assert capsys.readouterr() == ("", "error: one\nerror: two\nhint: do this\n")


def test_control_characters_in_errors_and_hints_are_made_visible(capsys: pytest.CaptureFixture[str]) -> None:
    output.fail("HTTP 404 \x1b[31mred\r", "a\x07\nb")
    assert capsys.readouterr().err == "error: HTTP 404 \\x1b[31mred\\r\nhint: a\\x07\\nb\n"


def test_a_warning_is_one_line_with_its_control_characters_made_visible() -> None:
    record = logging.LogRecord("any", logging.WARNING, "any.py", 1, "%s: a\x1b\nb", ("r",), None)
    output.show_warnings()
    assert logging.lastResort is not None
    assert logging.lastResort.format(record) == "warning: r: a\\x1b\\nb"


def test_text_stays_as_it_is_but_for_control_characters() -> None:
    assert output.printable("± \x1b[31mred\u202e\r\n") == "± \\x1b[31mred\\u202e\\r\\n"


def test_what_is_left_in_a_forgotten_stream_goes_nowhere() -> None:
    path = Path("file")
    with path.open("w") as stream:
        stream.write("left")
        output.forget(stream)
    assert path.read_text() == ""


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_what_an_output_cannot_encode_gets_a_stand_in_or_is_escaped() -> None:
    output.open_streams()
    assert "0 ≤ x − 1 ± 2×2 … größe".encode("ascii", "stand-in") == b"0 <= x - 1 +- 2x2 ... gr\\xf6\\xdfe"
    assert "≤ é ×".encode("latin-1", "stand-in") == b"<= \xe9 \xd7"


@pytest.mark.parametrize(("stderr", "shown"), [(io.StringIO(), False), (Terminal(), True)], ids=["file", "terminal"])
def test_a_bar_is_shown_only_on_a_terminal(stderr: io.StringIO, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    with output.bar("train-images", 2_000_000, "B") as advance:
        advance(1_000_000)
    assert ("train-images" in stderr.getvalue()) == shown
    assert ("0.00/2.00M" in stderr.getvalue()) == shown
