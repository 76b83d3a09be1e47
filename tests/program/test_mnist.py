"""The genuine data, from a cold cache over HTTP; .ci/run trains to the accuracy that the sources report."""

import json
from pathlib import Path

import pytest

from mnist_bp.train.records import Record
from tests.helpers.commands import run
from tests.helpers.data import MNIST

CONFIGS = Path(__file__).parents[2] / "configs"

pytestmark = pytest.mark.skipif(not MNIST.is_dir(), reason="the genuine archives are not beside this checkout")


def test_the_books_network_learns_in_two_epochs(genuine_mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_BP_MIRRORS", genuine_mirror)
    two = "--set", "train.epochs=2"
    result = run("train", "--config", CONFIGS / "book-relu.yaml", *two, "--target-accuracy", "0.91")
    assert result.exit_code == 0, result.output
    records = Record.parse(Path("runs/book-relu/metrics.csv").read_text())
    assert [(record.epoch, record.step) for record in records] == [(1, 600), (2, 1200)]
    about = json.loads(run("eval", "runs/book-relu", "--json").stdout)
    assert (about["accuracy"], about["loss"]) == (records[-1].test_accuracy, records[-1].test_loss)
