"""The example programs run, and learn."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.data import loading
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.data.dataset import Dataset

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_program_on_one_page_learns(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On 210 small images of three classes, of which each has a bright row of its own."""
    Path("../cache/mnist").mkdir(parents=True)
    for name in FILES:
        shutil.copy(archive_folder / name, "../cache/mnist")
    monkeypatch.setattr(sys, "argv", ["mnist.py"])
    runpy.run_path(str(EXAMPLES / "mnist.py"), run_name="__main__")
    *epochs, last = re.findall(r"^epoch (\d)  test accuracy (\d\.\d+)$", capsys.readouterr().out, re.MULTILINE)
    assert [number for number, _ in epochs] == ["1", "2", "3", "4"]
    assert float(last[1]) > 0.6  # chance: a third; 10 steps are few


def test_the_books_training_loop_learns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rng: np.random.Generator
) -> None:
    """Its first 301 steps, on 1,100 images of which each has a bright block for its class."""
    labels = rng.integers(0, 10, 1100, dtype=np.uint8)
    images = rng.integers(0, 50, (1100, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 8, 2 * label : 2 * label + 8] = 255
    arrays = {"train_images": images[:1000], "train_labels": labels[:1000]}
    arrays |= {"test_images": images[1000:], "test_labels": labels[1000:]}
    monkeypatch.setattr(loading, "load", lambda name: Dataset.of(name, arrays))
    program = (EXAMPLES / "book.py").read_text(encoding="utf-8")
    Path("book.py").write_text(program.replace("iters_num = 10000", "iters_num = 301"), encoding="utf-8")
    lists = runpy.run_path("book.py")
    assert len(lists["train_loss_list"]) == 301
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 31  # after the first step, and then every tenth: an epoch
    assert printed[-1] == f"{lists['train_acc_list'][-1]} {lists['test_acc_list'][-1]}"
    assert lists["test_acc_list"][0] < 0.5
    assert lists["test_acc_list"][-1] > 0.9
