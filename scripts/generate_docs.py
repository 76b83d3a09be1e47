#!/usr/bin/env python3
"""Make the generated parts of the documentation from the code that they describe.

    scripts/generate_docs.py            rewrite them in place
    scripts/generate_docs.py --check    change nothing; exit 1, with the differences, if one is out of date

A generated part stands in README.md, CONTRIBUTING.md or a page of docs/, between the lines <!-- generated: NAME --> and
<!-- end -->; PARTS[NAME] returns its Markdown.
"""

import argparse
import ast
import difflib
import re
import sys
from collections.abc import Callable
from dataclasses import MISSING
from pathlib import Path

from mnist_bp.config.access import documented
from mnist_bp.config.writer import written
from mnist_bp.run.states import TRANSITIONS, diagram

ROOT = Path(__file__).resolve().parents[1]
PART = re.compile(r"(?<=^<!-- generated: )(.*?) -->\n(.*?)(?=^<!-- end -->$)", re.MULTILINE | re.DOTALL)


def config_keys() -> str:
    """Return the table of all keys of a config, those of the items of a list below the list's own."""
    rows = ["| key | default | meaning | accepts |", "|---|---|---|---|"]

    for name, default, key in documented():
        value = "required" if default is MISSING else f"`{written(name.rpartition('.')[2], default)}`"
        rows.append(f"| `{name}` | {value} | {key.meaning} | {key.rule.expected} |")
    return "\n".join(rows)


def run_states() -> str:
    """Return the picture of a run directory's states, drawn from the table that the code keeps to, and that table."""
    rows = ["| in the state | event | leads to | cause |", "|---|---|---|---|"]
    rows += [f"| {each.before} | {each.event} | {each.after} | {each.cause} |" for each in TRANSITIONS]
    return "\n".join(["```mermaid", diagram(), "```", "", *rows])


def modules() -> str:
    """Return a table of all modules, each with the first line of its docstring."""
    rows = ["| module | idea |", "|---|---|"]
    for path in sorted((ROOT / "mnist_bp").rglob("*.py"), key=lambda path: (path.parent.parts, path.name)):
        idea = str(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))).partition("\n")[0]
        name = path.relative_to(ROOT).as_posix()
        rows.append(f"| [`{name}`](../{name}) | {idea} |")
    return "\n".join(rows)


PARTS: dict[str, Callable[[], str]] = {"config keys": config_keys, "run states": run_states, "modules": modules}


def pages() -> list[Path]:
    """Return the pages of the documentation."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
    return [*filter(Path.exists, top), *sorted((ROOT / "docs").glob("*.md"))]


def generated(text: str) -> str:
    """Return a page with its generated parts made anew; one of a name that PARTS does not hold stays as it is."""
    return PART.sub(lambda part: f"{part[1]} -->\n{PARTS[part[1]]()}\n" if part[1] in PARTS else part[0], text)


def main() -> None:
    """Rewrite the pages, or compare them with what they would become."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a part is out of date")
    check = parser.parse_args().check
    out_of_date = False
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = generated(before)
        if check:
            name = str(page.relative_to(ROOT))
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name))
            out_of_date |= after != before
        elif after != before:
            page.write_text(after, encoding="utf-8")
    sys.exit(int(out_of_date))


if __name__ == "__main__":
    main()
