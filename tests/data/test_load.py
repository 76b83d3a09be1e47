"""From a name to arrays, with whatever mirrors, cache and neighbours there are."""

import gzip
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from threading import Barrier

import numpy as np
import pytest

from mnist_bp import data
from mnist_bp.data import Dataset, synthetic, toy
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.errors import BpError, Exit
from tests import mirror
from tests.conftest import blobs, contents, idx
from tests.mirror import Mirror

RACER = """
import sys
from mnist_bp import data
from mnist_bp.data.archives import ARCHIVES, Archives
ARCHIVES["mnist"] = Archives("mnist", (), tuple(sys.argv[1:]))
print(data.load("mnist").fingerprint)
"""


@pytest.fixture
def online(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """Return a sound mirror, which the environment names."""
    with Mirror(archive_folder) as online:
        monkeypatch.setenv("MNIST_BP_MIRRORS", online.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield online


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Make permission bits bind this process, even if root runs it."""
    if os.geteuid():
        yield
        return
    try:
        os.seteuid(65534)
    except OSError:
        pytest.skip("root cannot drop its privileges here")
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def cached(small_mnist: Archives, online: Mirror, tmp_path: Path) -> Path:
    """Return the folder of a cache that holds the small archives and their decoded copy."""
    data.load("mnist")
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
):
    dataset = data.load("mnist")

    assert_is_archived(dataset, archive_folder)
    assert (dataset.name, dataset.shape, dataset.outputs) == ("mnist", (8, 8), 3)
    assert set(contents(tmp_path / "cache" / "mnist")) == {*FILES, "decoded.npz"}


def test_the_next_start_needs_neither_mirror_nor_archives(cached: Path, online: Mirror, archive_folder: Path):
    for name in FILES:
        (cached / name).unlink()

    assert_is_archived(data.load("mnist"), archive_folder)
    assert not online.requests


def test_a_damaged_decoded_copy_is_made_anew_from_the_archives(
    cached: Path, online: Mirror, archive_folder: Path, caplog: pytest.LogCaptureFixture
):
    whole = (cached / "decoded.npz").read_bytes()
    (cached / "decoded.npz").write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])

    assert_is_archived(data.load("mnist"), archive_folder)
    assert not online.requests
    assert (cached / "decoded.npz").read_bytes() == whole
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize("stray", ["train-labels-idx1-ubyte", "train-labels.bin", "my-train-labels.gz"])
def test_nothing_but_the_verified_archives_is_decoded(stray: str, cached: Path, archive_folder: Path):
    """A user may unpack them, or lay other files beside them."""
    (cached / "decoded.npz").unlink()
    (cached / stray).write_bytes(idx(np.arange(210, dtype=np.uint8)))

    assert_is_archived(data.load("mnist"), archive_folder)


def test_the_config_may_name_mirrors_and_cache(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("MNIST_BP_MIRRORS")
    monkeypatch.delenv("MNIST_BP_CACHE")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Mirror(archive_folder) as named:
        dataset = data.load("mnist", cache_dir="named", mirrors=(named.url,))

    assert_is_archived(dataset, archive_folder)
    assert {"decoded.npz", *FILES} == set(contents(Path("named", "mnist")))


def test_the_environment_overrides_the_cache_of_the_config(small_mnist: Archives, online: Mirror, tmp_path: Path):
    data.load("mnist", cache_dir="named")

    assert not Path("named").exists()
    assert (tmp_path / "cache" / "mnist" / "decoded.npz").exists()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664)])
def test_everything_in_the_cache_has_the_mode_that_the_umask_asks_for(
    umask: int, mode: int, small_mnist: Archives, online: Mirror, tmp_path: Path
):
    before = os.umask(umask)
    try:
        data.load("mnist")
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "cache" / "mnist").iterdir()}
    assert modes == dict.fromkeys([*FILES, "decoded.npz"], mode)


def read_only(path: Path) -> None:
    path.mkdir(exist_ok=True)
    path.chmod(0o555)


def test_a_read_only_cache_without_the_data_is_said_with_the_way_out(
    small_mnist: Archives, online: Mirror, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
):
    monkeypatch.setenv("MNIST_BP_CACHE", "cache")  # root's temporary folders are closed to others, but not from within
    read_only(Path("cache"))
    request.getfixturevalue("unprivileged")
    with pytest.raises(BpError, match="cannot write to the cache: Permission denied") as caught:
        data.load("mnist")

    assert caught.value.code == Exit.NO_DATA
    assert "MNIST_BP_CACHE" in caught.value.hint


def test_a_read_only_cache_with_the_archives_will_do(
    small_mnist: Archives,
    archive_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setenv("MNIST_BP_CACHE", "cache")
    Path("cache").mkdir()
    archives = archive_folder.rename("cache/mnist")
    read_only(archives)
    request.getfixturevalue("unprivileged")

    assert_is_archived(data.load("mnist"), archives)
    assert caplog.messages == [
        "cache/mnist/decoded.npz: cannot write to the cache: Permission denied; "
        "without a decoded copy, the next start will be slower"
    ]


def test_eight_processes_on_a_cold_cache_agree(small_mnist: Archives, archive_folder: Path, tmp_path: Path):
    """All of them are downloading the first archive at once: the mirror answers the first when the last has asked."""
    together = Barrier(8)

    def answer(connection: socket, body: bytes) -> None:
        if body == first:
            together.wait(30)
        mirror.sound(connection, body)

    first = (archive_folder / FILES[0]).read_bytes()
    with Mirror(archive_folder, answer) as online:
        environment = os.environ | {"MNIST_BP_MIRRORS": online.url, "NO_PROXY": "127.0.0.1"}
        racers = [
            subprocess.Popen(
                [sys.executable, "-W", "error", "-c", RACER, *small_mnist.sha256],
                env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for _ in range(8)
        ]  # fmt: skip
        came = [(*racer.communicate(timeout=60), racer.returncode) for racer in racers]

    expected = data.load("mnist").fingerprint
    assert came == [(f"{expected}\n", "", 0)] * 8
    assert len([head for head in online.requests if FILES[0] in head]) == 8
    cache = tmp_path / "cache" / "mnist"
    assert contents(cache).keys() == {*FILES, "decoded.npz"}
    assert_is_archived(data.load("mnist"), archive_folder)


def test_idx_reads_the_four_files_of_a_folder(archive_folder: Path, tmp_path: Path):
    dataset = data.load("idx", folder=str(archive_folder))

    assert_is_archived(dataset, archive_folder)
    assert dataset.name == "idx"
    assert not (tmp_path / "cache").exists()


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Put a few blobs in the place of many digits; return the list of all draws: count, seed and stream."""
    draws = []

    def draw(count: int, seed: int, stream: int, advance: object) -> tuple[np.ndarray, np.ndarray]:
        draws.append((count, seed, stream))
        advance(count)
        return blobs(30, np.random.default_rng([seed, stream]))

    monkeypatch.setattr(synthetic, "draw", draw)
    return draws


def test_synthetic_digits_are_drawn_once_for_each_seed(draws: list[tuple[int, int, int]], tmp_path: Path):
    zero, one = data.load("synthetic"), data.load("synthetic", seed=1)
    again = data.load("synthetic", seed=1)

    assert draws == [(60_000, 0, 0), (10_000, 0, 1), (60_000, 1, 0), (10_000, 1, 1)]
    assert zero.fingerprint != one.fingerprint == again.fingerprint
    np.testing.assert_array_equal(again.test.x, blobs(30, np.random.default_rng([1, 1]))[0].reshape(30, 64))


def test_another_version_of_the_drawing_is_drawn_anew(
    draws: list[tuple[int, int, int]], monkeypatch: pytest.MonkeyPatch
):
    data.load("synthetic")
    monkeypatch.setattr(synthetic, "VERSION", synthetic.VERSION + 1)
    data.load("synthetic")

    assert len(draws) == 4


@pytest.mark.parametrize("name", toy.NAMES)
def test_toy_data_are_computed_on_the_spot_and_not_cached(name: str, tmp_path: Path):
    assert data.load(name, seed=3).fingerprint == toy.compute(name, seed=3).fingerprint
    assert not (tmp_path / "cache").exists()
