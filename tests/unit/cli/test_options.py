"""What several commands take."""

from pathlib import Path

import pytest

from tests.helpers.commands import run


@pytest.mark.parametrize(
    "words",
    ["train --config {empty}", "train --out {empty}", "eval {empty}", "config {empty}", "gradcheck {empty}",
     "diff {empty} {empty}", "data import {empty}", "sweep plan {empty}", "sweep plan c.yaml --out {empty}",
     "sweep table {empty}"],
)  # fmt: skip
def test_an_empty_path_is_a_variable_that_is_not_set(words: str) -> None:
    """And never the working directory."""
    Path("c.yaml").write_text("seeds: 2\n")
    result = run(*["" if word == "{empty}" else word for word in words.split()])
    assert result.exit_code == 2
    assert "expected a path; got an empty text" in result.stderr
    assert [path.name for path in Path().iterdir()] == ["c.yaml"]
