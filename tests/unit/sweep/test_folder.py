"""The folder of a sweep file: which it is, and that no two files share it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_bp.config import catalog
from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep.folder import NOTE, folder_of, require_own, take

FOLDER = Path("sweeps/try")


def sweep(path: str) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file


@pytest.mark.parametrize(
    ("file", "name"), [("a/try.yaml", "try"), ("try", "try"), ("a.b.yml", "a.b"), (".yaml", ".yaml"), ("try.", "try")]
)
def test_a_folder_is_called_as_its_file_without_the_ending(file: str, name: str) -> None:
    assert folder_of(Path(file)) == Path("sweeps", name)


@pytest.mark.parametrize("file", ["..yaml", "a/...yaml"])
def test_the_folder_is_never_sweeps_itself_or_above_it(file: str) -> None:
    with pytest.raises(BpError, match="expected a file whose name can name the folder") as caught:
        folder_of(Path(file))
    assert caught.value.code == Exit.USAGE


def test_a_folder_belongs_to_the_file_that_took_it() -> None:
    first, second = sweep("a/try.yaml"), sweep("b/try.yaml")
    require_own(FOLDER, second)
    take(FOLDER, first)
    take(FOLDER, first)
    assert (FOLDER / NOTE).read_text() == "../../a/try.yaml\n"
    require_own(FOLDER, first)
    require_own(FOLDER, first.resolve())
    for other in (second, sweep("a/try.yml")):
        with pytest.raises(BpError, match=f"expected the folder of {other}; got that of a/try.yaml") as caught:
            require_own(FOLDER, other)
        assert caught.value.code == Exit.USAGE
        assert f"delete {FOLDER / NOTE}" in str(caught.value.hint)


def test_file_and_folder_may_move_together() -> None:
    take(FOLDER, sweep("a/try.yaml"))
    Path("elsewhere").mkdir()
    for name in ("a", "sweeps"):
        Path(name).rename(Path("elsewhere", name))
    require_own(Path("elsewhere") / FOLDER, Path("elsewhere/a/try.yaml"))
    sweep("a/try.yaml")
    with pytest.raises(BpError):
        require_own(Path("elsewhere") / FOLDER, Path("a/try.yaml"))


def test_a_file_that_has_moved_takes_the_folder_once_the_note_is_deleted() -> None:
    take(FOLDER, sweep("try.yaml"))
    moved = Path("try.yaml").rename("sweeps/try.yaml")
    with pytest.raises(BpError):
        require_own(FOLDER, moved)
    (FOLDER / NOTE).unlink()
    require_own(FOLDER, moved)


def test_links_lead_to_the_same_file_and_folder() -> None:
    Path("disk/deep").mkdir(parents=True)
    Path("sweeps").symlink_to("disk/deep")
    file = sweep("a/try.yaml")
    Path("b").symlink_to("a")
    take(FOLDER, Path("b/try.yaml"))
    require_own(FOLDER, file)


@pytest.mark.parametrize("name", ["größe", "two\nlines", os.fsdecode(b"\xff")])
def test_the_path_may_have_any_characters(name: str) -> None:
    file = sweep(f"{name}/try.yaml")
    take(FOLDER, file)
    require_own(FOLDER, file)


@pytest.mark.parametrize("text", [b"", b"\n", b"\0\n", b"../../none.yaml\n", b"x" * 9999])
def test_a_note_that_names_no_file_is_no_permission(text: bytes) -> None:
    FOLDER.mkdir(parents=True)
    (FOLDER / NOTE).write_bytes(text)
    with pytest.raises(BpError):
        require_own(FOLDER, sweep("try.yaml"))


def test_a_folder_in_place_of_the_note_is_refused() -> None:
    (FOLDER / NOTE).mkdir(parents=True)
    with pytest.raises(BpError, match="expected a file; got a folder") as caught:
        require_own(FOLDER, sweep("try.yaml"))
    assert (caught.value.code, caught.value.hint) == (2, "delete it")


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_a_link_elsewhere_is_another_file_as_its_base_is_another(link: Callable[[Path, Path], None]) -> None:
    file = sweep("a/try.yaml")
    Path("b").mkdir()
    link(Path("b/try.yaml"), file.resolve())
    take(FOLDER, Path("b/try.yaml"))
    with pytest.raises(BpError, match=r"expected the folder of a/try\.yaml; got that of b/try\.yaml"):
        require_own(FOLDER, file)


def test_a_packaged_sweep_is_known_by_its_name_wherever_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("old", "new"):
        (tmp_path / place / "configs" / "sweeps").mkdir(parents=True)
        (tmp_path / place / "configs" / "sweeps" / "try.yaml").touch()
    monkeypatch.setattr(catalog, "PACKAGE", tmp_path / "old")
    take(FOLDER, catalog.find_sweep("try"))
    assert str(tmp_path) not in (FOLDER / NOTE).read_text()
    monkeypatch.setattr(catalog, "PACKAGE", tmp_path / "new")
    require_own(FOLDER, catalog.find_sweep("try"))
    with pytest.raises(BpError, match=r"the folder of try\.yaml; got that of try, which comes with bp"):
        require_own(FOLDER, sweep("try.yaml"))
    (FOLDER / NOTE).unlink()
    take(FOLDER, Path("try.yaml"))
    with pytest.raises(BpError, match=r"got that of try\.yaml"):
        require_own(FOLDER, catalog.find_sweep("try"))


def test_a_note_of_a_packaged_sweep_by_its_path_still_counts() -> None:
    """As versions wrote it that knew no names."""
    file = catalog.sweeps()["width"]
    FOLDER.mkdir(parents=True)
    (FOLDER / NOTE).write_text(f"{os.path.relpath(file, FOLDER.resolve())}\n")
    require_own(FOLDER, file)
