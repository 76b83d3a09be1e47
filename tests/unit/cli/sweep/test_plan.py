"""`bp sweep plan`: lines that a shell runs, and objects that tools read."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_bp.config import replaced
from mnist_bp.sweep.plan import PLAN, parse
from tests.helpers.commands import contents, loads, run
from tests.helpers.making import begun, finished

SWEEP = "train: {batch_size: 20}\ngrid: {train.epochs: [1, 2]}\nseeds: 2\n"


@pytest.fixture(autouse=True)
def sweep() -> Path:
    path = Path("mine.yaml")
    path.write_text(SWEEP)
    return path


def lines(*arguments: str) -> list[str]:
    result = run("sweep", "plan", *arguments)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return result.stdout.splitlines()


def test_a_plan_is_the_same_each_time_and_its_runs_go_into_sweeps_by_default() -> None:
    plan = lines("mine.yaml")
    assert plan == lines("mine.yaml")
    assert len(plan) == len({*plan}) == 4
    assert all(" --out sweeps/mine/" in line for line in plan)
    assert all(" --out 'my place/" in line for line in lines("mine.yaml", "--out", "my place"))


def test_a_config_is_a_base_with_axes_from_the_command_line() -> None:
    base = Path("base.yaml")
    base.write_text("train: {batch_size: 7}\n")
    for arguments in (["base.yaml"], ["--config", "base.yaml"]):
        plan = lines(*arguments, "--set", "train.epochs=1,3", "--set", "model.hidden=[5],[6, 7]", "--seeds", "2")
        assert len(plan) == 8
        assert all("train.batch_size=7" in line and "sweeps/base/" in line for line in plan)


def test_sweeps_and_bases_go_by_name() -> None:
    assert len(lines("learning-rate")) == 21
    assert all(" --out sweeps/xor/" in line for line in lines("--config", "xor", "--set", "train.learning_rate=1,4"))
    Path("mine.yaml").write_text("base: xor\nseeds: 2\n")
    assert all(" data.name=xor " in line for line in lines("mine.yaml"))


def test_json_has_the_parts_of_each_line() -> None:
    for text, line in zip(lines("mine.yaml", "--json"), lines("mine.yaml"), strict=True):
        run = json.loads(text)
        assert run["command"] == line
        words = shlex.split(line)
        assert run["run"] == words[words.index("--out") + 1]
        assert run["seed"] == int(words[words.index("--seed") + 1])
        assert run["set"].keys() == {"train.epochs", "train.batch_size"}
        assert f"train.epochs={run['set']['train.epochs']}" in words


def test_a_saved_plan_is_what_is_printed_and_all_of_it() -> None:
    plan = lines("mine.yaml", "--save")
    saved = Path("sweeps/mine", PLAN)
    assert saved.read_text().splitlines() == plan == lines("mine.yaml")
    finished(parse(plan[0]).config, Path("sweeps/mine"))
    saved.unlink()
    assert lines("mine.yaml", "--save", "--missing") == plan[1:]
    assert saved.read_text().splitlines() == plan


@pytest.mark.parametrize("options", [[], ["--save"], ["--missing"], ["--json"]])
def test_the_folder_of_another_file_is_refused_unless_it_is_asked_for(options: list[str]) -> None:
    """A config is a sweep's file too if there is no other."""
    plan = lines("mine.yaml", "--save")
    saved = contents(Path("sweeps/mine"))
    Path("other").mkdir()
    Path("other/mine.yaml").write_text("train: {batch_size: 20}\n")
    axes = ["--set", "train.epochs=1,2", "--seeds", "2"]
    for arguments in (["other/mine.yaml", *axes], ["--config", "other/mine.yaml", *axes]):
        result = run("sweep", "plan", *arguments, *options)
        assert result.exit_code == 2
        assert "sweeps/mine: expected the folder of other/mine.yaml; got that of mine.yaml\n" in result.stderr
        assert "bp train" not in result.stdout
    assert contents(Path("sweeps/mine")) == saved
    assert lines("mine.yaml", "--config", "other/mine.yaml") == plan
    assert lines("other/mine.yaml", *axes, "--out", "sweeps/mine", "--save") == plan


def test_an_explicit_folder_belongs_to_no_file() -> None:
    lines("mine.yaml", "--out", "here", "--save")
    assert {*contents(Path("here"))} == {PLAN}


def test_the_note_of_the_file_is_no_run() -> None:
    lines("mine.yaml", "--save")
    result = run("sweep", "table", "sweeps/mine", "--json")
    assert json.loads(result.stdout)["skipped"] == []
    assert result.stderr == ""


def test_without_save_nothing_is_written() -> None:
    lines("mine.yaml")
    assert not Path("sweeps").exists()


def test_a_mistaken_plan_takes_no_folder() -> None:
    assert run("sweep", "plan", "mine.yaml", "--set", "train.momentum=0.5", "--save").exit_code == 2
    assert not Path("sweeps").exists()


def test_a_person_is_told_how_many_runs_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("mnist_bp.cli.output.propose", told.append)
    lines("mine.yaml", "--json")
    assert told == []
    lines("mine.yaml")
    assert told == ["runs: 4; with `--save | bp sweep run -` added, the same command makes them"]


def test_missing_leaves_out_finished_runs_and_continues_longer_ones() -> None:
    plan = lines("mine.yaml")
    first, second, *_ = (parse(line) for line in plan)
    finished(first.config)
    begun(replaced(second.config, {"train.epochs": 5})).path.rename(second.out)
    longer = plan[1].replace("epochs=1", "epochs=5").replace("--quiet", "--resume --quiet")
    assert lines("mine.yaml", "--missing") == [longer, *plan[2:]]
    about = json.loads(lines("mine.yaml", "--missing", "--json")[0])
    assert (about["command"], about["set"]["train.epochs"]) == (longer, 5)


def test_a_convolution_is_json_too() -> None:
    (text,) = lines(
        "mine.yaml", "--set", "model.conv={filters: 8}", "--set", "train.epochs=1", "--seeds", "1", "--json"
    )
    assert json.loads(text)["set"]["model.conv"][0]["filters"] == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected SWEEP, --config CONFIG, or both"),
        (["none.yaml"], "error: none.yaml: expected a sweep file"),
        (["lerning-rate"], "did you mean learning-rate?"),
        (["book"], "expected a sweep; got the name of a config\nhint: bp train book, or bp sweep plan --config book"),
        (["mine.yaml", "--set", "train.epoch=1"], "did you mean train.epochs?"),
        (["mine.yaml", "--seeds", "0"], "--seeds"),
        (["..yaml"], "expected a file whose name can name the folder of its runs; got '..yaml'"),
        (["mine.yaml", "--out", "a\nb"], "expected printable characters; got 'a\\nb'"),
        (
            ["mine.yaml", "--set", "train.momentum=0.5"],
            "train.momentum: expected 0.9",
        ),
    ],
)
def test_mistakes_are_reported_with_exit_2(arguments: list[str], message: str) -> None:
    Path("..yaml").write_text(SWEEP)
    result = run("sweep", "plan", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("options", [[], ["--missing"]])
def test_planning_needs_no_numpy(options: list[str]) -> None:
    begun(parse(lines("mine.yaml")[0]).config)
    assert loads(["numpy", "requests", "tqdm"], "sweep", "plan", "mine.yaml", *options) == []


def test_a_reader_that_leaves_early_is_no_error() -> None:
    bp = [sys.executable, "-m", "mnist_bp", "sweep", "plan", "mine.yaml", "--seeds", "20000"]
    with subprocess.Popen(bp, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("bp train ")
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
