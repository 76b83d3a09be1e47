"""The run directory: what each of its files holds, and what is refused when it is read."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_bp.config import AugmentConfig, Config, DataConfig, TrainConfig, replaced
from mnist_bp.errors import BpError, Exit
from mnist_bp.run.directory import Run
from mnist_bp.train.records import Record, StepLoss
from tests.helpers.commands import contents
from tests.helpers.making import record
from tests.helpers.waiting import time_limit

FINISHED = '{"epochs": 1, "steps": 1, "seconds": 1, "test_accuracy": 1, "test_loss": %s}'
ROWS = [Record(epoch, 5 * epoch, 0.1, 1 / epoch, 0.5, None, None, 0.7, 0.6, 0.25) for epoch in (1, 2, 3)]


@pytest.fixture
def run() -> Run:
    """Return a run that has begun."""
    run = Run(Path("runs/mine"))
    run.begin(Config(), {"numpy": "2"})
    run.metrics.write([])
    run.steps.write([StepLoss(1, 0.5)])
    return run


def test_a_run_keeps_its_config_environment_and_metrics(run: Run) -> None:
    for row in ROWS:
        run.metrics.append(row)
    assert run.exists
    assert run.config() == Config()
    assert (run.path / "env.json").read_text() == '{\n  "numpy": "2"\n}\n'
    assert run.environment() == {"numpy": "2"}
    assert (run.path / "metrics.csv").read_text() == Record.header() + "".join(row.line() for row in ROWS)
    assert run.metrics.rows() == ROWS


def test_another_data_set_has_neither_the_folder_nor_the_names_nor_the_mixture_of_the_runs_own() -> None:
    run = Run("r")
    mixture, augment = (("kmnist", 1.0),), AugmentConfig(shift=1.0)
    run.begin(Config(DataConfig("idx", "mine", ("cat", "dog"), extra=mixture, augment=augment)), {})
    assert run.config(["data.name=kmnist"]).data == DataConfig("kmnist")
    assert run.config(["data.name=xor", "model.loss=half_squared_error"]).data == DataConfig("xor")
    assert run.config(["data.seed=3"]).data.dir == "mine"


WRITES: dict[str, Callable[[Run], object]] = {
    "begin": lambda run: run.begin(Config(seed=1), {}),
    "write": lambda run: run.metrics.write([]),
    "append": lambda run: run.metrics.append(ROWS[1]),
    "delete": lambda run: run.metrics.delete(),
    "finish": lambda run: run.finish(parameters=8),
    "fail": lambda run: run.fail("no", 3),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_process_that_has_lost_the_directory_changes_nothing_in_it(run: Run, write: Callable[[Run], object]) -> None:
    run.metrics.append(ROWS[0])
    (run.path / ".config.yaml.1234-0123abcd.part").touch()
    before = contents(run.path)

    def refuse() -> None:
        raise BpError("not yours")

    with pytest.raises(BpError, match="not yours"):
        write(Run(run.path, refuse))
    assert contents(run.path) == before


def shorten(path: Path) -> None:
    os.truncate(path, 10)


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"9,99")


def replace_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("disturb", [Path.unlink, shorten, lengthen, replace_by_a_pipe])
@pytest.mark.parametrize("name", ["config.yaml", "env.json", "metrics.csv", "steps.csv"])
def test_what_others_change_while_a_process_writes_is_written_again(
    run: Run, name: str, disturb: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    run.metrics.append(ROWS[0])
    before = contents(run.path)
    disturb(run.path / name)
    with time_limit(10):
        run.restore()
        run.restore(by_content=True)
    assert contents(run.path) == before
    assert caplog.messages == [f"runs/mine/{name}: not as this process left it; written again"]
    run.metrics.append(ROWS[1])
    assert run.metrics.rows() == ROWS[:2]


@pytest.mark.parametrize("name", ["config.yaml", "env.json", "metrics.csv", "steps.csv"])
def test_a_change_that_keeps_the_size_of_a_file_is_noticed_at_the_end(run: Run, name: str) -> None:
    run.metrics.append(ROWS[0])
    before = contents(run.path)
    (run.path / name).write_bytes(bytes(len(before[name])))
    run.finish(parameters=7)
    assert contents(run.path).items() >= before.items()
    assert run.summary()


@pytest.mark.parametrize("name", ["summary.json", "failure.json"])
def test_an_outcome_that_others_put_beside_a_run_while_it_is_trained_is_deleted(
    run: Run, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    (run.path / name).write_text("{}")
    run.metrics.append(ROWS[0])
    run.finish(parameters=7)
    assert caplog.messages == [f"runs/mine/{name}: not as this process left it; deleted"]
    assert run.summary()
    assert run.failure() is None


def test_a_process_that_has_lost_the_directory_restores_nothing_in_it(caplog: pytest.LogCaptureFixture) -> None:
    lost: list[str] = []

    def check() -> None:
        if lost:
            raise BpError(*lost)

    run = Run("r", check)
    run.begin(Config(), {})
    lost.append("not yours")
    (run.path / "config.yaml").write_text("another's")
    with pytest.raises(BpError, match="not yours"):
        run.restore()
    assert (run.path / "config.yaml").read_text() == "another's"
    assert not caplog.messages


def test_a_summary_has_the_last_record_and_totals(run: Run) -> None:
    assert run.summary() is None
    for row in ROWS:
        run.metrics.append(row)
    summary = run.finish(parameters=7)
    assert run.summary() == summary == json.loads((run.path / "summary.json").read_text())
    assert summary == {
        "epochs": 3, "steps": 15, "seconds": 0.75, "parameters": 7,
        "train_loss": 1 / 3, "train_accuracy": 0.5, "validation_loss": None, "validation_accuracy": None,
        "test_loss": 0.7, "test_accuracy": 0.6,
    }  # fmt: skip


def test_a_summary_has_the_best_record_where_that_is_kept() -> None:
    keeping = replaced(Config(), {"data.validation": 10, "train.keep": "best"})
    run = Run("best")
    run.begin(keeping, {})
    run.metrics.write([])
    for epoch, accuracy in ((1, 0.5), (2, 0.8), (3, 0.7)):
        row = record(epoch, validation_loss=0.5, validation_accuracy=accuracy, test_accuracy=accuracy / 2)
        run.metrics.append(row)
    summary = run.finish(parameters=7)
    assert (summary["epochs"], summary["steps"], summary["best_epoch"], summary["test_accuracy"]) == (3, 30, 2, 0.4)
    assert run.summary() == summary
    assert run.kept(keeping) == run.metrics.rows()[1]
    (run.path / "summary.json").write_text(json.dumps(summary | {"best_epoch": 3}))
    with pytest.raises(BpError, match=r"expected best_epoch 2, as in metrics\.csv; got 3"):
        run.summary()


def test_a_process_killed_while_a_finished_run_begins_again_leaves_an_unfinished_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A summary of three epochs beside a config of more would say that all are done."""
    run.metrics.append(ROWS[0])
    run.finish(parameters=7)

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mnist_bp.run.written.replacing", killed)
    with pytest.raises(KeyboardInterrupt):
        run.begin(Config(train=TrainConfig(epochs=99)), {})
    assert run.state == "unfinished"
    assert run.config() == Config()


@pytest.mark.parametrize("key", ["epochs", "steps", "train_loss", "validation_accuracy", "test_loss", "test_accuracy"])
def test_a_summary_that_differs_from_the_last_row_is_refused(run: Run, key: str) -> None:
    run.metrics.append(ROWS[0])
    summary = run.finish(parameters=7)
    right = json.dumps(summary[key])
    (run.path / "summary.json").write_text(json.dumps(summary | {key: 3}))
    with pytest.raises(BpError) as caught:
        run.summary()
    assert str(caught.value) == f"runs/mine/summary.json: expected {key} {right}, as in metrics.csv; got 3"
    assert caught.value.code == Exit.FAILURE
    assert caught.value.hint == "once it is deleted, bp train writes it again"


def test_a_summary_without_metrics_is_refused(run: Run) -> None:
    run.metrics.append(ROWS[0])
    run.finish(parameters=7)
    run.metrics.write([])
    with pytest.raises(BpError, match=r"metrics\.csv: expected a row, as the run is finished"):
        run.summary()


def test_a_finished_run_with_an_infinite_metric_is_refused_though_both_files_have_it(run: Run) -> None:
    run.metrics.append(Record(1, 5, 0.1, float("inf"), 0.5, None, None, 0.7, 0.6, 0.25))
    run.finish(parameters=7)
    with pytest.raises(BpError, match=r"metrics\.csv: expected a finite train_loss; got inf"):
        run.summary()


@pytest.mark.parametrize(
    "content",
    [
        FINISHED % "NaN",
        FINISHED % "-Infinity",
        FINISHED % "1e999",
        FINISHED % ("9" * 400),
        "{}",
        "[]",
        "3",
        '"a"',
        '{"epochs": null}',
        "[" * 100_000,
    ],
    ids=lambda content: content[:9],
)
def test_a_summary_without_finite_totals_is_refused(run: Run, content: str) -> None:
    (run.path / "summary.json").write_text(content)
    with pytest.raises(BpError, match=r"summary\.json: expected"):
        run.summary()


def test_a_failed_run_tells_its_message_and_step_until_it_begins_again(run: Run) -> None:
    assert run.failure() is None
    run.fail("the loss – is not finite", 15)
    assert run.failure() == {"message": "the loss – is not finite", "step": 15}
    assert run.failure() == json.loads((run.path / "failure.json").read_text())
    run.begin(Config(), {})
    assert run.failure() is None


@pytest.mark.parametrize("content", ["{}", "[]", '{"message": "m"}', '{"message": "m", "step": true}', '{"step": 1}'])
def test_a_failure_without_message_or_step_is_refused(run: Run, content: str) -> None:
    (run.path / "failure.json").write_text(content)
    with pytest.raises(BpError, match=r"failure\.json: expected"):
        run.failure()


def test_a_directory_without_a_run_has_no_config() -> None:
    with pytest.raises(BpError, match=r"expected a run directory, with its config\.yaml") as caught:
        Run(Path("nothing")).config()
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("summary.json", Run.summary),
        ("failure.json", Run.failure),
        ("env.json", Run.environment),
    ],
)
def test_a_damaged_file_is_named(run: Run, file: str, read: Callable[[Run], object]) -> None:
    (run.path / file).write_text("{damaged\n")
    with pytest.raises(BpError, match=f"runs/mine/{file}"):
        read(run)


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("summary.json", Run.summary),
        ("failure.json", Run.failure),
        ("env.json", Run.environment),
    ],
)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["a FIFO", "a device"])
def test_what_is_no_file_is_refused_and_not_waited_for(
    run: Run, file: str, read: Callable[[Run], object], make: Callable[[Path], object]
) -> None:
    (run.path / file).unlink(missing_ok=True)
    make(run.path / file)
    with time_limit(10), pytest.raises(BpError, match=f"^runs/mine/{file}: cannot read it: expected a file; got a"):
        read(run)


def test_metrics_without_a_row_for_each_step_of_a_checkpoint_are_refused(run: Run) -> None:
    for row in ROWS:
        run.metrics.append(row)
    run.require_records(range(5, 16, 5))
    with pytest.raises(BpError, match=r"metrics\.csv: expected a row for step 20"):
        run.require_records(range(5, 21, 5))


def test_beginning_removes_temporary_files_but_not_the_folders_of_claims() -> None:
    """Another claim knows whether the process of such a folder still runs."""
    torn, candidate = Path("r/.config.yaml.1234-0123abcd.part"), Path("r/.lock.1234-0123abcd.part")
    candidate.mkdir(parents=True)
    torn.touch()
    Run("r").begin(Config(), {})
    assert not torn.exists()
    assert candidate.exists()


@pytest.mark.parametrize("part", ["", "data:\n  name: mnist\n"])
def test_a_config_of_which_a_part_is_left_is_not_taken_for_the_defaults(run: Run, part: str) -> None:
    (run.path / "config.yaml").write_text(part)
    with pytest.raises(BpError, match=r"config\.yaml: expected all keys, as bp writes them"):
        run.config()
    with pytest.raises(BpError, match=r"config\.yaml: expected all keys, as bp writes them"):
        run.config(["data.seed=1"])


def test_a_folder_of_runs_in_the_place_of_a_run_leads_to_what_lists_them_or_to_the_only_one(run: Run) -> None:
    with pytest.raises(BpError, match="expected a run directory") as caught:
        Run(run.path.parent).require_exists()
    assert caught.value.hint == f"did you mean {run.path}?"
    Run(run.path.parent / "two").begin(Config(), {})
    with pytest.raises(BpError, match="expected a run directory") as caught:
        Run(run.path.parent).require_exists()
    assert caught.value.hint == "it is a folder of runs: bp ls runs lists them, bp sweep best runs names the best one"
    with pytest.raises(BpError) as caught:
        Run("nowhere").require_exists()
    assert caught.value.hint is None
    Path("my run.zip").touch()
    with pytest.raises(BpError) as caught:
        Run("my run.zip").require_exists()
    assert caught.value.hint == "unpack it first: python -m zipfile -e 'my run.zip' FOLDER"


def test_a_run_that_is_not_there_leads_to_one_of_a_similar_name() -> None:
    Run("runs/quickstart").begin(Config(), {})
    for given in ("runs/quickstat", "quickstart", "elsewhere/quickstart"):
        with pytest.raises(BpError) as caught:
            Run(given).require_exists()
        assert caught.value.hint == "did you mean runs/quickstart?"


def test_a_run_that_a_config_of_bp_makes_leads_to_the_command_for_it() -> None:
    with pytest.raises(BpError) as caught:
        Run("runs/own-digits").require_exists()
    assert caught.value.hint == "bp train own-digits makes it"
