"""The example programs run, and learn."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from mnist_bp.data.archives import FILES, Archives

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
