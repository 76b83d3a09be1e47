"""`bp sweep run`: the runs of a sweep are those of its command lines, whatever becomes of some of them."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import click
import pytest
from tqdm import tqdm

from mnist_bp import build
from mnist_bp import config as configs
from mnist_bp.cli import interruption
from mnist_bp.cli.sweep.run import _config as config_of
from mnist_bp.config import DataConfig
from mnist_bp.data.dataset import Dataset
from mnist_bp.progress import Progress
from mnist_bp.sweep import forking
from mnist_bp.sweep.forking import Ended
from tests.helpers.commands import outcome, rows, run
from tests.helpers.making import unsynced

ELSEWHERE = Path(__file__).parents[3] / "helpers" / "elsewhere"
BASE = "data: {name: xor}\nmodel: {hidden: 4, output: sigmoid, loss: mean_squared_error}\ntrain: {batch_size: 4}\n"
SWEEP = f"{BASE}grid: {{train.learning_rate: [1, 2], train.epochs: [2, 3]}}\n"


class Here:
    """Children that are no processes: what they are to do is done here."""

    def __init__(self, *_: object) -> None:
        self.ends: list[tuple[int, Ended]] = []

    def start(self, place: int, words: Sequence[str]) -> None:
        with click.Context(click.Command("none")):  # of the outer command
            result = run(*words)
        self.ends.append((place, Ended(result.exit_code, (result.stderr + result.stdout).rstrip())))

    def ended(self, seconds: float) -> Iterator[tuple[int, Ended]]:
        yield self.ends.pop(0)

    def terminate(self) -> None:
        raise AssertionError


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("try.yaml").write_text(SWEEP)
    monkeypatch.setattr(forking, "possible", lambda: False)
    monkeypatch.setattr(forking, "Started", Here)


def lines() -> list[str]:
    return run("sweep", "plan", "try.yaml").stdout.splitlines()


@pytest.mark.usefixtures("here")
@unsynced
def test_it_makes_what_the_lines_of_the_plan_make_but_for_what_is_finished() -> None:
    """A foreign file is in the way of one of the runs."""
    plan = lines()
    places = [Path(shlex.split(line)[-2]) for line in plan]
    places[1].mkdir(parents=True)
    (places[1] / "foreign").touch()
    assert run(*shlex.split(plan[0])[1:]).exit_code == 0

    result = run("sweep", "run", "try.yaml", "-j", "2")

    assert result.exit_code == 1
    message = f"    error: {places[1]}: expected a new or empty directory"
    failed, command, said, *_, counts = result.stdout.partition("failed:\n")[2].splitlines()
    assert (failed, command.strip()) == ("exit 2: 3 1.0", plan[1])
    assert said.startswith(message)
    assert counts == "2 done, 1 failed, 0 left, 1 finished before"
    assert result.stderr.splitlines()[:2] == [
        "runs: 3, 2 at a time; 1 finished before", "each by its train.epochs, train.learning_rate"
    ]  # fmt: skip
    assert f"\n1 of 3  3 1.0  {message[11:]}" in result.stderr
    assert Path("sweeps/try/plan.txt").read_text().splitlines() == plan

    (places[1] / "foreign").unlink()
    again = run("sweep", "run", "try.yaml", "--json", "--quiet")

    assert (again.exit_code, again.stderr) == (0, "")
    assert json.loads(again.stdout) == {
        "folder": "sweeps/try", "done": 1, "failed": [], "left": 0, "finished_before": 3
    }  # fmt: skip
    for line, place in zip(plan, places, strict=True):
        assert run(*shlex.split(line)[1:-3], "--out", "alone" + place.name).exit_code == 0
        assert outcome(place) == outcome("alone" + place.name)
    assert run("sweep", "run", "try.yaml").stdout == "0 done, 0 failed, 0 left, 4 finished before\n"


@pytest.mark.usefixtures("here")
@unsynced
def test_lines_may_come_from_a_file_and_a_mistaken_one_fails_alone() -> None:
    Path("lines").write_text(f"{lines()[0]}\nbp train xor --set train.epoch=2 --out a --json\n")
    result = run("sweep", "run", "lines", "--json")
    (failed,) = json.loads(result.stdout)["failed"]
    assert (result.exit_code, failed["exit"], json.loads(result.stdout)["done"]) == (1, 2, 1)
    assert "did you mean train.epochs?" in failed["said"]


class Within(Here):
    """Copies that are none: each acts here. What the last of them were held on is noted."""

    held: Sequence[int]

    def __init__(self, act: Callable[[Sequence[str]], object], processors: Sequence[int] = ()) -> None:
        super().__init__()
        self._act = act
        Within.held = processors

    def start(self, place: int, words: Sequence[str]) -> None:
        with pytest.raises(SystemExit) as end:
            self._act(words)
        self.ends.append((place, Ended(int(str(end.value)), "")))


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "possible", lambda: True)
    monkeypatch.setattr(forking, "processors", lambda: [3, 5])
    monkeypatch.setattr(forking, "Forked", Within)
    monkeypatch.setattr(interruption, "ExitOnSignals", nullcontext)
    monkeypatch.setattr(tqdm, "monitor_interval", 10)


@pytest.mark.usefixtures("within")
@unsynced
def test_data_are_loaded_once_for_all_runs(small_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, loaded = build.dataset, []

    def counted(data: DataConfig, progress: Progress) -> Dataset:
        loaded.append(data)
        return load(data, progress)

    monkeypatch.setattr(build, "dataset", counted)
    line = f"bp train {small_config} --set train.epochs=1 --out"
    Path("lines").write_text(f"{line} a\n{line} b --set data.validation=5\n{line} c --seed 3\n")
    result = run("sweep", "run", "lines", "--quiet")
    assert result.stdout.endswith("3 done, 0 failed, 0 left, 0 finished before\n")
    assert len(loaded) == 1
    assert tqdm.monitor_interval == 0  # no thread of its bar's is there to be lacked by a copy


@pytest.mark.parametrize(
    ("options", "lines", "held"),
    [
        ("", "bp train xor --out a", [3, 5]),
        ("-j 2", "bp train xor --out a\nbp train --set train.shards=2 --bogus", [3, 5]),
        ("", "bp train xor --out 'a--set train.shards=2'", [3, 5]),
        ("-j 1", "bp train xor --out a", []),
        ("-j 3", "bp train xor --out a", []),
        ("", "bp train xor --out a\nbp train xor --set 'train.shards= 2' --out b", []),
    ],
)
@pytest.mark.usefixtures("within")
def test_runs_are_held_on_processors_if_there_is_one_for_each_and_none_has_shards(
    options: str, lines: str, held: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Within, "start", lambda children, place, words: children.ends.append((place, Ended(0, ""))))
    Path("lines").write_text(lines)
    assert run("sweep", "run", "lines", *options.split()).exit_code == 0
    assert [*Within.held] == held


def test_a_mistaken_line_has_no_config() -> None:
    assert config_of("bp train xor --seed 3") == configs.load("xor", ["seed=3"])
    for words in ("--epochs 3", "xor --seed x", "--help", "xor --set train.epoch=2", "xor xor"):
        assert config_of(f"bp train {words}") is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lines"], "lines: expected lines `bp train …` of plain words; got another, line 2: 'echo'"),
        (["lerning-rate"], "did you mean learning-rate?"),
        (["lines", "-j", "0"], "--jobs"),
        (["-"], "-: expected lines `bp train …`; got none"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_run(arguments: list[str], message: str) -> None:
    Path("lines").write_text("bp train quickstart --out a\necho\n")
    result = run("sweep", "run", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert not Path("a").exists()


def started(*arguments: str) -> "subprocess.Popen[str]":
    """Start the command in a process that has no other threads; warnings are errors there."""
    command = [sys.executable, "-W", "error", "-m", "mnist_bp", "sweep", "run", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: "subprocess.Popen[str]", end: str) -> None:
    """Wait until a process has said a line that ends so."""
    assert process.stderr is not None
    while not (line := process.stderr.readline()).endswith(end):
        assert line


@pytest.mark.skipif(not forking.possible(), reason="only Linux makes copies of a process")
def test_an_interrupted_sweep_saves_its_checkpoints_and_goes_on() -> None:
    """Its runs are longer than any test. One is killed; another is held while Ctrl-C comes twice, the second idle."""
    Path("try.yaml").write_text(f"{BASE}grid: {{train.learning_rate: [1, 2, 4], train.epochs: [1000000]}}\n")
    process = started("try.yaml", "-j", "2")
    while len(begun := [path.parent for path in Path("sweeps/try").glob("*/checkpoint.npz")]) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    killed, held = (int(next(path.glob("lock/*")).read_text().split()[0]) for path in begun)
    os.kill(held, signal.SIGSTOP)
    os.kill(killed, signal.SIGKILL)
    said(process, "ended by SIGKILL\n")
    process.send_signal(signal.SIGINT)
    said(process, "checkpoints\n")
    process.send_signal(signal.SIGINT)
    os.kill(held, signal.SIGCONT)
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "\nexit 137: " in stdout
    assert stdout.endswith("\n0 done, 1 failed, 2 left, 0 finished before\n")
    saved = r"^ +[124].0  interrupted at step \d+ of 1000000; checkpoint saved$"
    assert re.search(saved, stderr, re.MULTILINE), stderr
    assert [path.parents[1] for path in Path("sweeps/try").glob("*/lock/*")] == begun[:1]

    epochs = [len(rows(path)) + 1 for path in begun]
    process = started("try.yaml", "-j", "2")
    while any(len(rows(path)) < count for path, count in zip(begun, epochs, strict=True)):
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout) == (143, "0 done, 0 failed, 3 left, 0 finished before\n")
    for path, count in zip(begun, epochs, strict=True):
        shorter = ["--set", f"train.epochs={count}", "--quiet", "--out", f"alone{path.name}"]
        assert unsynced(run)("train", "--config", path / "config.yaml", *shorter).exit_code == 0
        assert outcome(path)[0][:count] == outcome(f"alone{path.name}")[0]


def test_elsewhere_each_run_is_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ELSEWHERE), prepend=os.pathsep)
    Path("lines").write_text("bp train xor --set train.epochs=1 --out a\nbp train xor --set train.epochs=x --out b\n")
    process = started("lines", "-j", "2")
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stdout.startswith("failed:\nexit 2: b\n")
    assert "1 done, 1 failed, 0 left" in stdout
    assert Path("a/summary.json").exists()
    assert " of 2  a  0." in stderr
