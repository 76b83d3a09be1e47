"""The runs in a folder."""

import os
from pathlib import Path
from typing import Any

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from mnist_bp.run.claim import Claim
from mnist_bp.run.listing import Listed, copies, runs_at, runs_in
from tests.helpers.making import begun, config, failed, finished, record

RUNS = Path("runs")


def listed(folder: Path = RUNS) -> dict[str, Listed]:
    return {run.name: run for run in runs_in(folder, silent)}


def named(path: Path, name: str, written: float = 0) -> Path:
    """Give a run directory another name, and its files a time."""
    for file in path.iterdir():
        os.utime(file, (written, written))
    return path.rename(path.with_name(name))


def test_a_run_is_listed_in_whatever_state_it_is() -> None:
    named(finished(config(), RUNS, test_accuracy=0.75), "done")
    named(failed(config(1), RUNS, message="diverged"), "broken")
    started = begun(config(2, train_epochs=3), RUNS)
    started.metrics.append(record(1), record(2, test_accuracy=0.25))
    named(started.path, "half")
    (named(finished(config(3), RUNS), "torn") / "metrics.csv").unlink()
    (named(finished(config(4), RUNS), "bare") / "checkpoint.npz").touch()
    (RUNS / "bare/config.yaml").unlink()
    found = listed()
    assert {name: run.state for name, run in found.items()} == {
        "done": "finished", "broken": "failed", "half": "unfinished", "torn": "damaged", "bare": "damaged",
    }  # fmt: skip
    assert (found["done"].last, found["half"].last) == (record(test_accuracy=0.75), record(2, test_accuracy=0.25))
    assert found["broken"].failure == f"{RUNS / 'broken'}: diverged"
    assert found["torn"].failure == f"{RUNS / 'torn/metrics.csv'}: expected a row, as the run is finished"
    assert found["bare"].failure == f"{RUNS / 'bare'}: expected a run directory, with its config.yaml"


def test_a_run_that_keeps_its_best_epoch_is_as_good_as_that_however_far_it_has_come() -> None:
    keys: dict[str, Any] = {"data_validation": 10, "train_keep": "best", "train_epochs": 2}
    rows = [record(epoch, validation_accuracy=1 / epoch, validation_loss=0.5) for epoch in (1, 2)]
    ended, started = begun(config(**keys), RUNS), begun(config(1, **keys), RUNS)
    for run in (ended, started):
        run.metrics.append(*rows)
    ended.finish(1)
    assert [(run.last, run.kept) for run in listed().values()] == [(rows[1], rows[0])] * 2


def test_a_run_that_a_process_writes_is_running() -> None:
    for path, state in ((begun(config(), RUNS).path, "unfinished"), (failed(config(1), RUNS), "failed")):
        with Claim(path):  # a failed run is tried again
            assert listed()[path.name].state == "running"
        assert listed()[path.name].state == state


def test_the_one_last_written_to_comes_first_and_then_names_decide() -> None:
    for seed, (name, written) in enumerate({"b": 2e9, "old": 1e9, "a": 2e9}.items()):
        named(finished(config(seed), RUNS), name, written)
    assert [(name, run.written) for name, run in listed().items()] == [("a", 2e9), ("b", 2e9), ("old", 1e9)]


def test_runs_in_folders_have_these_in_their_names_and_other_folders_are_passed_over() -> None:
    for seed, name in enumerate(["book", "sweeps/width/one", "too/deep/down/here", ".hidden/run"]):
        path = finished(config(seed), RUNS)
        (RUNS / name).parent.mkdir(parents=True, exist_ok=True)
        path.rename(RUNS / name)
    (RUNS / "notes").mkdir()
    (RUNS / "notes/config.txt").touch()
    assert {*listed()} == {"book", "sweeps/width/one"}


def test_links_that_lead_in_a_circle_hide_no_run() -> None:
    named(finished(config(), RUNS), "done")
    (RUNS / "inner").mkdir()
    named(finished(config(1), RUNS / "inner"), "other")
    for folder in (RUNS, RUNS / "inner"):
        (folder / "circle").symlink_to("circle")
    assert {*listed()} == {"done", "inner/other"}


def test_packed_data_are_no_run() -> None:
    finished(config(), RUNS)
    (RUNS / "packed").mkdir()
    (RUNS / "packed/config.yaml").write_text("data: {name: idx, dir: packed}")
    assert len(listed()) == 1


def test_a_folder_stands_for_its_runs_by_name_and_for_its_folders_without_any() -> None:
    for seed, name in enumerate(["student-10", "student-2", "student-3/nested"]):
        path = finished(config(seed), RUNS)
        (RUNS / name).parent.mkdir(parents=True, exist_ok=True)
        path.rename(RUNS / name)
    (RUNS / "__MACOSX").mkdir()
    assert runs_at(RUNS) == [RUNS / each for each in ("__MACOSX", "student-2", "student-3/nested", "student-10")]
    for alone in (RUNS / "student-2", RUNS / "__MACOSX", Path("nowhere")):
        assert runs_at(alone) == [alone]


def test_copies_are_the_runs_that_took_the_same_seconds() -> None:
    paths = [finished(config(seed), RUNS) for seed in range(4)]
    (paths[3] / "metrics.csv").write_bytes((paths[1] / "metrics.csv").read_bytes())
    for path in (paths[0], paths[2]):
        text = (path / "metrics.csv").read_text()
        (path / "metrics.csv").write_text(text.rstrip() + str(paths.index(path)) + "\n")
    empty = [begun(config(seed), RUNS).path for seed in (8, 9)]
    assert copies([*paths, *empty, Path("nowhere")]) == [[paths[1], paths[3]]]


def test_a_run_directory_lists_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    path = named(finished(config(), RUNS), "mine")
    assert [*listed(path)] == ["mine"]
    monkeypatch.chdir(path)
    assert [*listed(Path())] == ["mine"]


def test_what_is_no_folder_is_refused() -> None:
    Path("file").touch()
    for name, why in (("nowhere", "No such file or directory"), ("file", "Not a directory")):
        with pytest.raises(BpError, match=f"^{name}: expected a folder of runs: {why}$") as caught:
            listed(Path(name))
        assert caught.value.code == Exit.USAGE
