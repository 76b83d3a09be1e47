"""What is printed beside results: errors, hints, warnings, bars."""

import ast
import io
import logging
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import mnist_bp
from mnist_bp.cli import output
from mnist_bp.errors import BpError


def test_errors_and_hints_go_to_stderr_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.fail("one\ntwo", "do this\nor that")
    assert capsys.readouterr() == ("", "error: one\nerror: two\nhint: do this\nhint: or that\n")


def test_control_characters_in_errors_and_hints_are_made_visible(capsys: pytest.CaptureFixture[str]) -> None:
    output.fail("HTTP 404 \x1b[31mred\r", "a\x07\tb")
    assert capsys.readouterr().err == "error: HTTP 404 \\x1b[31mred\\r\nhint: a\\x07\\tb\n"


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_an_error_that_stderr_has_no_room_for_raises_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code still tells it."""
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        output.fail("one", "do this")
        monkeypatch.undo()


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdout", "stderr", "shown"),
    [
        (Terminal, Terminal, "\x1b[36mnext:\x1b[0m bp eval 'a\\x1b b'\n"),
        (Terminal, io.StringIO, ""),
        (io.StringIO, Terminal, ""),
    ],
)
def test_what_to_do_next_is_told_a_person_at_a_terminal(
    stdout: type[io.StringIO], stderr: type[io.StringIO], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", stdout())
    monkeypatch.setattr(sys, "stderr", seen := stderr())
    output.propose("bp eval 'a\x1b b'")
    assert seen.getvalue() == shown


def test_on_a_terminal_errors_are_folded_below_their_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "25")
    monkeypatch.setattr(sys, "stderr", seen := Terminal())
    output.fail("expected four; got nothing", "count them")
    assert seen.getvalue() == (
        "\x1b[1;31merror:\x1b[0m expected four; got\n       nothing\n\x1b[36mhint:\x1b[0m count them\n"
    )


def test_what_an_output_cannot_encode_gets_a_stand_in_or_is_escaped() -> None:
    output.open_streams()
    assert "0 ≤ x − 1 ± 2×2 … größe".encode("ascii", "stand-in") == b"0 <= x - 1 +- 2x2 ... gr\\xf6\\xdfe"
    assert "≤ é ×".encode("latin-1", "stand-in") == b"<= \xe9 \xd7"


def test_every_sign_in_a_message_or_help_text_has_a_stand_in() -> None:
    """What `nn` says is for those who program with it; names of classes are data; pictures look at the encoding."""
    apart = {"archives.py", "blocks.py", "images.py", "pictures.py", "terminal.py"}
    package = Path(mnist_bp.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        printed = "cli" in path.parts  # where docstrings are help texts
        unseen = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and not printed]
        if "nn" not in path.parts and path.name not in apart:
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in unseen:
                    found |= {char for char in node.value if not char.isascii()}
    assert found == {*output.STAND_INS}


def printed(lines: list[str], encoding: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the lines that are printed until one is refused."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    done = []
    with suppress(BpError):
        for line in output.exactly(lines):
            done.append(line)
    return done


def test_of_lines_for_programs_none_is_printed_if_one_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["abc", "größe", "def"]
    assert printed(lines, "utf-8", monkeypatch) == lines
    assert printed(lines, "latin-1", monkeypatch) == lines
    assert printed(lines, "ascii", monkeypatch) == []
    assert printed(["abc"], "ascii", monkeypatch) == ["abc"]


@pytest.mark.parametrize("line", ["a\x1b[31mred", "a\nb", "a\udcff"])
def test_a_line_for_programs_holds_nothing_that_cannot_be_printed(line: str) -> None:
    with pytest.raises(BpError, match="expected characters that can be printed as they are") as caught:
        [*output.exactly([line])]
    assert caught.value.code == 2


@pytest.mark.parametrize(("stderr", "shown"), [(io.StringIO(), False), (Terminal(), True)], ids=["file", "terminal"])
def test_a_bar_is_shown_only_on_a_terminal(stderr: io.StringIO, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stderr", stderr)
    with output.bar("train-images", 2_000_000, "B") as advance:
        advance(1_000_000)
    assert ("train-images" in stderr.getvalue()) == shown
    assert ("0.00/2.00M" in stderr.getvalue()) == shown
    assert all(len(line) <= 76 for line in stderr.getvalue().split("\r"))  # and ^C
