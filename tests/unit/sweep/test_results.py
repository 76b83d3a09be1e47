"""What the runs in a folder came to: no traceback whatever is in it, and no run counted that is not sound."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from mnist_bp.run.directory import Run
from mnist_bp.run.outcome import Outcome, read
from mnist_bp.sweep import results
from mnist_bp.sweep.plan import run_name
from mnist_bp.sweep.results import Results
from tests.helpers.disks import bound_by_permissions
from tests.helpers.making import FOLDER, begun, config, failed, finished, planned, record
from tests.helpers.waiting import time_limit


def found() -> Results:
    return results.read(FOLDER, silent)


def test_each_run_is_read_with_its_state() -> None:
    configs = [config(seed) for seed in range(4)]
    paths = [finished(configs[0], test_accuracy=0.9), failed(configs[1]), begun(configs[2]).path]
    planned(*configs)
    assert found() == Results(
        [
            Outcome(paths[0], configs[0], "finished", last=record(test_accuracy=0.9)),
            Outcome(paths[1], configs[1], "failed", failure="training diverged at step 7", step=6),
            Outcome(paths[2], configs[2], "unfinished"),
            Outcome(FOLDER / run_name(configs[3]), configs[3], "missing"),
        ],
        [],
    )


def test_files_hidden_folders_and_runs_about_to_begin_are_passed_over() -> None:
    (FOLDER / ".hidden/thesis").mkdir(parents=True)
    (FOLDER / "joblog").touch()
    (FOLDER / "beginning").mkdir()
    (FOLDER / "beginning/lock").touch()
    (FOLDER / "beginning/.config.yaml.1234-0123abcd.part").touch()
    (FOLDER / "nowhere").symlink_to("elsewhere")
    (FOLDER / "loop").symlink_to("loop")
    assert found() == Results()


def write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda path: (path / name).write_bytes(content)


def pipe(name: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        (path / name).unlink(missing_ok=True)
        os.mkfifo(path / name)

    return make


def failed_into_a_pipe(path: Path) -> None:
    (path / "summary.json").unlink()
    pipe("failure.json")(path)


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        text = (path / name).read_text()
        assert old in text
        (path / name).write_text(text.replace(old, new))

    return change


def summarise(**changes: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        summary = json.loads((path / "summary.json").read_text())
        (path / "summary.json").write_text(json.dumps(summary | changes))

    return change


GARBAGE = bytes(range(256))
BAD = {
    "foreign": (lambda path: (path / "config.yaml").unlink(), "expected a run directory, with its config.yaml"),
    "another version": (edit("config.yaml", "dropout:", "drop_out:"), "model.drop_out: unknown key"),
    "half a config": (edit("config.yaml", "learning_rate: 0.1", "learning_"), "config.yaml:"),
    "a contradiction": (edit("config.yaml", "momentum: 0.9", "momentum: 0.5"), "train.momentum: expected 0.9"),
    "garbage for a config": (write("config.yaml", GARBAGE), "config.yaml: expected UTF-8 text; got byte 0x80"),
    "garbage for metrics": (write("metrics.csv", GARBAGE), "metrics.csv: expected the columns"),
    "garbage for a summary": (write("summary.json", GARBAGE), "summary.json: expected a JSON object"),
    "no metrics": (lambda path: (path / "metrics.csv").unlink(), "metrics.csv: expected a row, as the run is finished"),
    "no row": (lambda path: Run(path).metrics.write([]), "metrics.csv: expected a row"),
    "a bad row": (edit("metrics.csv", "1,10,0.1", "1,10,0.10"), "metrics.csv: line 2: expected"),
    "an infinite loss": (edit("metrics.csv", "0.1,0.5", "0.1,inf"), "expected a finite train_loss; got inf"),
    "a loss of NaN": (edit("metrics.csv", "0.1,0.5", "0.1,nan"), "expected a finite train_loss; got nan"),
    "another step": (summarise(steps=20), "summary.json: expected steps 10, as in metrics.csv; got 20"),
    "another train loss": (summarise(train_loss=0.4), "expected train_loss 0.5, as in metrics.csv; got 0.4"),
    "another accuracy": (summarise(test_accuracy=0.6), "expected test_accuracy 0.5, as in metrics.csv; got 0.6"),
    "a validation that was not": (summarise(validation_loss=0.5), "expected validation_loss null, as in metrics.csv"),
    "another length": (edit("config.yaml", "epochs: 1\n", "epochs: 7\n"), "end of train.epochs=7; got epoch 1, "),
    "a pipe named config.yaml": (pipe("config.yaml"), "expected a run directory, with its config.yaml"),
    "a pipe named metrics.csv": (pipe("metrics.csv"), "metrics.csv: cannot read it: expected a file; got a FIFO"),
    "a pipe named summary.json": (pipe("summary.json"), "summary.json: cannot read it: expected a file; got a FIFO"),
    "a pipe named failure.json": (failed_into_a_pipe, "failure.json: cannot read it: expected a file; got a FIFO"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "reason"), BAD.values(), ids=BAD)
def test_a_damaged_or_foreign_directory_is_named_and_does_not_count(
    spoil: Callable[[Path], object], reason: str
) -> None:
    good = finished(config(0))
    bad = finished(config(1))
    spoil(bad)
    with time_limit(10):
        result = found()
    assert result.results[0] == read(good)
    if len(result.results) == 1:
        (message,) = result.skipped
        assert message.startswith(f"{bad}: ")
    else:
        assert (result.results[1].path, result.results[1].state, result.skipped) == (bad, "damaged", [])
        message = result.results[1].failure
        assert str(bad) not in message
    assert reason in message
    assert "\n" not in message
    planned(config(1))  # from which its config is known
    assert [run.state for run in found().results] == ["finished", "damaged"]
    assert found().results[1].path == bad
    assert reason in found().results[1].failure
    assert found().skipped == []


@given(
    st.sampled_from(["config.yaml", "metrics.csv", "summary.json"]),
    st.floats(0, 1),
    st.integers(0, 40),
    st.sampled_from([b"", b"nan", b"1e999", b"\n", b"\x00", b"'", b"[", b"null", b"9" * 400]) | st.binary(max_size=20),
)
def test_any_damage_is_noticed_and_affects_no_other_run(name: str, where: float, length: int, content: bytes) -> None:
    if not FOLDER.exists():  # for the first example
        finished(config(0))
        finished(config(1))
    good, path = FOLDER / run_name(config(0)), FOLDER / run_name(config(1)) / name
    sound = path.read_bytes()
    start = int(where * len(sound))
    path.write_bytes(sound[:start] + content + sound[start + length :])
    result = found()
    path.write_bytes(sound)
    assert read(good) in result.results
    assert len(result.results) + len(result.skipped) == 2
    if name == "metrics.csv" and result.results[1].state == "finished":
        assert result.results[1].last == record()


def test_a_damaged_failure_is_named() -> None:
    (failed(config()) / "failure.json").write_text('{"message": 3}')
    assert found().results[0].failure.startswith("failure.json: expected a message")


def test_files_without_permission_to_read_are_named() -> None:
    paths = [finished(config(seed)) for seed in range(4)]
    for path, name in zip(paths, ("config.yaml", "metrics.csv", "summary.json", "."), strict=True):
        (path / name).chmod(0)
    with bound_by_permissions():
        result = found()
    paths[3].chmod(0o700)
    assert {(run.path, run.failure) for run in result.results} == {
        (path, f"{name}: cannot read it: Permission denied")
        for path, name in zip(paths[1:3], ("metrics.csv", "summary.json"), strict=True)
    }
    assert [message.rpartition(": ")[2] for message in result.skipped] == ["Permission denied"] * 2


def test_a_run_whose_directory_cannot_be_listed_is_damaged_and_not_missing() -> None:
    path = finished(config())
    planned(config())
    path.chmod(0o300)
    with bound_by_permissions():
        result = found()
    path.chmod(0o700)
    assert result == Results([Outcome(path, config(), "damaged", failure="Permission denied")], [])


def test_several_mistakes_in_a_config_are_one_line() -> None:
    write("config.yaml", b"a: 1\nb: 2\nc: 3\n")(finished(config()))
    assert found().skipped[0].endswith("(and 2 more)")


def test_a_second_run_of_the_same_setting_and_seed_does_not_count() -> None:
    first = finished(config(), test_loss=1.0)
    second = begun(config(), FOLDER / "another").path
    second.rename(FOLDER / "0")  # an unfinished one, first by its name
    third = finished(config(train_shadow_check=5), test_loss=2.0)
    planned(fourth := config(train_checkpoint_seconds=5.0))
    kept, *others = sorted([first, third])
    result = found()
    assert [run.path for run in result.results] == [kept]
    assert result.skipped == [
        f"{others[0]}: finished, the same setting and seed as {kept}, with another result",
        f"{FOLDER / '0'}: unfinished, the same setting and seed as {kept}",
        f"{FOLDER / run_name(fourth)}: missing, the same setting and seed as {kept}",
    ]


def test_the_order_in_which_a_file_system_lists_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(5):
        finished(config(seed))
    begun(config(), FOLDER / "other").path.rename(FOLDER / "a")
    (FOLDER / "b").mkdir()
    (FOLDER / "b/thesis.tex").touch()
    before, listed = found(), Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: iter(sorted(listed(path), reverse=True)))
    assert found() == before


@pytest.mark.parametrize("make", [lambda: None, FOLDER.parent.mkdir, FOLDER.touch], ids=["no", "parent", "file"])
def test_a_folder_that_is_not_there_or_a_file_is_refused(make: Callable[[], object]) -> None:
    FOLDER.parent.parent.mkdir(exist_ok=True)
    if make == FOLDER.touch:
        FOLDER.parent.mkdir()
    make()
    with pytest.raises(BpError, match="sweeps/mine: expected a folder of runs") as caught:
        found()
    assert caught.value.code == Exit.USAGE


def test_a_run_directory_in_place_of_a_folder_of_runs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    path = finished(config())
    with pytest.raises(BpError, match="got a run directory") as caught:
        results.read(path, silent)
    assert (caught.value.code, caught.value.hint) == (Exit.USAGE, "its parent is sweeps/mine")
    monkeypatch.chdir(path)
    with pytest.raises(BpError) as caught:
        results.read(Path(), silent)
    assert caught.value.hint == "its parent is .."


def test_damaged_lines_of_a_plan_are_named_and_the_others_read() -> None:
    planned(config(0), config(1))
    first, second = (FOLDER / "plan.txt").read_text().splitlines()
    lines = [first, "", "\x00\xff", "rm -rf /", second.replace("train.epochs=1", "train.epochs=x"), second, second]
    (FOLDER / "plan.txt").write_bytes("\n".join(lines).encode("latin-1"))
    result = found()
    assert {run.config.seed: run.state for run in result.results} == {0: "missing", 1: "missing"}
    assert [message.partition(": ")[0] for message in result.skipped] == [
        f"sweeps/mine/plan.txt:{number}" for number in (2, 3, 4, 5)
    ]


def test_a_pipe_in_place_of_the_plan_is_refused() -> None:
    finished(config())
    os.mkfifo(FOLDER / "plan.txt")
    with time_limit(10), pytest.raises(OSError, match=r"expected a file; got a FIFO: '.*plan\.txt'"):
        found()


def test_the_runs_of_a_plan_are_in_its_folder_wherever_that_is_now() -> None:
    planned(config(0), config(1))
    write("config.yaml", GARBAGE)(finished(config(1)))
    moved = FOLDER.rename("moved")
    assert [(run.path, run.state) for run in results.read(moved, silent).results] == [
        (moved / run_name(config(1)), "damaged"), (moved / run_name(config(0)), "missing")
    ]  # fmt: skip
