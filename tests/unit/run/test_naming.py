"""Where a run goes if nobody says where: numbered directories, each of the config that it was named after."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mnist_bp.config import Config
from mnist_bp.run import naming
from mnist_bp.run.directory import Run
from tests.helpers.making import unsynced


@unsynced
def begun(path: str, **environment: object) -> None:
    """Begin a run in a directory under runs/, with this in its env.json."""
    Run(Path("runs", path)).begin(Config(), environment)


def test_runs_are_named_after_their_config_file() -> None:
    assert naming.name_of("configs/book.yaml") == "book"


def test_a_run_from_the_config_of_another_run_is_named_after_that_runs_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert naming.name_of("runs/small/config.yaml") == "small"
    Path("small").mkdir()
    monkeypatch.chdir("small")
    assert naming.name_of("config.yaml") == "small"


def test_new_runs_are_numbered_from_2_on() -> None:
    assert [naming.make_new("book") for _ in range(3)] == [Path("runs", name) for name in ("book", "book-2", "book-3")]
    assert all(path.is_dir() for path in Path("runs").iterdir())


def test_new_runs_of_several_processes_never_share_a_directory() -> None:
    """Threads stand for the processes: only the file system keeps them apart."""
    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(lambda _: naming.make_new("book"), range(8)))
    assert len({*paths}) == 8


def test_a_broken_link_in_place_of_the_folder_of_runs_is_an_error() -> None:
    Path("runs").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        naming.make_new("book")


def test_the_last_run_is_the_one_with_the_highest_number() -> None:
    assert naming.last("book") is None
    for name in ("book", "book-2", "book-10", "book-9", "book-relu", "book-2-old", "rebook-11"):
        begun(name, named_after="book")
    assert naming.last("book") == Path("runs/book-10")


def test_the_run_of_a_config_whose_name_ends_in_a_number_is_not_taken_for_anothers() -> None:
    """runs/book-3 is the first run of book-3.yaml, runs/book-2 the second of book.yaml."""
    begun("book", named_after="book")
    begun("book-2", named_after="book")
    begun("book-3", named_after="book-3")
    assert naming.last("book") == Path("runs/book-2")
    assert naming.last("book-3") == Path("runs/book-3")


@pytest.mark.parametrize("content", [None, "{}", "damaged"])
def test_a_run_that_does_not_tell_its_config_has_its_whole_name(content: str | None) -> None:
    """It may be of another version, or its env.json damaged."""
    begun("book", named_after="book")
    begun("book-2")
    if content is None:
        Path("runs/book-2/env.json").unlink()
    else:
        Path("runs/book-2/env.json").write_text(content)
    assert naming.last("book") == Path("runs/book")
    assert naming.last("book-2") == Path("runs/book-2")


def test_a_directory_in_which_no_run_has_begun_may_be_of_any_config() -> None:
    begun("book", named_after="book")
    Path("runs/book-2").mkdir()
    assert naming.last("book") == naming.last("book-2") == Path("runs/book-2")
