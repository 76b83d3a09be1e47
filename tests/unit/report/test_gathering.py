"""Tests for gathering the runs that a page or a plot is about."""

from pathlib import Path

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.report.gathering import described, gather
from tests.helpers.making import FOLDER, begun, config, failed, finished, planned

SWEEP = str(FOLDER)


def test_a_folder_is_read_as_settings_the_best_first_labelled_by_what_differs() -> None:
    for seed in (0, 1):
        finished(config(seed, train_learning_rate=0.1), test_accuracy=0.6)
        finished(config(seed, train_learning_rate=0.2), test_accuracy=0.7)
    found = gather([SWEEP])
    assert found.labels == ["learning_rate=0.2", "learning_rate=0.1"]
    assert found.differing == ["train.learning_rate"]
    assert [len(setting.which("finished")) for setting in found.settings] == [2, 2]
    assert {len(records) for records in found.records.values()} == {1}


def test_run_directories_keep_the_order_in_which_they_are_named() -> None:
    worse = finished(config(3, train_learning_rate=0.1), Path("runs"), test_accuracy=0.6)
    better = finished(config(0, train_learning_rate=0.2), Path("runs"), test_accuracy=0.7)
    assert gather([str(worse), str(better)]).labels == ["learning_rate=0.1", "learning_rate=0.2"]
    assert gather(["runs"]).labels == ["learning_rate=0.2", "learning_rate=0.1"]


def test_settings_that_differ_in_many_keys_are_called_as_their_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, path in enumerate(("a/book", "b/book", "b/other"), start=1):
        values = {"train_epochs": number, "train_learning_rate": 0.1 * number, "model_hidden": [number]}
        run = finished(config(0, data_seed=number, **values))
        Path(path).parent.mkdir(exist_ok=True)
        run.rename(path)
    assert gather(["a/book", "b/book", "b/other"]).labels == ["a/book", "b/book", "other"]
    monkeypatch.chdir("a/book")
    assert gather(["."]).labels == ["book"]


def test_what_is_not_counted_is_listed_with_its_seed_and_why() -> None:
    finished(config(0))
    failed(config(1), message="training diverged")
    begun(config(2))
    damaged = finished(config(3, train_epochs=3))
    table = damaged / "metrics.csv"
    table.write_text(table.read_text().replace("1,10,", "1,ten,", 1))  # not in the last row, which tells the outcome
    planned(config(4))
    found = gather([SWEEP])
    told = {run.config.seed: described(run).partition(": ")[2] for run in found.not_counted}
    assert told.keys() == {1, 2, 3, 4}
    assert told[1] == "seed 1 has failed after step 6: training diverged"
    assert told[2] == "seed 2 is unfinished"
    assert told[3].startswith("seed 3 is damaged: ")
    assert "expected step to be a number; got ten" in told[3]
    assert told[4] == "seed 4 is missing"
    with pytest.raises(BpError, match="expected step to be a number; got ten"):
        gather([str(damaged)])


def test_a_second_run_of_a_setting_and_seed_does_not_count_twice() -> None:
    begun(config(0), Path("other"))
    finished(config(0), Path("other"))
    run = finished(config(0))
    found = gather([SWEEP, "other", str(run)])
    assert [len(setting.runs) for setting in found.settings] == [1]
    assert len(found.skipped) == 1
    assert found.skipped[0].endswith(f"finished, the same setting and seed as {run}")


def test_what_is_no_run_is_skipped_in_a_folder_and_refused_by_name() -> None:
    finished(config())
    (FOLDER / "notes/old").mkdir(parents=True)
    assert gather([SWEEP]).skipped == ["sweeps/mine/notes: expected a run directory, with its config.yaml"]
    Path("file").touch()
    Path("empty").mkdir()
    for path, got in (("nowhere", "got nothing"), ("file", "got a file"), ("empty", "got neither")):
        with pytest.raises(BpError, match=f"{path}: expected a run directory.*{got}") as refused:
            gather([path])
        assert refused.value.code is Exit.USAGE
