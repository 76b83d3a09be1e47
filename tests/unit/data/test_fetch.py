"""Mirrors in their order, and a cache that holds the pinned archives alone."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO, FileIO
from pathlib import Path
from typing import IO

import pytest

from mnist_bp import regular
from mnist_bp.data import fetch
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from tests.helpers.commands import contents
from tests.helpers.disks import small_disk
from tests.helpers.mirror import Answer, Mirror, flipped, status
from tests.helpers.mirror import sound as whole

HOME = Path("cache")


@pytest.fixture(autouse=True)
def configured_mirrors_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_BP_MIRRORS")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def refusing() -> Iterator[str]:
    """Return the address of a mirror that refuses every connection: its port is taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"


def test_after_a_mirror_that_refuses_the_next_one_is_asked(
    refusing: str, small_mnist: Archives, archive_folder: Path
) -> None:
    with Mirror(archive_folder) as sound:
        fetch.fetch(small_mnist, HOME, (refusing, sound.url), silent)

    assert contents(HOME) == contents(archive_folder)


def test_mirrors_are_asked_in_order_until_one_serves(small_mnist: Archives, archive_folder: Path) -> None:
    asked = []

    def mirror(name: str, answer: Answer) -> Mirror:
        def answer_and_note(connection: socket.socket, body: bytes) -> None:
            asked.append(name)
            answer(connection, body)

        return Mirror(archive_folder, answer_and_note)

    missing, whole = status("404 Not Found"), status("200 OK")
    with mirror("a", missing) as a, mirror("b", missing) as b, mirror("c", whole) as c, mirror("d", whole) as d:
        fetch.fetch(small_mnist, HOME, (a.url, b.url, c.url, d.url), silent)

    assert asked == ["a", "b", "c"] * 4


@pytest.mark.parametrize(("name", "option"), [("mnist", ""), ("kmnist", " --name kmnist")])
def test_if_no_mirror_serves_the_error_gives_other_ways_to_the_data_and_each_ones_reason(
    name: str, option: str, refusing: str, small_mnist: Archives, archive_folder: Path
) -> None:
    with Mirror(archive_folder, status("404 Not Found")) as missing, pytest.raises(BpError) as caught:
        fetch.fetch(replace(small_mnist, name=name), HOME, (refusing, missing.url), silent)

    assert caught.value.code == Exit.NO_DATA
    assert str(caught.value).endswith(": Connection refused; HTTP 404 Not Found")
    synthetic, folder, *files, first, second = str(caught.value.hint).splitlines()
    assert "data.name=synthetic" in synthetic
    assert f"bp data import FOLDER{option}`" in folder
    assert ", ".join(line.strip() for line in files) == ", ".join(FILES)
    assert first == f"asked: {refusing}{FILES[0]}: Connection refused"
    assert second == f"asked: {missing.url}{FILES[0]}: HTTP 404 Not Found"


@pytest.mark.parametrize("separator", [" ", ",", ", "])
def test_the_environment_overrides_the_mirrors_of_the_config(
    separator: str, refusing: str, small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Mirror(archive_folder) as configured, Mirror(archive_folder) as sound:
        monkeypatch.setenv("MNIST_BP_MIRRORS", separator.join((refusing, sound.url)))
        fetch.fetch(small_mnist, HOME, (configured.url,), silent)

    assert not configured.requests
    assert contents(HOME) == contents(archive_folder)


def test_without_other_mirrors_those_of_the_data_set_are_asked(small_mnist: Archives, archive_folder: Path) -> None:
    with Mirror(archive_folder) as sound:
        fetch.fetch(Archives("mnist", (sound.url,), small_mnist.sha256), HOME, None, silent)

    assert contents(HOME) == contents(archive_folder)


def test_sound_archives_in_the_cache_are_neither_asked_for_nor_touched(
    refusing: str, small_mnist: Archives, archive_folder: Path
) -> None:
    before = [(archive_folder / name).stat() for name in FILES]
    fetch.fetch(small_mnist, archive_folder, (refusing,), silent)

    assert [(archive_folder / name).stat() for name in FILES] == before


def test_a_corrupt_archive_in_the_cache_is_downloaded_again(
    small_mnist: Archives, archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Mirror(archive_folder) as sound:
        whole = contents(archive_folder)
        (archive_folder / FILES[2]).write_bytes(flipped(whole[FILES[2]]))
        fetch.fetch(small_mnist, archive_folder, (sound.url,), silent)

    assert contents(archive_folder) == whole
    assert len(sound.requests) == 1
    assert f"{FILES[2]}: expected SHA-256 {small_mnist.sha256[2]}; got" in caplog.text


def test_a_failed_download_touches_no_file_of_the_cache(
    refusing: str, small_mnist: Archives, archive_folder: Path
) -> None:
    (archive_folder / FILES[2]).write_bytes(b"not what is pinned, but the user's")
    before = contents(archive_folder)
    with pytest.raises(BpError):
        fetch.fetch(small_mnist, archive_folder, (refusing,), silent)

    assert contents(archive_folder) == before


def test_a_file_where_the_cache_should_be_is_an_error(small_mnist: Archives, archive_folder: Path) -> None:
    HOME.write_text("in the way")
    with Mirror(archive_folder) as sound, pytest.raises(BpError, match="cannot write to the cache") as caught:
        fetch.fetch(small_mnist, HOME / "mnist", (sound.url,), silent)

    assert caught.value.code == Exit.NO_DATA
    assert "MNIST_BP_CACHE" in str(caught.value.hint)


def test_import_copies_the_four_archives(small_mnist: Archives, archive_folder: Path) -> None:
    originals = contents(archive_folder)
    (archive_folder / "notes.txt").write_text("not an archive")
    fetch.import_from(small_mnist, archive_folder, HOME)

    assert contents(HOME) == originals


@pytest.mark.parametrize("name", FILES)
def test_import_of_a_missing_archive_copies_none(name: str, small_mnist: Archives, archive_folder: Path) -> None:
    (archive_folder / name).unlink()
    with pytest.raises(BpError, match=rf"{name}: no such file; expected the four archives of ") as caught:
        fetch.import_from(small_mnist, archive_folder, HOME)

    assert caught.value.code == Exit.NO_DATA
    assert not HOME.exists()


def test_import_says_where_a_missing_archive_may_be(small_mnist: Archives, archive_folder: Path) -> None:
    def hint(folder: Path) -> str | None:
        with pytest.raises(BpError, match="no such file") as caught:
            fetch.import_from(small_mnist, folder, HOME)
        return caught.value.hint

    Path("stick").mkdir()
    assert hint(Path("stick")) == f"the four files are {', '.join(FILES)}"
    archive_folder = archive_folder.rename("stick/mnist")
    assert hint(Path("stick")) == f"did you mean {archive_folder}?"
    (archive_folder / FILES[1]).rename(archive_folder / "train-labels-idx1-ubyte")
    assert str(hint(archive_folder)).startswith("train-labels-idx1-ubyte was unpacked, as some browsers do")


@pytest.mark.parametrize("name", FILES)
def test_import_of_a_wrong_archive_copies_none(name: str, small_mnist: Archives, archive_folder: Path) -> None:
    (archive_folder / name).write_bytes(flipped((archive_folder / name).read_bytes()))
    with pytest.raises(BpError, match=rf"{name}: expected .*; got a file with [0-9a-f]{{64}}") as caught:
        fetch.import_from(small_mnist, archive_folder, HOME)

    assert caught.value.code == Exit.NO_DATA
    assert "data.name=idx" in str(caught.value.hint)
    assert not HOME.exists()


class Broken(FileIO):
    """A file on a broken disk."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def instead(path: Path, opening: int, opened: Callable[[Path], IO[bytes]]) -> Callable[[Path], IO[bytes]]:
    """Return what opens files, but for the first or second opening of one of them: that is `opened`."""
    openings = Counter[Path]()

    def open_one(each: Path, flags: int = 0) -> IO[bytes]:
        openings[each] += 1
        return (opened if each == path and openings[each] == opening else FileIO)(each)

    return open_one


def test_a_source_that_changes_while_it_is_imported_does_not_get_in(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing, originals = archive_folder / FILES[2], contents(archive_folder)
    monkeypatch.setattr(regular, "opened", instead(changing, 2, lambda path: BytesIO(flipped(path.read_bytes()))))
    with pytest.raises(BpError, match=rf"^{changing}: it has changed meanwhile: expected SHA-256") as caught:
        fetch.import_from(small_mnist, archive_folder, HOME)

    assert caught.value.code == Exit.NO_DATA
    assert contents(HOME) == {name: originals[name] for name in FILES[:2]}


@pytest.mark.parametrize("opening", [1, 2], ids=["while it is verified", "while it is copied"])
def test_a_source_that_cannot_be_read_is_not_blamed_on_the_cache(
    opening: int, small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = archive_folder / FILES[2]
    monkeypatch.setattr(regular, "opened", instead(broken, opening, Broken))
    with pytest.raises(BpError) as caught:
        fetch.import_from(small_mnist, archive_folder, HOME)

    assert str(caught.value) == f"{broken}: cannot read it: Input/output error"
    assert caught.value.code == Exit.NO_DATA
    assert not list(HOME.glob(".*"))


def test_a_folder_in_the_place_of_an_archive_is_an_error(small_mnist: Archives, archive_folder: Path) -> None:
    (archive_folder / FILES[0]).unlink()
    (archive_folder / FILES[0]).mkdir()
    with pytest.raises(BpError, match=rf"{FILES[0]}: cannot read it: expected a file; got a folder"):
        fetch.import_from(small_mnist, archive_folder, HOME)


@pytest.mark.parametrize("where", ["cache", "archives"])
def test_a_fifo_in_the_place_of_an_archive_is_refused_and_not_waited_for(
    where: str, small_mnist: Archives, archive_folder: Path
) -> None:
    shutil.copytree(archive_folder, HOME)
    fifo = {"cache": HOME, "archives": archive_folder}[where] / FILES[1]
    fifo.unlink()
    os.mkfifo(fifo)
    act = {
        "cache": lambda: fetch.fetch(small_mnist, HOME, ("http://127.0.0.1:9/",), silent),
        "archives": lambda: fetch.import_from(small_mnist, archive_folder, HOME),
    }
    with pytest.raises(BpError, match=f"^{fifo}: cannot read it: expected a file; got a FIFO$") as caught:
        act[where]()

    assert caught.value.code == Exit.NO_DATA


def test_passwords_and_tokens_of_mirrors_are_not_shown(
    small_mnist: Archives, archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither if all fail, nor if one serves after others."""
    with Mirror(archive_folder, status("503 Try http://admin:hunter2@127.0.0.1/?key=hunter2")) as failing:
        secret = failing.url.replace("http://", "http://user:hunter2@")
        with pytest.raises(BpError) as caught:
            fetch.fetch(small_mnist, HOME, (secret, "http://hunter2@["), silent)
        with pytest.raises(BpError) as alone:
            fetch.fetch(small_mnist, HOME, (secret,), silent)
    with Mirror(archive_folder) as sound:
        fetch.fetch(small_mnist, HOME, (secret, sound.url.replace("http://", "http://user:hunter2@")), silent)

    shown = [f"{error.value}\n{error.value.hint}" for error in (caught, alone)] + caplog.messages
    assert len(shown) == 2 + 2 + 4
    assert not [text for text in shown if "hunter2" in text]
    assert f"{failing.url.replace('http://', 'http://user:***@')}{FILES[0]}: HTTP 503" in shown[0]
    assert "http://***@[/" in shown[0]


def test_the_only_mirror_is_asked_again_after_pauses_that_are_announced(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter([status("503 Service Unavailable"), status("429 Too Many Requests")])
    paused: list[float] = []
    monkeypatch.setattr(fetch, "PAUSES", (2, 8))
    monkeypatch.setattr(time, "sleep", paused.append)

    def answer(connection: socket.socket, body: bytes) -> None:
        next(answers, whole)(connection, body)

    with Mirror(archive_folder, answer) as only:
        fetch.fetch(small_mnist, HOME, (only.url,), silent)

    assert contents(HOME) == contents(archive_folder)
    assert paused == [2, 8]
    assert caplog.messages == [
        f"{only.url}{FILES[0]}: HTTP 503 Service Unavailable; trying again in 2 s (2 of 3)",
        f"{only.url}{FILES[0]}: HTTP 429 Too Many Requests; trying again in 8 s (3 of 3)",
    ]


def test_the_only_mirror_is_asked_three_times_and_one_of_two_once(small_mnist: Archives, archive_folder: Path) -> None:
    with Mirror(archive_folder, status("503 Service Unavailable")) as one:
        for mirrors, requests in (((one.url,), 3), ((one.url, "http://["), 1)):
            one.requests.clear()
            with pytest.raises(BpError, match=f"{FILES[0]} of data set .*: HTTP 503 Service Unavailable"):
                fetch.fetch(small_mnist, HOME, mirrors, silent)
            assert len(one.requests) == requests


def test_a_signal_ends_a_pause_at_once(archive_folder: Path) -> None:
    """The pause is longer than any test may take."""
    patient = "from mnist_bp.data import fetch; fetch.PAUSES = (1000,); from mnist_bp.cli import main; main()"
    with Mirror(archive_folder, status("503 Service Unavailable")) as mirror:
        fetching = subprocess.Popen(
            [sys.executable, "-c", patient, "data", "fetch"],
            env=os.environ | {"MNIST_BP_MIRRORS": mirror.url, "NO_PROXY": "127.0.0.1"},
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert fetching.stderr
        announced = fetching.stderr.readline()
        fetching.send_signal(signal.SIGTERM)
        fetching.communicate(timeout=60)

    assert announced.endswith("HTTP 503 Service Unavailable; trying again in 1000 s (2 of 2)\n")
    assert fetching.returncode == Exit.TERMINATED


def test_import_to_a_disk_that_is_too_small_is_an_error(small_mnist: Archives, archive_folder: Path) -> None:
    with small_disk(HOME, 4096), pytest.raises(BpError, match="cannot write to the cache: ") as caught:
        fetch.import_from(small_mnist, archive_folder, HOME / "mnist")
    assert caught.value.code == Exit.NO_DATA
    assert "MNIST_BP_CACHE" in str(caught.value.hint)


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system has no O_NOFOLLOW")
def test_links_are_followed_in_the_folder_that_is_imported_and_nowhere_else(
    small_mnist: Archives, archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An archive of the cache that is a link is replaced, and the target of the link stays."""
    originals = contents(archive_folder)
    linked, outside = Path("linked"), Path("outside")
    for folder in (linked, HOME, outside):
        folder.mkdir()
    for name in FILES:
        (linked / name).symlink_to(archive_folder / name)
        (outside / name).write_bytes(originals[name])
        (HOME / name).symlink_to(Path("..", outside, name))
    assert [fetch.sha256_of(HOME / name) for name in FILES] == [None] * 4
    fetch.import_from(small_mnist, linked, HOME)

    assert contents(HOME) == originals == contents(outside)
    assert not [path for path in HOME.iterdir() if path.is_symlink()]
    assert len(caplog.messages) == 4
    assert (
        caplog.messages[0]
        == f"{HOME / FILES[0]}: a symbolic link, which is not followed in the cache: taken for missing"
    )
