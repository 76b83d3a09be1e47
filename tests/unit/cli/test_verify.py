"""`bp verify`: what it says, and its exit codes."""

import json
import shutil
from pathlib import Path

import pytest

from mnist_bp import machine
from mnist_bp.errors import BpError, Exit
from mnist_bp.run import verification
from mnist_bp.run.comparison import Difference
from mnist_bp.run.verification import Verification
from tests.helpers.commands import rows, run
from tests.helpers.making import begun, config


@pytest.fixture
def trained(small_config: Path) -> Path:
    run("train", "--config", small_config, "--out", "r", "--quiet")
    return Path("r")


def shift(path: Path, by: float) -> None:
    """Change the first training loss in the metrics."""
    loss = rows(path)[0]["train_loss"]
    metrics = path / "metrics.csv"
    metrics.write_text(metrics.read_text().replace(loss, repr(float(loss) * (1 + by)), 1))


def test_an_identical_run_is_told_with_its_size(trained: Path) -> None:
    result = run("verify", trained)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "r: identical: 3 epochs, 33 steps, 411 parameters\n"
    assert [line[:9] for line in result.stderr.splitlines()] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]


def test_the_first_difference_is_told_and_that_no_environment_explains_it(trained: Path) -> None:
    shift(trained, 0.5)
    result = run("verify", trained, "--quiet")
    assert (result.exit_code, result.stderr) == (1, "")
    first, because = result.stdout.splitlines()
    assert first.startswith("r: different: metrics.csv, epoch 1, train_loss: ")
    assert first.endswith(" again")
    assert because == "another environment does not explain it: this one is the same"


def test_what_the_environment_may_explain_is_told_with_it_and_exits_5(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = machine.describe()
    monkeypatch.setattr(machine, "describe", lambda: own | {"numpy": "9.0", "simd": ["A", "B"]})
    result = run("verify", trained, "--quiet")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].startswith(f"in another environment: numpy {own['numpy']} → 9.0; simd ")
    assert result.stdout.endswith(" → A+B\n")
    shift(trained, 1e-6)
    result = run("verify", trained, "--quiet")
    assert result.exit_code == 5
    assert result.stdout.splitlines()[1].startswith("the environment may explain it: numpy ")
    about = json.loads(run("verify", trained, "--quiet", "--json").stdout)
    assert about["verdict"] == "explained"
    assert about["difference"]["at"] == "metrics.csv, epoch 1, train_loss"
    assert about["environment"]["numpy"] == [own["numpy"], "9.0"]


def test_several_runs_get_a_row_each_and_the_worst_exit_code(trained: Path, small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "h/other", "--seed", 1, "--quiet")
    trained.rename("h/r")
    result = run("verify", "h")
    assert result.exit_code == 0
    header, *found = result.stdout.splitlines()
    assert header.split() == ["run", "seed", "verdict", "accuracy"]
    last = {path: rows(path)[-1]["test_accuracy"] for path in ("h/other", "h/r")}
    assert [row.split() for row in found] == [
        [str(Path("h/other")), "1", "identical", last["h/other"]],
        [str(Path("h/r")), "0", "identical", last["h/r"]],
    ]
    assert [line for line in result.stderr.splitlines() if "again" in line] == [
        f"1 of 2  {Path('h/other')}: training it again", f"2 of 2  {Path('h/r')}: training it again",
    ]  # fmt: skip


def test_what_is_wrong_with_one_of_several_runs_stands_below_them(trained: Path) -> None:
    for copy in ("half", "cheat"):
        shutil.copytree(trained, copy)
    (Path("half") / "summary.json").unlink()
    shift(Path("cheat"), 0.5)
    result = run("verify", "nowhere", "cheat", "half", trained)
    assert result.exit_code == 1
    _, missing, cheat, half, row, reason, same = result.stdout.splitlines()
    assert (missing.split(), half.split()) == (["nowhere", "no", "run"], ["half", "0", "unfinished"])
    assert (cheat.split()[:3], row.split()[:3]) == (["cheat", "0", "different"], ["r", "0", "identical"])
    assert reason.startswith("cheat: different: metrics.csv, epoch 1, train_loss: ")
    assert same == "half, r: one and the same run"
    assert result.stderr.startswith("2 of 4  cheat: training it again\n")
    assert "3 of 4" not in result.stderr
    assert "error: nowhere: expected a run directory" in result.stderr
    assert "hint: half is unfinished, after 3 of 3 epochs; `bp train" in result.stderr

    result = run("verify", "nowhere", trained, "half", "--quiet", "--json")
    assert result.exit_code == 2
    found = json.loads(result.stdout)["runs"]
    assert [(each["verdict"], each["seed"], each["same_as"]) for each in found] == [
        (None, None, []), ("identical", 0, ["half"]), (None, 0, ["r"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "code"), [([0, 5], 5), ([5, 4, 0], 4), ([2, 4, 5], 2), ([0, 1, 2], 1)], ids=lambda given: f"{given}"
)
def test_the_worst_of_several_counts(monkeypatch: pytest.MonkeyPatch, outcomes: list[int], code: int) -> None:
    """Worse than what is explained is that nothing could be told, and worst that a run is another one."""
    told = {
        0: Verification(),
        5: Verification(difference=Difference("a number")),
        1: Verification(difference=Difference("a number"), unexplained="this one is the same"),
    }

    def verified(path: Path, *_: object) -> Verification:
        if (outcome := int(path.name[1:])) in told:
            return told[outcome]
        raise BpError("none", code=Exit(outcome))

    monkeypatch.setattr(verification, "verify", verified)
    paths = [begun(config(place)).path.rename(f"{place}{outcome}") for place, outcome in enumerate(outcomes)]
    assert run("verify", *paths).exit_code == code


def test_data_that_are_not_to_be_had_exit_4(trained: Path, archive_folder: Path) -> None:
    moved = archive_folder.rename("elsewhere")
    assert run("verify", trained, "--quiet").exit_code == 4
    assert run("verify", trained, "--quiet", "--set", f"data.dir={moved}").exit_code == 0
