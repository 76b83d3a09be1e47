"""`bp sweep plan`: lines that a shell runs, and objects that tools read."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_bp.config.schema import replaced
from mnist_bp.sweep.plan import parse
from tests.conftest import run
from tests.helpers.making import begun, failed, finished

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


def test_the_plan_is_the_same_each_time_and_lies_in_sweeps_unless_told_otherwise() -> None:
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


def test_json_says_the_same_in_parts() -> None:
    for text, line in zip(lines("mine.yaml", "--json"), lines("mine.yaml"), strict=True):
        run = json.loads(text)
        assert run["command"] == line
        words = shlex.split(line)
        assert run["run"] == words[words.index("--out") + 1]
        assert run["seed"] == int(words[words.index("--seed") + 1])
        assert run["set"].keys() == {"train.epochs", "train.batch_size"}
        assert f"train.epochs={run['set']['train.epochs']}" in words


def test_a_convolution_is_json_too() -> None:
    (text,) = lines(
        "mine.yaml", "--set", "model.conv={filters: 8}", "--set", "train.epochs=1", "--seeds", "1", "--json"
    )
    assert json.loads(text)["set"]["model.conv"][0]["filters"] == 8


def test_only_what_is_missing() -> None:
    plan = lines("mine.yaml")
    configs = [parse(line).config for line in plan]
    finished(configs[1])
    failed(configs[2])
    (finished(configs[3]) / "metrics.csv").unlink()
    assert lines("mine.yaml", "--missing") == [plan[0], plan[2], plan[3]]


def test_a_run_that_goes_on_to_another_length_is_missing_until_it_has_come_there() -> None:
    """As `bp sweep prune` has it; a directory that holds another run altogether is planned as before."""
    plan = lines("mine.yaml", "--set", "train.epochs=1")
    first, second = (parse(line) for line in plan)
    longer = replaced(first.config, {"train.epochs": 5})
    begun(longer).path.rename(first.out)
    begun(replaced(longer, {"train.batch_size": 7})).path.rename(second.out)
    own = plan[0].replace("epochs=1", "epochs=5").replace("--quiet", "--resume --quiet")
    assert lines("mine.yaml", "--set", "train.epochs=1", "--missing") == [own, plan[1]]
    about = json.loads(lines("mine.yaml", "--set", "train.epochs=1", "--missing", "--json")[0])
    assert (about["command"], about["set"]["train.epochs"]) == (own, 5)
    shutil.rmtree(first.out)
    finished(longer).rename(first.out)
    assert lines("mine.yaml", "--set", "train.epochs=1", "--missing") == [plan[1]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected SWEEP, --config FILE, or both"),
        (["none.yaml"], "error: none.yaml: cannot read the config file"),
        (["mine.yaml", "--set", "train.epoch=1"], "did you mean train.epochs?"),
        (["mine.yaml", "--seeds", "0"], "--seeds"),
        (["mine.yaml", "--out", "a\nb"], "expected printable characters; got 'a\\nb'"),
        (
            ["mine.yaml", "--set", "train.momentum=0.5"],
            "error: train.momentum=0.5: train.momentum: expected 0.9",
        ),
    ],
)
def test_mistakes_are_told_with_exit_2(arguments: list[str], message: str) -> None:
    result = run("sweep", "plan", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("options", [[], ["--missing"]])
def test_planning_needs_no_numpy(options: list[str]) -> None:
    begun(parse(lines("mine.yaml")[0]).config)
    program = (
        "import sys\n"
        "from mnist_bp.cli import bp\n"
        f"bp(['sweep', 'plan', 'mine.yaml', *{options}], standalone_mode=False)\n"
        "print('loaded:', [name for name in ('numpy', 'requests', 'tqdm') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "loaded: []"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    bp = [sys.executable, "-m", "mnist_bp", "sweep", "plan", "mine.yaml", "--seeds", "20000"]
    with subprocess.Popen(bp, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("bp train ")
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
