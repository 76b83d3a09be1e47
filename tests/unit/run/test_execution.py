"""A run taken to its end without the command line; tests/program/test_resume.py has the many ways to get there."""

import json
from pathlib import Path

import pytest

from mnist_bp import build
from mnist_bp.config import AugmentConfig, Config, DataConfig
from mnist_bp.progress import silent
from mnist_bp.run.execution import KEPT, Finished, prepare
from tests.helpers.executing import executed
from tests.helpers.making import config


def test_a_finished_run_is_returned_as_it_is() -> None:
    first, _ = executed(path=Path("r"))
    again, shown = executed(path=Path("r"))
    assert (again.summary, again.before, shown.steps) == (first.summary, True, 0)


def test_a_run_without_a_place_gets_a_new_directory_that_tells_its_name() -> None:
    paths = [executed(name="mine")[0].path for _ in range(2)]
    assert paths == [Path("runs/mine"), Path("runs/mine-2")]
    assert json.loads((paths[1] / "env.json").read_text())["named_after"] == "mine"
    assert executed()[0].path == Path("runs/run")


@pytest.mark.parametrize(
    ("accuracy", "chance", "at_chance"),
    [(0.1135, 0.1135, True), (0.098, 0.1135, True), (0.122, 0.1135, True), (0.123, 0.1135, False), (0.5, 0.5, True),
     (1.0, 0.995, False), (1.0, 1.0, False), (0.0, 1.0, False)],
)  # fmt: skip
def test_a_network_is_at_chance_if_it_is_hardly_better(accuracy: float, chance: float, at_chance: bool) -> None:
    """Of a single class, nothing can be learnt."""
    assert Finished(Path("r"), {"test_accuracy": accuracy}, chance=chance).at_chance == at_chance


def test_the_chance_of_a_finished_run_is_that_of_its_test_set() -> None:
    assert executed(path=Path("r"))[0].chance == 0.5
    assert not executed(path=Path("r"))[0].at_chance  # which was said at its end


def test_only_so_many_data_sets_are_kept_and_all_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[DataConfig] = []
    monkeypatch.setattr(build, "dataset", lambda data, _: fetched.append(data))
    configs = [config(data_seed=number, data_validation=held) for number in range(KEPT + 2) for held in (0, 5)]
    kept = prepare(configs, silent)
    assert fetched == [each.data for each in configs[::2]]
    assert [*kept] == fetched[:KEPT]


def test_of_runs_that_differ_in_mixture_and_distortion_each_data_set_is_fetched_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetched: list[DataConfig] = []
    monkeypatch.setattr(build, "dataset", lambda data, _: fetched.append(data))
    mixed = [Config(DataConfig(extra=(("kmnist", weight),), augment=AugmentConfig(shift=weight))) for weight in (1, 2)]
    prepare([Config(), *mixed], silent)
    assert fetched == [DataConfig(), DataConfig("kmnist")]
