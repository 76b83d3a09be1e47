"""What a network says of each example: its columns, its digits, and the file."""

import os
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.activations import Identity
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.losses import BinaryCrossEntropy, HalfSquaredError, Loss, MeanSquaredError, SoftmaxCrossEntropy
from mnist_bp.nn.network import Network
from mnist_bp.nn.softmax import Softmax
from mnist_bp.run.directory import Run
from mnist_bp.run.predictions import Predictions, require_free
from tests.helpers.commands import contents
from tests.helpers.waiting import time_limit

LINES: dict[str, tuple[Loss, Array, list[str]]] = {
    "the classes of a softmax": (
        SoftmaxCrossEntropy(),
        np.log([[0.75, 0.25], [0.5, 1.5]]),
        ["index,label,prediction,probability_0,probability_1", "0,1,0,0.75,0.25", "1,0,1,0.25,0.75"],
    ),
    "a yes or no": (
        BinaryCrossEntropy(),
        np.array([[0.0], [800.0]]),
        ["index,label,prediction,probability_0,probability_1", "0,1,0,0.5,0.5", "1,0,1,0.0,1.0"],
    ),
    "a yes or no for each class": (
        BinaryCrossEntropy(),
        np.array([[800.0, 0.0], [0.0, 800.0]]),
        ["index,label,prediction,probability_0,probability_1", "0,1,0,1.0,0.5", "1,0,1,0.5,1.0"],
    ),
    "a squared error of one output": (
        HalfSquaredError(),
        np.array([[0.1], [1.5]], np.float32),
        ["index,label,prediction,output_0", "0,1,0,0.10000000149011612", "1,0,1,1.5"],
    ),
    "a squared error of several": (
        MeanSquaredError(),
        np.array([[0.1, -2.0], [1e-300, 1.0]]),
        ["index,label,prediction,output_0,output_1", "0,1,0,0.1,-2.0", "1,0,1,1e-300,1.0"],
    ),
}


@pytest.mark.parametrize(("loss", "outputs", "lines"), LINES.values(), ids=LINES)
def test_a_row_has_classes_and_probabilities_or_else_the_outputs(loss: Loss, outputs: Array, lines: list[str]) -> None:
    found = [*Predictions.of(Network([Identity()], loss), outputs, np.array([1, 0], np.uint8)).lines()]
    assert found[0] == lines[0]
    for line, expected in zip(found[1:], lines[1:], strict=True):
        assert line.split(",")[:3] == expected.split(",")[:3]
        numbers = [[float(cell) for cell in each.split(",")[3:]] for each in (line, expected)]
        assert numbers[0] == (
            pytest.approx(numbers[1], rel=1e-15) if isinstance(loss, SoftmaxCrossEntropy) else numbers[1]
        )


def test_outputs_that_overflow_are_written_and_warned_of_by_nothing() -> None:
    *_, line = Predictions.of(
        Network([Identity()], SoftmaxCrossEntropy()), np.array([[np.inf, 0.0]]), np.array([0])
    ).lines()
    assert line == "0,0,0,nan,nan"


def test_a_softmax_makes_probabilities_whatever_the_loss() -> None:
    network = Network([Affine(2, 2), Softmax()], MeanSquaredError())
    header, line = Predictions.of(network, np.array([[0.25, 0.75]]), np.array([1])).lines()
    assert (header, line) == ("index,label,prediction,probability_0,probability_1", "0,1,1,0.25,0.75")


@pytest.fixture
def predictions() -> Predictions:
    return Predictions.of(Network([Identity()], HalfSquaredError()), np.array([[0.25]]), np.array([1]))


WRITTEN = b"index,label,prediction,output_0\n0,1,0,0.25\n"


def test_a_file_is_replaced_and_a_link_followed(predictions: Predictions) -> None:
    Path("there.csv").write_text("what was there before, and was longer than what comes into its place")
    Path("link.csv").symlink_to("there.csv")
    require_free(Path("link.csv"), Run("r"))
    predictions.save(Path("link.csv"))
    assert Path("link.csv").is_symlink()
    predictions.save(Path("new.csv"))
    assert contents(Path()) == dict.fromkeys(["there.csv", "link.csv", "new.csv"], WRITTEN)


def test_where_writing_fails_the_file_that_was_there_stays(
    predictions: Predictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    Path("out.csv").write_text("before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: 'out\.csv'"):
        predictions.save(Path("out.csv"))
    assert contents(Path()) == {"out.csv": b"before"}


def test_what_is_no_file_is_not_replaced() -> None:
    os.mkfifo("fifo")
    Path("device").symlink_to("/dev/null")
    Path("folder").mkdir()
    for name in ("fifo", "device", "folder"):
        with time_limit(10), pytest.raises(OSError, match="expected a file; got a"):
            require_free(Path(name), Run("r"))
    require_free(Path("new.csv"), Run("r"))
    assert not Path("new.csv").exists()


def test_the_files_of_the_run_are_not_replaced() -> None:
    Path("r").mkdir()
    Path("link").symlink_to("r")
    for name in ("r/metrics.csv", "link/steps.csv", "r/../r/checkpoint.npz"):
        with pytest.raises(BpError, match=f"expected a file of its own; got {name}, one of the run's") as caught:
            require_free(Path(name), Run("r"))
        assert caught.value.code == Exit.USAGE
    require_free(Path("r/predictions.csv"), Run("r"))
