"""`bp config`."""

import json
from pathlib import Path

import pytest

from mnist_bp.config import Config, catalog, load, settable
from tests.helpers.commands import run


def test_the_effective_config_is_printed(small_config: Path) -> None:
    result = run("config", small_config, "--set", "train.epochs=9")
    assert result.exit_code == 0
    Path("effective.yaml").write_text(result.stdout)
    assert load("effective.yaml") == load(small_config, ["train.epochs=9"]) != Config()


def test_mistakes_go_to_stderr_with_exit_2() -> None:
    Path("c.yaml").write_text("train: {epoch: 3}\nseed: x\n")
    result = run("config", "c.yaml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "error: c.yaml:1: train.epoch: unknown key; did you mean train.epochs?\n"
        "error: c.yaml:2: seed: expected an integer from 0 to 9223372036854775807; got x\n"
    )


def test_json_holds_the_effective_config() -> None:
    about = json.loads(run("config", "book", "--json").stdout)
    assert (about["model"]["hidden"], about["train"]["sampling"], about["seed"]) == ([50], "replacement", 0)


def test_the_list_has_a_line_for_each_config_and_sweep() -> None:
    listed = dict(line.split(None, 1) for line in run("config", "--list").stdout.splitlines() if line)
    headers = {"config", "sweep"}
    assert listed.keys() == headers | catalog.configs().keys() | catalog.sweeps().keys()
    assert listed["chain"] == "A chain of single neurons, 1-1-1-1-1, on one sample"
    about = json.loads(run("config", "--list", "--json").stdout)
    assert about["configs"] | about["sweeps"] == {name: listed[name] for name in listed.keys() - headers}


@pytest.mark.parametrize("columns", [40, 80, None])
def test_keys_are_listed_by_section_and_folded_on_a_terminal(
    columns: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_bp.cli.terminal.columns", lambda stream: columns)
    text = run("config", "--keys").stdout
    names = [line.split(" = ")[0] for line in text.splitlines() if line and not line.startswith(" ")]
    assert [name for name in names if "[]" not in name] == [*settable()]
    longest = max(map(len, text.splitlines()))
    assert longest <= columns if columns else longest > 100
    assert [names[0], *(part.split(" = ")[0] for part in text.split("\n\n")[1:])] == [
        "data.name", "model.conv", "train.epochs", "seed",
    ]  # fmt: skip
    assert "model.conv[].filters\n    number of filters\n" in text
    train = run("config", "--keys", "train").stdout
    assert train in text
    assert train.startswith(
        "train.epochs = 17\n    passes over the training set\n    accepts an integer from 1 to 1000000\n"
    )


@pytest.mark.parametrize(
    ("wanted", "names"),
    [("model.hidden", ["model.hidden"]), ("learning_rate", ["train.learning_rate"]), ("SEED", ["data.seed", "seed"]),
     ("model.conv[].kernel", ["model.conv[].kernel"])],
)  # fmt: skip
def test_a_single_key_is_explained_by_its_name(wanted: str, names: list[str]) -> None:
    assert [key["key"] for key in json.loads(run("config", "--keys", wanted, "--json").stdout)["keys"]] == names


def test_a_key_that_does_not_exist_gets_a_suggestion() -> None:
    assert run("config", "--keys", "lr").stderr == (
        "error: --keys: expected data, model, train or a key; got lr\nhint: did you mean train.learning_rate?\n"
    )


def test_keys_as_json_have_their_defaults() -> None:
    about = {key["key"]: key for key in json.loads(run("config", "--keys", "model", "--json").stdout)["keys"]}
    assert about["model.hidden"]["default"] == [50]
    assert about["model.conv[].pool"]["default"] is None
    assert "default" not in about["model.conv[].filters"]


@pytest.mark.parametrize("arguments", ["", "book --list", "--list --keys", "--list --set seed=1", "--keys book"])
def test_one_thing_is_asked_at_a_time(arguments: str) -> None:
    assert run("config", *arguments.split()).exit_code == 2
