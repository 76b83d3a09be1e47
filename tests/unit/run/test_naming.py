"""Where a run goes if nobody says where: numbered directories, each of the config that it was named after."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mnist_bp.config import Config
from mnist_bp.errors import BpError
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


@pytest.mark.parametrize(
    ("config_file", "name"),
    [
        ("a.b.yaml", "a.b"), ("book", "book"), (".book.yaml", "book"), ("/config.yaml", "run"),
        (".hidden/config.yaml", "hidden"),
        *((file, "run") for file in (".yaml", "..yaml", "...yaml", "configs/...yaml", ".", "..", "/", ". .yaml", "")),
    ],
)  # fmt: skip
def test_no_run_is_named_after_a_hidden_folder_or_one_above(config_file: str, name: str) -> None:
    assert naming.name_of(config_file) == name


def test_new_runs_are_numbered_from_2_on() -> None:
    assert [naming.make_new("book") for _ in range(3)] == [Path("runs", name) for name in ("book", "book-2", "book-3")]
    assert all(path.is_dir() for path in Path("runs").iterdir())


def test_new_runs_of_several_processes_never_share_a_directory() -> None:
    """Threads stand for the processes: only the file system keeps them apart."""
    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(lambda _: naming.make_new("book"), range(8)))
    assert len({*paths}) == 8


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")], ids=["a file", "a broken link"])
def test_something_else_in_place_of_the_folder_of_runs_is_refused(make: Callable[[Path], object]) -> None:
    make(Path("runs"))
    assert naming.last("book") is None
    with pytest.raises(BpError, match=r"^runs: expected a folder for runs; got something else$") as caught:
        naming.make_new("book")
    assert (caught.value.code, caught.value.hint) == (2, "move it away, or name a run directory with --out")


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
