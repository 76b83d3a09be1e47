"""Colours where they are wanted, and lines that fit."""

import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_bp.cli import terminal
from mnist_bp.cli.terminal import width
from tests.helpers.commands import run
from tests.helpers.making import config, failed, finished, untrained


class Stream(io.StringIO):
    """A stream that is a terminal, or not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("on_terminal", "environment", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": "0"}, False),  # https://no-color.org: regardless of its value,
        (True, {"NO_COLOR": ""}, True),  # when not empty
        (False, {"FORCE_COLOR": "0"}, True),  # https://force-color.org: the same
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals_unless_the_user_says_otherwise(
    on_terminal: bool, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal.coloured(Stream(on_terminal)) == coloured


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("W1  3.0e-09 PASS  [0]", "W1  3.0e-09 \x1b[32mPASS\x1b[0m  [0]"),
        ("FAIL (graph could judge nothing)", "\x1b[31mFAIL\x1b[0m (graph could judge nothing)"),
        ("state  finished  failed", "state  \x1b[32mfinished\x1b[0m  \x1b[31mfailed\x1b[0m"),
        ("PASS: |a - n|", "PASS: |a - n|"),
        ("the seeds that are finished", "the seeds that are finished"),
        ("r failed: no", "r failed: no"),
    ],
)
def test_verdicts_and_states_are_in_colours_and_words_of_sentences_are_not(
    line: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert terminal.emphasized(line) == shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.emphasized(line) == line


def test_wide_letters_take_two_columns_of_a_terminal() -> None:
    assert (width("おa"), width("y ≥ 0")) == (3, 5)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b c", "a b c"),
        ("one  two three", "one  two\n  three"),
        ("おおおお bc", "おおおお\n  bc"),
        ("  indented line", "  indented\n  line"),
        ("runs `bp x` now", "runs\n  `bp x`\n  now"),
        ("run `bp eval` now", "run `bp\n  eval`\n  now"),  # which no line can hold
        ("a-word-too-long b", "a-word-too-long\n  b"),
    ],
)
def test_a_line_is_folded_between_words_and_commands_stay_whole(text: str, shown: str) -> None:
    assert terminal.folded(text, 10) == shown
    assert terminal.folded(text, None) == text


def test_a_terminal_of_80_columns_gets_lines_that_fit_and_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    pty = pytest.importorskip("pty")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    first = finished(config(model_hidden=[100] * 20, train_learning_rate=0.123456789))
    second = failed(config(train_optimizer="adam"), message="the loss is not finite " * 5)
    controller, end = pty.openpty()
    command = [sys.executable, "-m", "mnist_bp", "diff", str(first), str(second)]
    subprocess.run(command, stdin=end, stdout=end, stderr=end, check=True)
    os.close(end)
    seen = b""
    try:
        while got := os.read(controller, 65536):
            seen += got
    except OSError:  # which is the end of a terminal on Linux
        pass
    os.close(controller)
    text = seen.decode()
    assert "\x1b[32mfinished\x1b[0m" in text
    plain = text.replace("\x1b[32m", "").replace("\x1b[31m", "").replace("\x1b[0m", "")
    assert 70 < max(map(len, plain.splitlines())) <= 80


def test_a_stream_is_as_wide_as_its_own_terminal_wherever_the_other_one_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl, pty, termios = map(pytest.importorskip, ("fcntl", "pty", "termios"))  # which Windows does not have
    monkeypatch.delenv("COLUMNS", raising=False)
    controller, end = pty.openpty()
    with os.fdopen(controller), os.fdopen(end, "w") as stream:
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
        assert terminal.columns(stream) == 50
        monkeypatch.setenv("COLUMNS", "60")
        assert terminal.columns(stream) == 60


COMMANDS = (
    "sweep table a-folder-with-a-name/of-some-length", "plot a-folder-with-a-name/of-some-length",
    "diff {0} {1}", "eval {0} --confusion --errors 3", "eval {0} {1} --committee", "gradcheck {0}",
    "gradcheck {0} --brief", "gradcheck {0} --self-test", "data info xor", "data show xor",
    "gradcheck {0} --oracle grahp", "gradcheck nowhere/{0}", "train --config {0}",
)  # fmt: skip


def test_in_80_columns_nothing_is_wider_and_elsewhere_a_row_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path("a-folder-with-a-name/of-some-length")
    finished(config(train_learning_rate=0.123456789, train_schedule="cosine", model_hidden=[100] * 9), folder)
    finished(config(train_momentum=0.987654321, train_optimizer="momentum"), folder)
    failed(config(model_dropout=0.5, train_batch_size=1), folder, "the loss is not finite; rates are too high " * 2)
    xor = {"data_name": "xor", "model_hidden": [4], "model_loss": "half_squared_error"}
    runs = [str(untrained(config(seed, **xor), path=Path(folder, f"some-name-of-a-run-{seed}"))) for seed in (0, 1)]
    assert max(map(width, run("sweep", "table", folder).stdout.splitlines())) > 80
    monkeypatch.setattr("mnist_bp.cli.terminal.columns", lambda stream: 80)
    monkeypatch.setenv("COLUMNS", "80")
    for command in COMMANDS:
        result = run(*command.format(*runs).split())
        assert max(map(width, [*result.stdout.splitlines(), *result.stderr.splitlines()])) <= 80, command
