"""A run taken to its end without the command line; tests/program/test_resume.py has the many ways to get there."""

import json
from pathlib import Path

from tests.helpers.executing import executed


def test_a_finished_run_is_returned_as_it_is() -> None:
    first, _ = executed(path=Path("r"))
    again, shown = executed(path=Path("r"))
    assert (again.summary, again.before, shown.steps) == (first.summary, True, 0)


def test_a_run_without_a_place_gets_a_new_directory_that_tells_its_name() -> None:
    paths = [executed(name="mine")[0].path for _ in range(2)]
    assert paths == [Path("runs/mine"), Path("runs/mine-2")]
    assert json.loads((paths[1] / "env.json").read_text())["named_after"] == "mine"
    assert executed()[0].path == Path("runs/run")
