"""What is published: every file of the wheel and of the source archive is meant to be there, and nothing is missing."""

import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import mnist_bp

ROOT = Path(__file__).parents[2]
NAME = f"mnist_bp-{mnist_bp.__version__}"
METADATA = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
FOLDERS = ("mnist_bp", "configs", "docs", "examples", "scripts", "tests")
FILES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml", ".gitignore")


def files(*folders: str) -> set[str]:
    """Return the files of some folders of the checkout, but for what Python and tools leave there."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a copy of what is published, without what else may lie in a checkout."""
    for name in [*files(*FOLDERS), *FILES]:
        copy = tmp_path / "source" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    return tmp_path / "source"


SUFFIXES = {".py", ".typed", ".jinja", ".css", ".js", ".yaml", ".sh", ".sbatch", ".txt"}


def test_the_wheel_holds_the_package_configs_and_sweep_scripts_and_nothing_else(source: Path, tmp_path: Path) -> None:
    """Built from the source archive, as pip builds it, which was made from the checkout."""
    [sdist] = SdistBuilder(str(source)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(sdist) as archive:
        for member in archive:  # extractall asks for a filter in some versions of Python, which others do not have
            content = archive.extractfile(member)
            assert content is not None
            (tmp_path / member.name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / member.name).write_bytes(content.read())
    [wheel] = WheelBuilder(str(tmp_path / NAME)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as unpacked:
        contents = {name: unpacked.read(name) for name in unpacked.namelist()}
    data = files("configs") | {"scripts/sweep.sh", "scripts/sweep.sbatch"}
    assert {*contents} == (
        files("mnist_bp") | {f"mnist_bp/{name}" for name in data} | {f"{NAME}.dist-info/{name}" for name in METADATA}
    )
    assert {Path(name).suffix for name in contents if name.startswith("mnist_bp/")} == SUFFIXES
    assert all(contents[f"mnist_bp/{name}"] == (ROOT / name).read_bytes() for name in data)


def test_the_source_archive_holds_all_that_tests_and_documentation_need(source: Path, tmp_path: Path) -> None:
    [sdist] = SdistBuilder(str(source)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
    assert names == files(*FOLDERS) | {*FILES, "PKG-INFO"}
