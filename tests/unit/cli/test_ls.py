"""`bp ls`."""

import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from mnist_bp.config import Config
from mnist_bp.run.directory import Run
from tests.helpers.commands import loads, run
from tests.helpers.making import begun, config, failed, finished, record, unsynced

WRITTEN = 1_795_332_720  # 2026-11-22 07:32 in UTC


@unsynced
def after(name: str, some: Config) -> Path:
    """Make a run of a config, which has two epochs of its records."""
    run = Run(Path("runs") / name)
    run.begin(some, {"config": name})
    run.metrics.write([record(1), record(2, test_accuracy=0.94664)])
    return run.path


def dated(path: Path, written: int = WRITTEN) -> Path:
    for file in path.iterdir():
        os.utime(file, (written, written))
    return path


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show times as they are in UTC, whatever zone this machine is in."""
    monkeypatch.setattr("mnist_bp.cli.ls._local", lambda written: datetime.fromtimestamp(written, timezone.utc))


def test_a_run_has_a_row_and_what_is_wrong_a_line_below() -> None:
    dated(after("book", config(train_epochs=17)))
    broken = failed(config(1), Path("runs"), message="diverged\x1b[31m").rename("runs/broken")
    dated(broken, WRITTEN - 86400)
    result = run("ls")
    assert result.exit_code == 0
    assert result.stdout == (
        "run     state       epochs  accuracy  config  seed  last written\n"
        "book    unfinished  2/17    0.9466    book    0     2026-11-22 07:32\n"
        "broken  failed      0/1                       1     2026-11-21 07:32\n"
        f"failed  {broken}: diverged\\x1b[31m\n"
    )


def test_the_runs_of_a_sweep_show_what_they_differ_in() -> None:
    for number, (seed, rate) in enumerate([(0, 0.1), (1, 0.1), (0, 0.01)]):
        path = finished(config(seed, train_learning_rate=rate), Path("s"))
        dated(path, WRITTEN - 60 * number).rename(f"s/{number}")
    assert run("ls", "s").stdout == (
        "run  state     epochs  accuracy  learning_rate  seed  last written\n"
        "0    finished  1       0.5000    0.1            0     2026-11-22 07:32\n"
        "1    finished  1       0.5000    0.1            1     2026-11-22 07:31\n"
        "2    finished  1       0.5000    0.01           0     2026-11-22 07:30\n"
    )
    for name, changed in (("4", config(train_epochs=2, data_seed=1)), ("5", config(data_name="kmnist"))):
        finished(changed, Path("other")).rename(f"other/{name}")
    assert "data.name  data.seed  train.epochs" in run("ls", "other").stdout
    dated(finished(config(train_epochs=2, model_hidden=7, train_batch_size=9), Path("s"))).rename("s/3")
    assert run("ls", "s").stdout.startswith("run  state     epochs  accuracy  last written\n")


def test_json_has_an_object_for_each_run() -> None:
    path = dated(after("book", config(7, train_epochs=17)))
    torn = finished(config(), Path("runs")).rename("runs/torn")
    (torn / "config.yaml").write_text("train: 3")
    dated(torn, WRITTEN - 1)
    about = json.loads(run("ls", "--json").stdout)
    assert about["runs"][0] == {
        "run": str(path), "state": "unfinished", "epochs": {"reached": 2, "target": 17}, "test_accuracy": 0.94664,
        "config": "book", "seed": 7, "last_written": "2026-11-22T07:32:00+00:00", "message": None,
    }  # fmt: skip
    other = about["runs"][1]
    assert (other["state"], other["epochs"], other["seed"]) == ("damaged", {"reached": 0, "target": None}, None)
    assert other["message"].startswith(f"{Path('runs/torn/config.yaml')}:1:")


def test_no_runs_are_no_error_but_no_folder_is_one() -> None:
    Path("empty").mkdir()
    for arguments, text in (((), "no runs in runs\n"), (("empty",), "no runs in empty\n")):
        result = run("ls", *arguments)
        assert (result.exit_code, result.stdout) == (0, text)
    assert json.loads(run("ls", "--json").stdout) == {"runs": []}
    result = run("ls", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: nowhere: expected a folder of runs")


def test_a_list_needs_no_numpy() -> None:
    begun(config(), Path("runs"))
    assert loads(["numpy"], "ls") == []
