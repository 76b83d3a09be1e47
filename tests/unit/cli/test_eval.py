"""`bp eval`; what it measures on which data is the subject of tests/unit/run/test_measuring.py."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import mnist_bp
from mnist_bp import build
from mnist_bp.nn.network import Network
from tests.helpers.commands import rows, run
from tests.helpers.making import config, untrained
from tests.helpers.waiting import time_limit


def test_the_last_row_of_the_metrics_is_measured_again(small_config: Path) -> None:
    assert run("train", "--config", small_config, "--out", "r", "--set", "data.validation=10").exit_code == 0
    last = rows("r")[-1]
    for split in ("test", "validation"):
        about = json.loads(run("eval", "r", "--split", split, "--json").stdout)
        assert [repr(about["accuracy"]), repr(about["loss"])] == [last[f"{split}_accuracy"], last[f"{split}_loss"]]
    assert about.keys() == {"run", "data", "split", "examples", "accuracy", "loss", "classes"}
    assert (about["run"], about["data"], about["split"], about["examples"]) == ("r", "idx", "validation", 10)
    text = run("eval", "r").stdout
    assert text.startswith(f"test accuracy {last['test_accuracy']}  loss ")
    assert text.partition("\n")[0].endswith("  (60 examples of idx)")


def test_runs_that_are_not_finished_are_told_beside_the_result() -> None:
    keys: dict[str, Any] = {"data_name": "xor", "model_hidden": [4], "model_loss": "half_squared_error"}
    for name in ("one", "two"):
        untrained(config(**keys), path=Path(name))
    result = run("eval", "one", "two", "--json")
    assert json.loads(result.stdout)["runs"][0].keys() == {
        "run", "data", "split", "examples", "accuracy", "loss", "classes",
    }  # fmt: skip
    assert [line[:23] for line in result.stderr.splitlines()] == ["hint: one is unfinished", "hint: two is unfinished"]


def on_images(folder: Path, name: str = "r", **changes: Any) -> Path:
    """Return an untrained run on 60 small images in three classes."""
    keys = {"data_name": "idx", "data_dir": str(folder), "model_hidden": [6], **changes}
    return untrained(config(**keys), path=Path(name))


def test_confusion_errors_and_mistakes_are_those_of_the_predictions(archive_folder: Path) -> None:
    options = ["--confusion", "--errors", 3, "--mistakes", "m.png", "--predictions", "p.csv"]
    run_path = on_images(archive_folder)
    about = json.loads(run("eval", run_path, *options, "--json").stdout)
    table = [[float(cell) for cell in line.split(",")] for line in Path("p.csv").read_text().splitlines()[1:]]
    confusion = np.zeros((3, 3), int)
    for _, true, said, *_ in table:
        confusion[int(true), int(said)] += 1
    assert about["confusion"] == confusion.tolist()
    assert [each["examples"] for each in about["classes"]] == confusion.sum(axis=1).tolist()
    assert about["accuracy"] == confusion.trace() / 60
    wrong = sorted((-numbers[int(said)], index, true, said) for index, true, said, *numbers in table if true != said)
    assert [(-e["probability"], e["index"], e["true"], e["said"]) for e in about["errors"]] == wrong[:3]
    with Image.open("m.png") as sheet:
        assert sheet.width == 16 + 3 * (112 + 12) - 12 + 16

    first, classes, matrix, _, errors, files = run("eval", run_path, *options).stdout.split("\n\n")
    assert files == "written to m.png\nwritten to p.csv\n"
    assert first == run("eval", run_path).stdout.partition("\n")[0]
    assert [len(block.splitlines()) for block in (classes, errors)] == [4, 4]
    assert matrix == "rows: true class; columns: what was said"


def test_a_network_without_mistakes_gets_no_sheet(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_bp.run.judgement.Judgement.errors", lambda judgement, count: [])
    result = run("eval", on_images(archive_folder), "--mistakes", "m.png", "--errors", 5)
    assert result.exit_code == 0
    assert result.stdout.endswith("\n\nno example is wrong\n")
    assert not Path("m.png").exists()


def test_several_runs_get_a_row_each_and_their_committee_one_more(archive_folder: Path) -> None:
    """The committee's expected accuracy is that of the mean of the tables that --predictions writes."""
    means = []
    for seed, name in enumerate(("a", "b")):
        run("eval", on_images(archive_folder, name, seed=seed), "--predictions", f"{name}.csv")
        means.append(np.loadtxt(f"{name}.csv", delimiter=",", skiprows=1))
    labels, mean = means[0][:, 1].astype(int), (means[0][:, 3:] + means[1][:, 3:]) / 2
    accuracy, loss = (mean.argmax(axis=1) == labels).mean(), -np.log(mean[np.arange(60), labels]).mean()

    alone = json.loads(run("eval", "b", "--json").stdout)
    several = json.loads(run("eval", "a", "b", "--json").stdout)
    assert several.keys() == {"runs"}
    assert several["runs"][1] == alone
    result = run("eval", "a", "b", "--committee", "--confusion", "--errors", 2, "--predictions", "c.csv", "--json")
    about = json.loads(result.stdout)
    together = about["committee"]
    assert about["runs"] == several["runs"]
    assert together["accuracy"] == accuracy
    assert together["loss"] == pytest.approx(loss)
    assert (np.array(together["confusion"]).trace() / 60, len(together["errors"])) == (accuracy, 2)
    np.testing.assert_allclose(np.loadtxt("c.csv", delimiter=",", skiprows=1)[:, 3:], mean)

    table = [line.split("  ") for line in run("eval", "a", "b", "--committee").stdout.splitlines()]
    assert [row[0].strip() for row in table] == ["run", "a", "b", "committee"]
    assert [row[-1].strip() for row in table] == ["examples", *["60 of idx"] * 3]


CASES: dict[str, dict[str, Any]] = {
    "classes": {},
    "a yes or no each": {"model_loss": "binary_cross_entropy"},
    "numbers": {"model_loss": "mean_squared_error", "train_dtype": "float64"},
}


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
@pytest.mark.parametrize("split", ["test", "train", "validation"])
def test_predictions_are_those_of_the_loaded_network_and_their_share_of_right_ones_is_the_accuracy(
    archive_folder: Path, changes: dict[str, Any], split: str
) -> None:
    chosen = config(data_name="idx", data_dir=str(archive_folder), data_validation=10, model_hidden=[6], **changes)
    about = json.loads(run("eval", untrained(chosen), "--split", split, "--json", "--predictions", "out.csv").stdout)
    header, *lines = Path("out.csv").read_text().splitlines()
    table = np.array([[float(cell) for cell in line.split(",")] for line in lines])
    index, label, prediction, numbers = table[:, 0], table[:, 1], table[:, 2], table[:, 3:]
    kind = "output" if chosen.model.loss == "mean_squared_error" else "probability"
    assert header.split(",") == ["index", "label", "prediction", *(f"{kind}_{k}" for k in range(numbers.shape[1]))]
    whole = build.dataset(chosen.data).for_training(10)
    examples = {"test": whole.test, "train": whole.train, "validation": whole.validation}[split]
    assert examples is not None
    assert (index.tolist(), label.tolist()) == ([*range(len(examples))], examples.t.tolist())
    assert np.array_equal(numbers, mnist_bp.load("r").predict(examples.x))
    assert (label == prediction).mean() == about["accuracy"]
    assert np.array_equal(prediction, numbers.argmax(axis=1))


@pytest.mark.parametrize("loss", ["half_squared_error", "binary_cross_entropy"])
def test_predictions_of_a_yes_or_no_are_0_and_1(loss: str) -> None:
    path = untrained(config(data_name="xor", model_hidden=[4], model_loss=loss))
    result = run("eval", path, "--predictions", "-")
    header, *lines = result.stdout.splitlines()
    columns = {"half_squared_error": "output_0", "binary_cross_entropy": "probability_0,probability_1"}[loss]
    assert header == f"index,label,prediction,{columns}"
    right = [label == prediction for _, label, prediction, *_ in (line.split(",") for line in lines)]
    assert {line.split(",")[2] for line in lines} <= {"0", "1"}
    assert result.stderr.startswith(f"test accuracy {sum(right) / 4}  loss ")


def test_the_predictions_do_not_depend_on_the_batch_size_of_the_training(archive_folder: Path) -> None:
    for size in (1, 7, 100):
        keys: dict[str, Any] = {
            "data_name": "idx",
            "data_dir": str(archive_folder),
            "model_hidden": [6],
            "train_batch_size": size,
        }
        run("eval", untrained(config(**keys), path=Path(str(size))), "--predictions", f"{size}.csv")
    assert Path("1.csv").read_bytes() == Path("7.csv").read_bytes() == Path("100.csv").read_bytes() != b""


def test_the_table_goes_to_a_file_in_the_place_of_an_earlier_one_or_to_stdout_without_the_accuracy() -> None:
    path = untrained(config(data_name="xor", model_hidden=[4], model_loss="half_squared_error"))
    Path("out.csv").write_text("an earlier one")
    to_file, to_stdout, plain = (
        run("eval", path, "--predictions", "out.csv"),
        run("eval", path, "--predictions", "-"),
        run("eval", path),
    )
    assert (to_file.exit_code, to_stdout.exit_code) == (0, 0)
    assert (to_file.stdout, to_file.stderr) == (f"{plain.stdout}\nwritten to out.csv\n", plain.stderr)
    assert (to_stdout.stdout, to_stdout.stderr) == (Path("out.csv").read_text(), plain.stdout + plain.stderr)
    assert len(to_stdout.stdout.splitlines()) == 5


def test_the_network_goes_through_the_examples_once(monkeypatch: pytest.MonkeyPatch) -> None:
    path, predict, calls = untrained(config(data_name="xor", model_loss="half_squared_error")), Network.predict, []

    def counted(network: Network, x: Any) -> Any:
        calls.append(len(x))
        return predict(network, x)

    monkeypatch.setattr(Network, "predict", counted)
    assert run("eval", path, "--predictions", "out.csv").exit_code == 0
    assert calls == [4]


PLACES = {
    "a folder that is not there": ("nowhere/out.csv", "nowhere/out.csv: No such file or directory"),
    "a folder": ("r", "r: expected a file; got a folder"),
    "a FIFO": ("fifo", "fifo: expected a file; got a FIFO"),
    "a device": ("/dev/null", "/dev/null: expected a file; got a device"),
}


@pytest.mark.parametrize(("place", "message"), PLACES.values(), ids=PLACES)
def test_where_no_file_can_be_written_one_message_says_so(place: str, message: str) -> None:
    path = untrained(config(data_name="xor", model_hidden=[4], model_loss="half_squared_error"))
    os.mkfifo("fifo")
    before = sorted(Path().rglob("*"))
    with time_limit(10):
        result = run("eval", path, "--predictions", place)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"error: {message}\n")
    assert sorted(Path().rglob("*")) == before


def test_predictions_and_json_do_not_both_go_to_stdout() -> None:
    result = run("eval", "r", "--predictions", "-", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"].startswith("--predictions -: expected a file, as --json takes stdout")


MISUSES = {
    "no run": (["nowhere"], 2, "nowhere: expected a run directory"),
    "a key of another section": (["r", "--set", "train.epochs=3"], 2, "expected a key of section data"),
    "a split that is not there": (["r", "--split", "validation"], 2, "held out for validation; xor has none"),
    "data that are not there": (["r", "--set", "data.name=idx", "--set", "data.dir=none"], 4, "expected a folder"),
    "no checkpoint": (["r/copy"], 1, "there is no checkpoint"),
    "a committee of one": (["r", "--committee"], 2, "--committee: expected several runs; got r alone"),
    "a committee of squared errors": (["r", "r", "--committee"], 2, "r: expected probabilities"),
    "one run's option for two": (["r", "r", "--confusion"], 2, "--confusion: expected one run; got 2"),
    "one of them missing": (["r", "nowhere"], 2, "nowhere: expected a run directory"),
    "mistakes that are no images": (["r", "--mistakes", "m.png"], 2, "data set xor: expected images"),
    "mistakes over another file": (["r", "--mistakes", "r/copy/mine.png"], 2, "got another, which is left alone"),
    "no errors": (["r", "--errors", "0"], 2, "--errors: expected a whole number of at least 1; got 0"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "message"), MISUSES.values(), ids=MISUSES)
def test_misuse_gets_one_clear_message(arguments: list[str], code: int, message: str) -> None:
    path = untrained(config(data_name="xor", model_hidden=[4], model_loss="half_squared_error"))
    (path / "copy").mkdir()
    (path / "copy/config.yaml").write_bytes((path / "config.yaml").read_bytes())
    (path / "copy/mine.png").write_text("mine")
    result = run("eval", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
