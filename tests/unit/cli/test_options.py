"""What several commands take."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from mnist_bp.cli import options
from mnist_bp.cli.bp import bp
from mnist_bp.config import Config
from tests.helpers.commands import run
from tests.helpers.making import begun


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


@pytest.mark.parametrize("name", ["-", "folder/"])
@pytest.mark.parametrize("command", [("report", "r"), ("plot", "r"), ("data", "show"), ("graph", "r")], ids=" ".join)
def test_a_picture_goes_to_a_file_that_has_a_name(command: tuple[str, ...], name: str) -> None:
    result = run(*command, "-o", name)
    assert result.exit_code == 2
    assert f"expected the name of a file; got {name}" in result.stderr


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("train quick", ["quickstart"]),
        ("gradcheck --config book-", ["book-numerical", "book-relu"]),
        ("config zzz", []),
        ("sweep plan w", ["width"]),
    ],
)
def test_names_are_completed_beside_files(words: str, names: list[str]) -> None:
    *arguments, incomplete = words.split()
    found = ShellComplete(bp, {}, "bp", "_BP_COMPLETE").get_completions(arguments, incomplete)
    assert [(item.type, item.value) for item in found] == [("file", incomplete), *(("plain", name) for name in names)]
    assert all(item.help for item in found[1:])


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("sweep script sweep.s", ["sweep.sh", "sweep.sbatch"]),
        ("sweep table s --best-per train.l", ["train.learning_rate"]),
    ],
)
def test_words_that_are_known_are_completed(words: str, values: list[str]) -> None:
    *arguments, incomplete = words.split()
    found = ShellComplete(bp, {}, "bp", "_BP_COMPLETE").get_completions(arguments, incomplete)
    assert [item.value for item in found] == values


def test_a_config_by_name_in_the_place_of_a_run_gets_a_hint() -> None:
    hint = "--config book takes the config of that name"
    assert run("gradcheck", "book").stderr.endswith(f"\nhint: {hint}\n")
    begun(Config()).path.rename("book-1")
    assert run("graph", "book").stderr.endswith(f"\nhint: did you mean book-1? {hint}\n")
    assert "--config" not in run("gradcheck", "nothing").stderr


def test_choices_forgive_case() -> None:
    given = options.Choice(["test", "train"])
    assert given.convert("TEST", None, None) == "test"
    with pytest.raises(click.BadParameter):
        given.convert("trian", None, None)


@pytest.mark.parametrize("words", ["train --out r --seed 1_0", "eval r --errors 1_0", "sweep plan s.yaml --seeds 1_0"])
def test_an_integer_has_no_underscores(words: str) -> None:
    result = run(*words.split())
    assert result.exit_code == 2
    assert "; got 1_0\n" in result.stderr


def parameters(command: click.Command) -> Iterator[click.Parameter]:
    """Yield the parameters of a command and of those below it."""
    yield from command.params
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                yield from parameters(below)


def test_every_choice_and_integer_of_a_command_is_one_of_these() -> None:
    types = {type(parameter.type) for parameter in parameters(bp)}
    assert {each for each in types if issubclass(each, click.Choice)} == {options.Choice}
    assert {each for each in types if issubclass(each, (click.IntRange, type(click.INT)))} == {options.Integer}
