"""From the wheel alone, in an empty folder: every example of every help text works as it is printed, in their order."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from PIL import Image

from tests.helpers.data import MNIST
from tests.unit.cli.test_bp import commands

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not MNIST.is_dir(), reason="the genuine archives are not beside this checkout")
@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_every_example_of_every_help_text_works(
    genuine_mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    package = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(package)
    program = tmp_path / "bin" / "bp"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{(ROOT / 'tests' / 'helpers' / 'installed.py').read_text()}")
    program.chmod(0o755)
    (tmp_path / "Downloads").symlink_to(MNIST)
    for name in ("I", "L"):  # a user's own pictures
        Path("letters", name).mkdir(parents=True)
        for number in range(4):
            page = Image.new("L", (28, 28))
            page.paste(255, (8 + number, 4, 11 + number, 24))
            page.paste(255 * (name == "L"), (8 + number, 21, 20, 24))
            page.save(Path("letters", name, f"{number}.png"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # or each process would compile what it imports
    for name, value in {
        "PATH": os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(package),
        "HOME": str(tmp_path),
        "BROWSER": "true",  # opens nothing, and is content
        "MNIST_BP_MIRRORS": genuine_mirror,
        "OPENBLAS_NUM_THREADS": "1",  # tests run at a time: threads would wait for each other
    }.items():
        monkeypatch.setenv(name, value)

    ended = subprocess.run(["bp", "--every-example"], capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    (module, home), *examples = map(json.loads, ended.stdout.splitlines())
    assert Path(module).is_relative_to(package)
    assert Path(home) == package / "mnist_bp"
    assert [(example, output) for example, code, output in examples if code] == []
    shown = [example for example, *_ in examples]
    assert not [words for words in commands() if not any(f"bp {' '.join(words)}" in example for example in shown)]
