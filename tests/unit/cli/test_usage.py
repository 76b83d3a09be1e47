"""Mistakes in a command line, in the words of all other errors, by any version of click."""

from pathlib import Path

import pytest

from tests.helpers.commands import run

MISTAKES = {
    "trian": ("no such command trian", "did you mean train?"),
    "data fetsh": ("no such command fetsh", "did you mean fetch?"),
    "sweep zzz": ("no such command zzz", "`bp sweep --help` shows how it is used"),
    "train --confg x": ("no such option --confg", "did you mean --config?"),
    "version": ("no such command version", "did you mean --version?"),
    "train xor --lr 3": ("no such option --lr", "did you mean --set train.learning_rate=VALUE?"),
    "eval r --epochs 3": ("no such option --epochs", "`bp eval --help` shows how it is used"),
    "config xor epochs=3 seed=1": (
        "expected no more arguments; got epochs=3 seed=1",
        "did you mean --set train.epochs=3 --set seed=1?",
    ),
    "diff a b c=1": ("expected no more arguments; got c=1", "`bp diff --help` shows how it is used"),
    "train --set model.hidden=[100, 50] xor": (
        "--set model.hidden=[100,: expected a list that ends in ]",
        "a list with spaces needs quotes: --set 'model.hidden=[100, …]'",
    ),
    "train --set data.augment={shift: 1} xor": (
        "--set data.augment={shift:: expected a mapping that ends in }",
        "a mapping with spaces needs quotes: --set 'data.augment={shift: …}'",
    ),
    "diff a b --zzz": ("no such option --zzz", "`bp diff --help` shows how it is used"),
    "diff a": ("missing argument RUN", "`bp diff --help` shows how it is used"),
    "diff a b c": ("expected no more arguments; got c", "`bp diff --help` shows how it is used"),
    "predict r": ("missing argument IMAGE", "`bp predict --help` shows how it is used"),
    "export r": (
        "missing option --format: expected one of onnx, safetensors",
        "`bp export --help` shows how it is used",
    ),
    "gradcheck r --oracle grph": (
        "--oracle: expected one of numerical, graph, both, training, all; got grph",
        "did you mean graph?",
    ),
    "plot r --metric acc": ("--metric: expected one of accuracy, loss, train_loss", "did you mean accuracy?"),
    "sweep table s --metric acc": ("--metric: expected one of train_loss", "did you mean test_accuracy?"),
    "grad": ("no such command grad", "did you mean gradcheck?"),
    "data info fashion": ("", "did you mean fashion-mnist?"),
    "eval r --errors 0": (
        "--errors: expected a whole number of at least 1; got 0",
        "`bp eval --help` shows how it is used",
    ),
    "eval r --errors x": (
        "--errors: expected a whole number of at least 1; got x",
        "`bp eval --help` shows how it is used",
    ),
    "train --target-accuracy nan": (
        "--target-accuracy: expected a number from 0 to 1; got nan",
        "`bp train --help` shows how it is used",
    ),
    "plot": ("expected either run directories or --function", "`bp plot --help` shows how it is used"),
    "data import nowhere": (
        "FOLDER: directory 'nowhere' does not exist",
        "`bp data import --help` shows how it is used",
    ),
}


@pytest.mark.parametrize(
    ("command", "message", "hint"), [(key, *value) for key, value in MISTAKES.items()], ids=MISTAKES
)
def test_a_mistake_is_an_error_with_a_hint(command: str, message: str, hint: str) -> None:
    result = run(*command.split())
    first, second = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (2, "")
    assert first.startswith(f"error: {message}")
    assert second == f"hint: {hint}"


def test_a_path_with_spaces_needs_quotes() -> None:
    Path("my two shapes").mkdir()
    assert run("data", "pack", "my", "two", "shapes", "-o", "x").stderr == (
        "error: expected no more arguments; got two shapes\nhint: a path with spaces needs quotes: 'my two shapes'\n"
    )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("train --config", "--config: expected a value; got none"),
        ("train --quiet=3", "--quiet: expected no value; got one"),
    ],
)
def test_an_option_without_its_value_or_with_one_too_many_is_named(command: str, message: str) -> None:
    assert run(*command.split()).stderr.splitlines()[0] == f"error: {message}"
