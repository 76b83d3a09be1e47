"""A training and its directory; tests/program/test_resume.py interrupts it everywhere."""

import json
from pathlib import Path

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.run.directory import Run
from tests.helpers.executing import executed


def test_a_display_is_told_of_every_step_and_epoch() -> None:
    done, shown = executed(path=Path("r"))
    assert (done.path, done.before, shown.path, shown.start, shown.steps) == (Path("r"), False, Path("r"), 0, 6)
    assert [record.line() for record in shown.records] == [record.line() for record in Run("r").records()]
    assert done.summary == Run("r").summary()


def test_a_run_that_is_asked_to_stop_ends_with_that_code_and_goes_on_from_there() -> None:
    with pytest.raises(BpError, match="interrupted at step 3 of 6; checkpoint saved") as caught:
        executed(path=Path("r"), stop=3)
    assert caught.value.code == Exit.TERMINATED
    assert Run("r").state == "unfinished"
    _, shown = executed(path=Path("r"))
    assert (shown.start, shown.steps) == (3, 3)


def environment(path: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((path / "env.json").read_text())
    return content


def test_a_continued_run_keeps_the_name_that_it_began_with() -> None:
    with pytest.raises(BpError):
        executed(name="mine", stop=3)
    executed(path=Path("runs/mine"))
    assert environment(Path("runs/mine"))["named_after"] == "mine"


def test_the_environment_names_the_data() -> None:
    about = environment(executed(path=Path("r"))[0].path)["data"]
    assert isinstance(about, dict)
    assert len(about.pop("fingerprint")) == 64
    assert about == {"name": "xor", "train": 4, "test": 4}
