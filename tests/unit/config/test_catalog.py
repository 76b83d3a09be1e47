"""Names and files: which one is meant, and what is suggested."""

from pathlib import Path

import pytest

from mnist_bp.config import catalog, load
from mnist_bp.errors import BpError, Exit

ROOT = Path(__file__).parents[3]


def test_in_a_checkout_the_packaged_files_lie_beside_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "PACKAGE", ROOT / "mnist_bp")
    assert catalog.home() == ROOT
    assert catalog.configs()["book"] == ROOT / "configs" / "book.yaml"
    assert catalog.sweeps()["width"] == ROOT / "configs" / "sweeps" / "width.yaml"


def test_in_a_wheel_they_lie_inside_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configs").mkdir()
    monkeypatch.setattr(catalog, "PACKAGE", tmp_path)
    assert catalog.home() == tmp_path


def test_a_name_is_a_packaged_config_unless_there_is_such_a_file() -> None:
    packaged = catalog.configs()["book"]
    Path("book").mkdir()
    assert catalog.find("book") == catalog.find("book.yaml") == packaged
    Path("book.yaml").touch()
    assert (catalog.find("book"), catalog.find("book.yaml")) == (packaged, Path("book.yaml"))
    Path("deep").mkdir()
    Path("deep/book").touch()
    assert catalog.find("book", Path("deep")) == Path("deep/book")
    assert catalog.find("../book.yaml", Path("deep")) == Path("deep/../book.yaml")
    assert catalog.find_sweep("width") == catalog.sweeps()["width"]


def test_a_config_is_loaded_by_its_name() -> None:
    assert load("xor") == load(ROOT / "configs" / "xor.yaml")


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("mine/bok.yaml", "did you mean mine/bolk.yaml?"),
        ("bok", "did you mean book?"),
        ("BOOK", "did you mean book?"),
        ("configs/book.yaml", "did you mean book?"),
        ("nothing-like-it", "`bp config --list` lists those that come with bp"),
        ("learning-rate", "bp sweep plan learning-rate"),
        ("mine", "did you mean mine/config.yaml?"),
        ("mien/config.yaml", "did you mean mine/config.yaml?"),
        ("conv/config.yaml", None),
        ("lr=3", "did you mean --set train.learning_rate=3?"),
    ],
)
def test_what_is_not_there_gets_a_suggestion(given: str, hint: str | None) -> None:
    Path("mine").mkdir()
    Path("mine/config.yaml").touch()
    Path("mine/bolk.yaml").touch()
    with pytest.raises(BpError) as caught:
        catalog.find(given)
    assert (caught.value.code, caught.value.hint) == (Exit.USAGE, hint)


def test_only_the_packaged_file_itself_has_its_name(tmp_path: Path) -> None:
    other = tmp_path / "width.yaml"
    other.touch()
    assert catalog.name_of(catalog.sweeps()["width"]) == "width"
    assert catalog.name_of(other) is None


def test_the_first_sentence_says_what_a_config_is_about() -> None:
    Path("c.yaml").write_text("# Which of 0.1 and 0.2?\n# More.\nseed: 1  # not this\n")
    assert catalog.about(Path("c.yaml")) == "Which of 0.1 and 0.2?"
