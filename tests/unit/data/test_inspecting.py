"""Whether the cache holds a data set unharmed, and what a data set is like; test_data.py of `cli` has the commands."""

import gzip
import os
import statistics
import zlib
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.data import cache, fetch, idx, inspecting, loading, synthetic
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.data.dataset import Dataset
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import Advance, silent
from mnist_bp.streams import Stream
from tests.helpers.data import blobs


@pytest.fixture
def home(small_mnist: Archives, archive_folder: Path, tmp_path: Path) -> Path:
    """Return the folder of the cache that holds the small archives."""
    home = tmp_path / "cache" / "mnist"
    fetch.import_from(small_mnist, archive_folder, home)
    return home


def test_an_empty_cache_lacks_all_four_archives(tmp_path: Path) -> None:
    assert inspecting.verify("kmnist") == (tmp_path / "cache" / "kmnist", dict.fromkeys(FILES, "missing"))


def test_sound_archives_are_ok_and_so_is_the_decoded_copy_if_there_is_one(home: Path) -> None:
    assert inspecting.verify("mnist") == (home, dict.fromkeys(FILES, "ok"))
    loading.load("mnist")
    assert inspecting.verify("mnist") == (home, dict.fromkeys([*FILES, "decoded.npz"], "ok"))


def test_a_wrong_archive_is_named_with_its_sum(home: Path) -> None:
    (home / FILES[1]).write_bytes(b"rotten")
    sha256 = "eda565a9067e4049556890611dca70670d0b5a298722ecd6a40bf14b1bb0acf0"
    _, verdicts = inspecting.verify("mnist")
    assert verdicts == dict.fromkeys(FILES, "ok") | {FILES[1]: f"wrong: SHA-256 {sha256}"}


def test_a_decoded_copy_that_is_sound_in_itself_but_of_other_images_is_wrong(home: Path) -> None:
    arrays = dict(idx.read_four("mnist", [home / file for file in FILES]))
    cache.keep("mnist", home / "decoded.npz", lambda: arrays | {"test_images": 255 - arrays["test_images"]})
    assert inspecting.verify("mnist")[1]["decoded.npz"] == "wrong: delete it"


def test_a_damaged_decoded_copy_is_wrong(home: Path) -> None:
    (home / "decoded.npz").write_bytes(b"rotten")
    assert inspecting.verify("mnist")[1]["decoded.npz"] == "wrong: delete it"


def test_a_forged_decoded_copy_that_was_never_hashed_is_wrong(home: Path) -> None:
    """Its file is said to have been verified, by whoever can write to the cache: `verify` believes nobody."""
    loading.load("mnist")
    copy, said = home / "decoded.npz", home / "decoded.verified"
    whole = bytearray(copy.read_bytes())
    whole[5000] ^= 1
    copy.write_bytes(whole)
    status = copy.stat()
    parts = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    said.write_text(f"{zlib.crc32(whole):08x} {' '.join(map(str, parts))}\n")
    loading.load("mnist")  # which does
    assert inspecting.verify("mnist")[1]["decoded.npz"] == "wrong: delete it"


@pytest.mark.parametrize("name", [FILES[1], "decoded.npz"])
def test_a_fifo_is_not_waited_for(name: str, home: Path) -> None:
    (home / name).unlink(missing_ok=True)
    os.mkfifo(home / name)
    if name == "decoded.npz":
        assert inspecting.verify("mnist")[1][name] == "wrong: delete it"
    else:
        with pytest.raises(BpError, match=f"{name}: cannot read it: expected a file; got a FIFO") as caught:
            inspecting.verify("mnist")
        assert caught.value.code == Exit.NO_DATA


def test_a_data_set_is_described_as_its_archives_are(home: Path) -> None:
    about = inspecting.describe("mnist", silent)
    pixels = [byte / 255 for byte in gzip.decompress((home / FILES[0]).read_bytes())[16:]]
    labels = gzip.decompress((home / FILES[1]).read_bytes())[8:]
    assert (about["name"], about["folder"]) == ("mnist", str(home))
    assert (about["train"], about["test"], about["shape"]) == (210, 60, [8, 8])
    assert (about["outputs"], about["classes"], about["class_names"]) == (3, 3, ["0", "1", "2"])
    assert about["train_per_class"] == [labels.count(bytes([label])) for label in range(3)]
    assert sum(about["test_per_class"]) == 60
    assert about["train_mean"] == pytest.approx(statistics.fmean(pixels))
    assert about["train_std"] == pytest.approx(statistics.pstdev(pixels))
    assert (
        about["fingerprint"] == Dataset.of("mnist", idx.read_four("mnist", [home / file for file in FILES])).fingerprint
    )


def test_drawn_digits_are_described_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def draw(count: int, seed: int, stream: Stream, advance: Advance) -> tuple[np.ndarray, np.ndarray]:
        return blobs(count // 1000, np.random.default_rng([seed, *stream]))

    monkeypatch.setattr(synthetic, "draw", draw)
    about = inspecting.describe("synthetic", silent)
    assert (about["train"], about["test"], about["folder"]) == (60, 10, str(tmp_path / "cache" / "synthetic"))


def test_computed_data_are_described_as_the_network_sees_them_and_lie_in_no_folder() -> None:
    about = inspecting.describe("xor", silent)
    assert len(about.pop("fingerprint")) == 64
    assert about == {
        "name": "xor",
        "train": 4,
        "test": 4,
        "shape": [3],
        "outputs": 1,
        "classes": 2,
        "class_names": ["0", "1"],
        "train_per_class": [2, 2],
        "test_per_class": [2, 2],
        "train_mean": pytest.approx(8 / 12),  # of the 12 numbers, 8 are ones
        "train_std": pytest.approx((8 / 12 * 4 / 12) ** 0.5),
    }
