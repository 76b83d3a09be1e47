"""A data set by its name: from mirrors, the cache, files or computation, and with other processes at work."""

import gzip
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from socket import socket
from threading import Barrier, Event

import numpy as np
import pytest

from mnist_bp.atomic import leftovers
from mnist_bp.data import cache, loading, synthetic, toy
from mnist_bp.data.archives import ARCHIVES, FILES, Archives
from mnist_bp.data.dataset import Dataset
from mnist_bp.progress import Advance
from mnist_bp.streams import TEST_DIGITS, TRAIN_DIGITS, Stream
from tests.helpers import mirror
from tests.helpers.commands import contents
from tests.helpers.data import blobs, idx
from tests.helpers.disks import bound_by_permissions
from tests.helpers.mirror import Mirror, flipped, reply

RACER = """
import sys
from mnist_bp.data import loading
from mnist_bp.data.archives import ARCHIVES, Archives
ARCHIVES["mnist"] = Archives("mnist", (), tuple(sys.argv[1:]))
print(loading.load("mnist").fingerprint)
"""


@pytest.fixture
def online(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """Return a sound mirror, which the environment names."""
    with Mirror(archive_folder) as online:
        monkeypatch.setenv("MNIST_BP_MIRRORS", online.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield online


@pytest.fixture
def cached(small_mnist: Archives, online: Mirror, tmp_path: Path) -> Path:
    """Return the folder of a cache that holds the small archives and their decoded copy."""
    loading.load("mnist")
    online.requests.clear()
    return tmp_path / "cache" / "mnist"


def assert_is_archived(dataset: Dataset, folder: Path) -> None:
    """Compare a data set with what the archives of a folder hold behind their headers of 16 and 8 bytes."""
    raws = [gzip.decompress((folder / name).read_bytes()) for name in FILES]
    assert dataset.train.x.tobytes() == raws[0][16:]
    assert dataset.train.t.tobytes() == raws[1][8:]
    assert dataset.test.x.tobytes() == raws[2][16:]
    assert dataset.test.t.tobytes() == raws[3][8:]


def test_a_published_data_set_is_fetched_decoded_and_kept(
    small_mnist: Archives, online: Mirror, archive_folder: Path, tmp_path: Path
) -> None:
    dataset = loading.load("mnist")

    assert_is_archived(dataset, archive_folder)
    assert (dataset.name, dataset.shape, dataset.classes) == ("mnist", (8, 8), ("0", "1", "2"))
    assert set(contents(tmp_path / "cache" / "mnist")) == {*FILES, "decoded.npz", "decoded.verified"}


def test_a_published_data_set_has_the_published_names_of_its_classes(
    cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if they come from the decoded copy, and if no example has the last of them."""
    named = replace(ARCHIVES["mnist"], classes=("cat", "dog", "fox", "yak"))
    monkeypatch.setitem(ARCHIVES, "mnist", named)
    dataset = loading.load("mnist")

    assert (dataset.classes, dataset.outputs) == (named.classes, 4)


def test_the_next_start_needs_neither_mirror_nor_archives(cached: Path, online: Mirror, archive_folder: Path) -> None:
    for name in FILES:
        (cached / name).unlink()

    assert_is_archived(loading.load("mnist"), archive_folder)
    assert not online.requests


def test_a_damaged_decoded_copy_is_made_anew_from_the_archives(
    cached: Path, online: Mirror, archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (cached / "decoded.npz").read_bytes()
    (cached / "decoded.npz").write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])

    assert_is_archived(loading.load("mnist"), archive_folder)
    assert not online.requests
    assert (cached / "decoded.npz").read_bytes() == whole
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_decoded_copy_of_other_contents_than_are_pinned_is_made_anew(
    cached: Path, archive_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However sound it is in itself: it is what the package itself would write of other arrays."""
    genuine = loading.load("mnist")
    monkeypatch.setitem(ARCHIVES, "mnist", replace(ARCHIVES["mnist"], fingerprint=genuine.fingerprint))
    (cached / "decoded.npz").unlink()
    foreign = {name: 255 - array if name == "test_images" else array for name, array in genuine.arrays.items()}
    cache.keep("mnist", cached / "decoded.npz", lambda: foreign)

    assert_is_archived(loading.load("mnist"), archive_folder)
    assert caplog.messages == [f"{cached / 'decoded.npz'}: not the decoded copy that was written there; making it anew"]


@pytest.mark.parametrize("stray", ["train-labels-idx1-ubyte", "train-labels.bin", "my-train-labels.gz"])
def test_nothing_but_the_verified_archives_is_decoded(stray: str, cached: Path, archive_folder: Path) -> None:
    """A user may unpack them, or lay other files beside them."""
    (cached / "decoded.npz").unlink()
    (cached / stray).write_bytes(idx(np.arange(210, dtype=np.uint8)))

    assert_is_archived(loading.load("mnist"), archive_folder)


def test_the_config_may_name_mirrors_and_cache(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MNIST_BP_MIRRORS")
    monkeypatch.delenv("MNIST_BP_CACHE")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Mirror(archive_folder) as named:
        dataset = loading.load("mnist", cache_dir="named", mirrors=(named.url,))

    assert_is_archived(dataset, archive_folder)
    assert {"decoded.npz", "decoded.verified", *FILES} == set(contents(Path("named", "mnist")))


def test_the_environment_overrides_the_cache_of_the_config(
    small_mnist: Archives, online: Mirror, tmp_path: Path
) -> None:
    loading.load("mnist", cache_dir="named")

    assert not Path("named").exists()
    assert (tmp_path / "cache" / "mnist" / "decoded.npz").exists()


def test_permission_to_read_the_cache_is_enough(
    cached: Path, online: Mirror, archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for folder in (cached, cached.parent):
        folder.chmod(0o555)
    with bound_by_permissions():
        assert_is_archived(loading.load("mnist"), archive_folder)
        with pytest.raises(PermissionError):
            (cached / "file").touch()
    assert not online.requests
    assert not caplog.messages


def racer(archives: Archives, *mirrors: str) -> "subprocess.Popen[str]":
    """Load the small archives in another process."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", RACER, *archives.sha256],
        env=os.environ | {"MNIST_BP_MIRRORS": " ".join(mirrors), "NO_PROXY": "127.0.0.1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_four_processes_on_a_cold_cache_agree_though_one_is_killed_and_the_mirror_lies(
    small_mnist: Archives, archive_folder: Path, tmp_path: Path, rng: np.random.Generator
) -> None:
    """All are downloading the first archive at once; one of them is then killed, and the others get flipped bits.

    The mirror answers each but the victim when the last has asked, three times in four wrongly; there is another.
    """
    home = tmp_path / "cache" / "mnist"
    together = Barrier(4)
    lies = iter(rng.random(100) < 0.75)
    names = {body: name for name, body in contents(archive_folder).items()}

    def kill(connection: socket, body: bytes) -> None:
        together.wait(30)
        connection.sendall(reply(body[:40], f"Content-Length: {len(body)}"))
        while not list(home.glob(f".*.{victim.pid}-*.part")):
            Event().wait(0.01)
        victim.kill()

    def lie(connection: socket, body: bytes) -> None:
        if names[body] == FILES[0]:
            together.wait(30)
        mirror.sound(connection, flipped(body) if next(lies) else body)

    with Mirror(archive_folder, kill) as deadly, Mirror(archive_folder, lie) as lying, Mirror(archive_folder) as sound:
        victim = racer(small_mnist, deadly.url)
        racers = [racer(small_mnist, lying.url, sound.url) for _ in range(3)]
        results = [(*each.communicate(timeout=60), each.returncode) for each in racers]
        victim.communicate(timeout=60)

    expected = loading.load("mnist").fingerprint
    assert [(out, code) for out, _, code in results] == [(f"{expected}\n", 0)] * 3
    warnings = "".join(err for _, err, _ in results).splitlines()
    assert warnings
    assert all(
        re.match(f"got .* from {sound.url}.*; before that: {lying.url}.*: expected SHA-256", line) for line in warnings
    )
    assert victim.returncode == -signal.SIGKILL
    (left,) = home.glob(".*")
    assert left in leftovers(home)
    assert f".{FILES[0]}.{victim.pid}-" in left.name
    assert contents(home).keys() == {*FILES, "decoded.npz", "decoded.verified", left.name}
    assert_is_archived(loading.load("mnist"), archive_folder)


def test_idx_reads_the_four_files_of_a_folder(archive_folder: Path, tmp_path: Path) -> None:
    dataset = loading.load("idx", folder=str(archive_folder))

    assert_is_archived(dataset, archive_folder)
    assert dataset.name == "idx"
    assert not (tmp_path / "cache").exists()


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, Stream]]:
    """Put a few blobs in the place of many digits; return the list of all draws: count, seed and stream."""
    draws = []

    def draw(count: int, seed: int, stream: Stream, advance: Advance) -> tuple[np.ndarray, np.ndarray]:
        draws.append((count, seed, stream))
        advance(count)
        return blobs(30, np.random.default_rng([seed, *stream]))

    monkeypatch.setattr(synthetic, "draw", draw)
    return draws


def test_synthetic_digits_are_drawn_once_for_each_seed(draws: list[tuple[int, int, Stream]], tmp_path: Path) -> None:
    zero, one = loading.load("synthetic"), loading.load("synthetic", seed=1)
    again = loading.load("synthetic", seed=1)

    parts = ((60_000, TRAIN_DIGITS), (10_000, TEST_DIGITS))
    assert draws == [(count, seed, stream) for seed in (0, 1) for count, stream in parts]
    assert zero.fingerprint != one.fingerprint == again.fingerprint
    np.testing.assert_array_equal(again.test.x, blobs(30, np.random.default_rng([1, *TEST_DIGITS]))[0].reshape(30, 64))


def test_another_version_of_the_drawing_is_drawn_anew(
    draws: list[tuple[int, int, Stream]], monkeypatch: pytest.MonkeyPatch
) -> None:
    loading.load("synthetic")
    monkeypatch.setattr(synthetic, "VERSION", synthetic.VERSION + 1)
    loading.load("synthetic")

    assert len(draws) == 4


@pytest.mark.parametrize("name", toy.CLASSES)
def test_toy_data_are_computed_on_the_spot_and_not_cached(name: str, tmp_path: Path) -> None:
    assert loading.load(name, seed=3).fingerprint == toy.compute(name, seed=3).fingerprint
    assert not (tmp_path / "cache").exists()
