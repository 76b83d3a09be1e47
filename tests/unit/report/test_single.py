"""Tests for what the report of one run says."""

import json
from pathlib import Path
from typing import Any

import pytest

from mnist_bp import build
from mnist_bp.config import ConvConfig
from mnist_bp.config.rules import Weights
from mnist_bp.errors import BpError
from mnist_bp.progress import silent
from mnist_bp.report.gathering import gather
from mnist_bp.report.single import FEW, contents, data_of, described
from mnist_bp.run.checking import check
from mnist_bp.run.directory import Run
from mnist_bp.run.model import Model
from tests.helpers.commands import run
from tests.helpers.making import begun, config, record, untrained


def of(path: Path | str) -> dict[str, Any]:
    return contents(gather([str(path)]), silent)


@pytest.fixture
def trained(small_config: Path) -> Path:
    assert run("train", "--config", small_config, "--out", "r", "--quiet").exit_code == 0
    return Path("r")


def test_the_numbers_are_those_of_the_run_and_of_bp_eval(trained: Path) -> None:
    found, about = of(trained), json.loads(run("eval", "r", "--json", "--confusion").stdout)
    last = Run(trained).metrics.rows()[-1]
    assert (found["title"], found["last"], found["network"]) == ("r", last, "64-6-3, sigmoid")
    assert found["wrong"] == round(60 * (1 - about["accuracy"]))
    assert found["confusion"] == about["confusion"]
    assert [(each.name, each.recall) for each in found["scores"]] == [
        (each["name"], each["recall"]) for each in about["classes"]
    ]
    assert len(found["mistakes"]) == min(found["wrong"], 24)
    assert [each.title for each in found["charts"]] == ["Accuracy", "Loss"]
    assert (len(found["pictures"]), found["check"].verdict, found["check"].mode) == (6, "PASS", "full")
    assert (
        found["check"]
        == check(Run(trained).config(), "r", mode="full", oracle="all", self_test=False, progress=silent).report
    )
    assert found["environment"]["data.test"] == "60"
    assert not found["why"]


def test_without_the_data_set_the_rest_is_made_and_the_page_says_what_is_missing(
    trained: Path, archive_folder: Path
) -> None:
    for file in archive_folder.iterdir():
        file.unlink()
    found = of(trained)
    assert found["measured"] is found["check"] is None
    assert "train-images" in found["why"]["measured"]
    assert found["why"]["measured"] == found["why"]["check"]
    assert (len(found["pictures"]), len(found["charts"]), found["network"]) == (6, 2, "64-6-3, sigmoid")


def test_a_run_without_checkpoint_is_shown_by_its_metrics(trained: Path) -> None:
    (trained / "checkpoint.npz").unlink()
    found = of(trained)
    assert found["model"] is found["measured"] is found["check"] is found["weights"] is None
    assert "checkpoint.npz" in found["why"]["model"]
    assert len(found["charts"]) == 2


def test_an_environment_that_cannot_be_read_costs_nothing_else(trained: Path) -> None:
    (trained / "env.json").write_text("{")
    found = of(trained)
    assert "env.json: expected a JSON object" in found["why"]["environment"]
    assert found["check"].verdict == "PASS"


def test_an_unfinished_run_is_shown_so_far_and_one_that_has_nothing_is_refused() -> None:
    fresh = begun(config(data_name="xor", model_loss="binary_cross_entropy", train_epochs=9))
    with pytest.raises(BpError, match="expected an epoch or a checkpoint to report on"):
        of(fresh.path)
    fresh.metrics.append(record(1))
    assert (of(fresh.path)["run"].state, of(fresh.path)["last"].epoch) == ("unfinished", 1)


def test_points_and_a_single_output_have_tables_instead_of_pictures() -> None:
    found = of(untrained(config(data_name="xor", model_loss="binary_cross_entropy", model_hidden=[4])))
    assert (found["gallery"], found["mistakes"], found["weights"], found["pictures"]) == (None, [], None, [])
    assert sum(map(sum, found["confusion"])) == 4
    assert found["charts"] == []


def test_where_a_full_gradient_check_would_take_long_a_sample_on_few_examples_is_taken(archive_folder: Path) -> None:
    conv = [ConvConfig(filters=2, kernel=3)]
    found = of(untrained(config(data_name="idx", data_dir=str(archive_folder), model_conv=conv, model_hidden=[4])))
    assert (found["check"].mode, found["check"].batch) == ("sample", FEW)
    assert found["check"].verdict == "PASS"


def test_passwords_of_mirrors_do_not_get_into_a_page() -> None:
    mirrors = ["http://me:hunter2@127.0.0.1/"]
    path = untrained(config(data_name="xor", model_loss="binary_cross_entropy", data_mirrors=mirrors))
    assert "hunter2" not in of(path)["config"]
    assert "http://me:***@127.0.0.1/" in of(path)["config"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model_hidden": [20, 30]}, "64-20-30-3, sigmoid"),
        ({"model_hidden": [], "model_activation": "relu"}, "64-3, relu"),
        (
            {"model_conv": [ConvConfig(filters=2, kernel=3)], "model_hidden": [9]},
            "8×8, 2 filters of 3×3, 9, 3, sigmoid",
        ),
    ],
)
def test_a_network_is_described_by_its_sizes(changes: dict[str, Any], expected: str) -> None:
    chosen = config(**changes)
    network = build.network(chosen, (8, 8), 3)
    assert described(chosen, Model(chosen, network, (8, 8), 1 / 255, (), "", 0)) == expected


@pytest.mark.parametrize(
    ("name", "folder", "expected"),
    [
        ("kmnist", None, "kmnist"),
        ("synthetic", None, "drawn digits (synthetic)"),
        ("idx", "mine/alphabet", "alphabet"),
        ("idx", ".", "idx"),
    ],
)
def test_own_data_are_called_as_their_folder_is(name: str, folder: str | None, expected: str) -> None:
    assert data_of(config(data_name=name, data_dir=folder)) == expected


def test_what_was_mixed_in_is_named_too() -> None:
    mixed = config(data_extra=Weights({"synthetic": 1.0, "idx": 0.5}.items()), data_dir="mine/pens")
    assert data_of(mixed) == "mnist and pens and drawn digits (synthetic)"
