"""What suits a terminal: colours, where they are wanted, and lines that fit."""

import os
import re
import sys
import unicodedata
from contextlib import suppress
from typing import TextIO

RED, GREEN, YELLOW, CYAN = "31", "32", "33", "36"  # of the 16 that a terminal's theme has made readable
LABELS = {"error:": f"1;{RED}", "warning:": YELLOW, "hint:": CYAN, "next:": CYAN}
ANYWHERE = {"PASS": GREEN, "FAIL": RED, "UNDECIDED": YELLOW, "KINKS": YELLOW, "TINY": YELLOW}
CELLS = {  # of a table: in a sentence they are words like others
    "finished": GREEN, "failed": RED, "unfinished": YELLOW, "damaged": RED, "missing": YELLOW, "unsure": YELLOW,
    "identical": GREEN, "different": RED, "explained": YELLOW,
}  # fmt: skip
WORD = re.compile(rf"(?<!\S)(?:{'|'.join(ANYWHERE)})(?!\S)")
CELL = re.compile(rf"(?:^|(?<=  ))(?:{'|'.join(CELLS)})(?=  |$)")

USUAL = 80  # columns, where there is no terminal


def coloured(stream: TextIO) -> bool:
    """Whether what is written there is to be in colours: on a terminal that has them, unless the user says otherwise.

    Sources: https://no-color.org and https://force-color.org: set to anything but the empty text, and no colour first.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def labelled(message: str) -> str:
    """Return a message for stderr with the label that it begins with, if it does, in its colour."""
    label, _, rest = message.partition(" ")
    return f"{_painted(label, LABELS)} {rest}" if label in LABELS and coloured(sys.stderr) else message


def emphasized(line: str) -> str:
    """Return a line for stdout with its verdicts and states in their colours."""
    if coloured(sys.stdout):
        line = WORD.sub(lambda found: _painted(found[0], ANYWHERE), line)
        line = CELL.sub(lambda found: _painted(found[0], CELLS), line)
    return line


def _painted(word: str, colours: dict[str, str]) -> str:
    return f"\x1b[{colours[word]}m{word}\x1b[0m"


def columns(stream: TextIO) -> int | None:
    """Return how many columns a line has there; None if it is no terminal, where lines are as long as they are."""
    return room(stream) if stream.isatty() else None


def room(stream: TextIO) -> int:
    """Return how many columns a drawing may have there: COLUMNS, else the stream's own terminal's, else USUAL."""
    with suppress(ValueError):
        if (wanted := int(os.environ.get("COLUMNS", ""))) > 0:
            return wanted
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL
    except OSError:
        return USUAL


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for each of the wide letters of East Asia."""
    return len(text) + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def folded(text: str, limit: int | None, indent: int = 2) -> str:
    """Return a text with line breaks in the place of spaces, so that no line has more columns than the limit.

    All lines but the first begin with `indent` spaces. What is one word, or in `backquotes`, stays in one piece, as it
    may be copied, unless a line cannot hold it: then a terminal breaks the word.
    """
    if limit is None or width(text) <= limit:
        return text
    lines, line = [], ""
    for piece in re.findall(r" *(?:`[^`]*`\S*|\S+)", text):
        whole = width(piece.lstrip()) <= limit - indent
        for word in [piece] if whole else re.findall(r" *\S+", piece):
            if line.strip() and width(line + word) > limit:
                lines.append(line)
                line = " " * indent + word.lstrip()
            else:
                line += word
    return "\n".join([*lines, line])
