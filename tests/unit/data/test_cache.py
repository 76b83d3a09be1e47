"""A decoded copy is what was written, or it is made anew."""

import hashlib
import logging
import os
import pickle
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import platformdirs
import pytest

from mnist_bp.data import cache
from mnist_bp.data.dataset import Arrays, Dataset, Split, fingerprint
from mnist_bp.errors import BpError, Exit
from tests.helpers.commands import contents
from tests.helpers.data import blobs
from tests.helpers.disks import full_disk, small_disk
from tests.helpers.making import unsynced

PATH = Path("cache", "decoded.npz")
VERIFIED = Path("cache", "decoded.verified")


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    """Return arrays small enough to flip every byte of their copy."""
    return {
        "train_images": np.arange(16, dtype=np.uint8).reshape(4, 2, 2),
        "train_labels": np.array([0, 1, 2, 1], np.uint8),
        "test_images": np.arange(8, dtype=np.uint8).reshape(2, 2, 2),
        "test_labels": np.array([2, 0], np.uint8),
    }


@pytest.fixture
def kept(arrays: dict[str, np.ndarray]) -> Dataset:
    """Return a data set with a decoded copy at PATH."""
    return cache.keep("toy", PATH, lambda: arrays)


def never() -> dict[str, np.ndarray]:
    raise AssertionError("made anew")


def splits(dataset: Dataset) -> tuple[Split, Split]:
    return dataset.train, dataset.test


def assert_same(got: Dataset, expected: Dataset) -> None:
    for got_split, expected_split in zip(splits(got), splits(expected), strict=True):
        np.testing.assert_array_equal(got_split.x, expected_split.x, strict=True)
        np.testing.assert_array_equal(got_split.t, expected_split.t, strict=True)
    described = [(d.name, d.shape, d.outputs, d.fingerprint) for d in (got, expected)]
    assert described[0] == described[1]


def test_a_decoded_copy_is_equal_at_the_next_start(rng: np.random.Generator) -> None:
    images, labels = blobs(50, rng)
    arrays = {"train_images": images, "train_labels": labels, "test_images": images[:9], "test_labels": labels[:9]}
    first = cache.keep("blobs", PATH, lambda: arrays)
    second = cache.keep("blobs", PATH, never)

    assert_same(first, Dataset.of("blobs", arrays))
    assert_same(second, first)
    assert set(contents(PATH.parent)) == {PATH.name, VERIFIED.name}


def test_arrays_of_a_decoded_copy_cannot_be_written_to(kept: Dataset) -> None:
    for split in splits(cache.keep("toy", PATH, never)):
        with pytest.raises(ValueError, match="read-only"):
            split.x[0, 0] = 1
        with pytest.raises(ValueError, match="read-only"):
            split.t[0] = 1


@pytest.mark.parametrize(
    "harm",
    [lambda: PATH.write_bytes(bytes(PATH.stat().st_size)), lambda: os.truncate(PATH, 0), PATH.unlink],
    ids=["overwritten", "truncated", "removed"],
)
def test_what_becomes_of_a_copy_that_was_read_does_not_matter(
    harm: Callable[[], object], kept: Dataset, arrays: dict[str, np.ndarray]
) -> None:
    opened = cache.read("toy", PATH)
    harm()

    assert_same(opened, Dataset.of("toy", arrays))


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list that grows by one whenever the cache takes a fingerprint."""
    taken: list[None] = []

    def take(arrays: Arrays) -> str:
        taken.append(None)
        return fingerprint(arrays)

    monkeypatch.setattr(cache, "fingerprint", take)
    return taken


def test_a_copy_is_hashed_when_it_is_new_and_not_again(arrays: dict[str, np.ndarray], hashed: list[None]) -> None:
    for _ in range(3):
        assert cache.keep("toy", PATH, lambda: arrays).fingerprint == fingerprint(arrays)

    assert len(hashed) == 1


def copied() -> None:
    shutil.copy2(PATH, "copy.npz")
    Path("copy.npz").replace(PATH)


def rewritten_in_place() -> None:
    PATH.write_bytes(PATH.read_bytes())


@pytest.mark.parametrize(
    "change",
    [copied, rewritten_in_place, lambda: os.utime(PATH, (0, 0)), VERIFIED.unlink, lambda: VERIFIED.write_text("0")],
    ids=["another file", "written again", "another time", "forgotten", "something else remembered"],
)
def test_a_copy_that_may_have_changed_is_hashed_once_more(
    change: Callable[[], object], kept: Dataset, hashed: list[None]
) -> None:
    change()
    for _ in range(3):
        assert_same(cache.keep("toy", PATH, never), kept)

    assert len(hashed) == 1


def test_a_copy_is_not_known_by_sums_that_a_forger_can_keep(
    kept: Dataset, arrays: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    """Any change of a pixel is undone, as far as a CRC-32 can tell, by the right four bytes elsewhere."""
    images = bytes(range(16))
    forged = b"\1" + images[1:12] + bytes.fromhex("6341ab94")
    assert zlib.crc32(forged) == zlib.crc32(images)
    PATH.write_bytes(PATH.read_bytes().replace(images, forged))

    assert_same(cache.keep("toy", PATH, lambda: arrays), kept)
    assert caplog.messages == [f"{PATH}: not the decoded copy that was written there; making it anew"]


def test_a_copy_that_is_only_sound_in_itself_is_not_what_is_pinned(
    arrays: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    pinned = fingerprint(arrays)
    cache.keep("toy", PATH, lambda: arrays | {"test_labels": np.array([0, 2], np.uint8)})
    dataset = cache.keep("toy", PATH, lambda: arrays, pinned)

    assert dataset.fingerprint == pinned
    assert caplog.messages == [f"{PATH}: not the decoded copy that was written there; making it anew"]
    assert_same(cache.keep("toy", PATH, never, pinned), dataset)


def test_data_other_than_what_is_pinned_are_refused(arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(BpError, match=f"expected contents of fingerprint c0ffee; got {fingerprint(arrays)}") as caught:
        cache.keep("toy", PATH, lambda: arrays, "c0ffee")

    assert caught.value.code == Exit.NO_DATA
    assert not PATH.exists()


def test_where_nothing_can_be_remembered_every_start_hashes_without_a_word(
    kept: Dataset, hashed: list[None], caplog: pytest.LogCaptureFixture
) -> None:
    VERIFIED.unlink()
    VERIFIED.mkdir()
    for _ in range(3):
        assert_same(cache.keep("toy", PATH, never), kept)

    assert len(hashed) == 3
    assert not caplog.messages


@pytest.mark.parametrize("file", [PATH, VERIFIED], ids=lambda path: path.name)
def test_a_fifo_in_the_place_of_a_file_is_not_waited_for_but_replaced(
    file: Path, kept: Dataset, arrays: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    file.unlink()
    os.mkfifo(file)

    assert_same(cache.keep("toy", PATH, lambda: arrays), kept)
    assert_same(cache.keep("toy", PATH, never), kept)
    assert file.is_file()
    warnings = [f"{PATH}: cannot read it: expected a file; got a FIFO; making it anew"]
    assert caplog.messages == (warnings if file == PATH else [])


SHORT_OF_MEMORY = """
import resource, sys
from pathlib import Path
from mnist_bp.data import cache
size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (8 << 20),) * 2)
try:
    cache.keep("large", Path(sys.argv[1]), lambda: print("made anew"))
except MemoryError:
    print("not enough memory")
"""


def test_a_copy_that_there_is_no_memory_for_is_not_taken_for_a_damaged_one() -> None:
    pytest.importorskip("resource")
    images = np.zeros((20_000, 28, 28), np.uint8)
    labels = (np.arange(20_000) % 2).astype(np.uint8)
    arrays = {"train_images": images, "train_labels": labels, "test_images": images[:9], "test_labels": labels[:9]}
    cache.keep("large", PATH, lambda: arrays)
    limited = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY, PATH], capture_output=True, text=True, timeout=60, check=False
    )

    assert (limited.stdout, limited.stderr) == ("not enough memory\n", "")


def test_a_lack_of_memory_while_a_copy_is_parsed_is_not_taken_for_damage(
    kept: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lack(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "frombuffer", lack)
    with pytest.raises(MemoryError):
        cache.keep("toy", PATH, never)


@unsynced
@pytest.mark.parametrize(("first", "flips"), [(0, 0x01), (1, 0x20), (2, 0x40)])
def test_a_flipped_bit_anywhere_is_detected_or_changes_nothing(first: int, flips: int, kept: Dataset) -> None:
    """It changes nothing in what the reader does not use, such as time stamps and padding."""
    whole = PATH.read_bytes()
    detected = 0
    with PATH.open("r+b", buffering=0) as file:
        for offset in range(first, len(whole), 3):
            byte = whole[offset]
            os.pwrite(file.fileno(), bytes([byte ^ flips]), offset)
            try:
                assert_same(cache.read("toy", PATH), kept)
            except ValueError:
                detected += 1
            os.pwrite(file.fileno(), bytes([byte]), offset)

    assert detected > 150


def test_a_copy_truncated_anywhere_is_detected(kept: Dataset) -> None:
    for length in reversed(range(PATH.stat().st_size)):
        os.truncate(PATH, length)
        with pytest.raises(ValueError, match="not the decoded copy"):
            cache.read("toy", PATH)


class Code:
    """Something that would run if it were unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path("unpickled").touch, ()


def rewritten(**changes: object) -> None:
    with np.load(PATH) as members:
        np.savez(PATH, **(dict(members) | changes))


def compressed() -> None:
    with np.load(PATH) as members:
        np.savez_compressed(PATH, **members)


def without_fingerprint() -> None:
    with np.load(PATH) as members:
        np.savez(PATH, **{name: array for name, array in members.items() if name != "fingerprint"})


DAMAGES: dict[str, Callable[[], object]] = {
    "empty": lambda: PATH.write_bytes(b""),
    "truncated": lambda: os.truncate(PATH, 700),
    "not a zip": lambda: PATH.write_bytes(b"<html>Please log in</html>"),
    "an empty zip": lambda: zipfile.ZipFile(PATH, "w").close(),
    "a foreign zip": lambda: zipfile.ZipFile(PATH, "w").writestr("notes.txt", "not an array"),
    "a foreign npz": lambda: np.savez(PATH, x=np.zeros(3)),
    "a pickle": lambda: PATH.write_bytes(pickle.dumps(Code())),
    "a bit flip": lambda: PATH.write_bytes(PATH.read_bytes().replace(bytes(range(16)), bytes(range(1, 17)))),
    "compressed": compressed,
    "no fingerprint": without_fingerprint,
    "another label": lambda: rewritten(test_labels=np.array([2, 1], np.uint8)),
    "another array": lambda: rewritten(extra=np.zeros(3)),
    "arrays that do not fit": lambda: rewritten(train_labels=np.zeros(3, np.uint8)),
    "objects": lambda: rewritten(train_labels=np.array([Code()] * 4)),
    "text": lambda: rewritten(train_labels=np.array(["0", "1", "2", "1"])),
    "infinite": lambda: rewritten(train_labels=np.full(4, np.inf)),
    "scalars": lambda: rewritten(train_images=np.uint8(0), train_labels=np.uint8(0)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_made_anew_with_a_warning(
    damage: str, kept: Dataset, arrays: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    DAMAGES[damage]()
    anew = cache.keep("toy", PATH, lambda: arrays)

    assert_same(anew, kept)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, f"{PATH}: not the decoded copy that was written there; making it anew")
    ]
    assert_same(cache.keep("toy", PATH, never), kept)
    assert not Path("unpickled").exists()


def test_a_first_start_warns_of_nothing(kept: Dataset, caplog: pytest.LogCaptureFixture) -> None:
    assert not caplog.records


def test_a_copy_that_cannot_be_written_is_only_a_warning(
    arrays: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    PATH.parent.write_text("a file where the cache should be")
    dataset = cache.keep("toy", PATH, lambda: arrays)

    assert_same(dataset, Dataset.of("toy", arrays))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.messages[0].startswith(f"{PATH}: cannot write to the cache: ")


@pytest.mark.parametrize("room", [0, 300, 1300], ids=["at once", "in an array", "in the zip's directory"])
def test_a_full_disk_is_only_a_warning_and_leaves_no_file(
    room: int, arrays: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    with full_disk(room):
        dataset = cache.keep("toy", PATH, lambda: arrays)

    assert_same(dataset, Dataset.of("toy", arrays))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert contents(PATH.parent) == {}


def test_a_disk_too_small_for_the_copy_is_only_a_warning_and_leaves_no_file(
    rng: np.random.Generator, caplog: pytest.LogCaptureFixture
) -> None:
    images, labels = blobs(100, rng)
    arrays = {"train_images": images, "train_labels": labels, "test_images": images[:9], "test_labels": labels[:9]}
    with small_disk(PATH.parent, 4096):
        dataset = cache.keep("blobs", PATH, lambda: arrays)
        assert contents(PATH.parent) == {}

    assert_same(dataset, Dataset.of("blobs", arrays))
    (message,) = caplog.messages
    assert message.startswith(f"{PATH}: cannot write to the cache: ")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system has no O_NOFOLLOW")
def test_a_copy_that_is_a_link_is_replaced_by_a_file_and_the_links_target_stays(
    kept: Dataset, arrays: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    """The target is a sound copy: it counts as missing because of where it lies."""
    outside = PATH.rename("outside.npz").absolute()
    before = outside.read_bytes()
    PATH.symlink_to(outside)
    make = Mock(return_value=arrays)
    anew = cache.keep("toy", PATH, make)

    make.assert_called_once_with()
    assert_same(anew, kept)
    assert not PATH.is_symlink()
    assert_same(cache.keep("toy", PATH, never), kept)
    assert outside.read_bytes() == before
    assert caplog.messages == [f"{PATH}: a symbolic link, which is not followed in the cache: taken for missing"]


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_data_sets_folder_that_is_a_link_is_refused_before_anything_is_made(target: str) -> None:
    Path("elsewhere").mkdir()
    PATH.parent.symlink_to(target)
    with pytest.raises(BpError, match=r"^cache: expected a folder; got a symbolic link") as caught:
        cache.keep("toy", PATH, never)
    assert caught.value.code == Exit.NO_DATA
    with pytest.raises(BpError, match=r"^cache: expected a folder; got a symbolic link"):
        cache.store(PATH, [b"bytes"], hashlib.sha256(b"bytes").hexdigest())

    assert contents(Path("elsewhere")) == {}
    assert not Path("nowhere").exists()


def test_the_cache_itself_may_be_a_link(arrays: dict[str, np.ndarray]) -> None:
    """That is the user's own choice; only links in the cache are not followed."""
    Path("real").mkdir()
    Path("link").symlink_to("real")
    path = Path("link", "toy", "decoded.npz")
    first = cache.keep("toy", path, lambda: arrays)

    assert_same(cache.keep("toy", path, never), first)
    assert Path("real", "toy", "decoded.npz").is_file()


@pytest.mark.parametrize(("name", "file"), [("other", "decoded.npz"), ("toy", "decoded-2.npz")])
def test_the_sound_copy_of_another_data_set_or_seed_is_not_taken_for_this_one(
    name: str, file: str, kept: Dataset
) -> None:
    other = Path(shutil.copy(PATH, PATH.with_name("copy.npz"))).rename(PATH.with_name(file))
    with pytest.raises(ValueError, match="not the decoded copy that was written there"):
        cache.read(name, other)


def test_bytes_with_another_hash_do_not_get_into_the_cache() -> None:
    PATH.parent.mkdir()
    PATH.write_bytes(b"old")
    with pytest.raises(ValueError, match=rf"expected SHA-256 {'0' * 64}; got .* \(7 bytes\)"):
        cache.store(PATH, [b"byt", b"es!!"], "0" * 64)
    assert contents(PATH.parent) == {PATH.name: b"old"}

    cache.store(PATH, [b"byt", b"es!!"], hashlib.sha256(b"bytes!!").hexdigest())
    assert contents(PATH.parent) == {PATH.name: b"bytes!!"}


def test_writing_removes_temporary_files_older_than_a_day_and_nothing_else(arrays: dict[str, np.ndarray]) -> None:
    PATH.parent.mkdir()
    ages = {".x.gz.1-0123abcd.part": 24.1, ".x.gz.2-0123abcd.part": 23.9, "user.part": 100, ".user.npz": 100}
    for name, hours in ages.items():
        path = PATH.parent / name
        path.write_bytes(b"")
        os.utime(path, (time.time() - 3600 * hours,) * 2)
    cache.keep("toy", PATH, lambda: arrays)

    assert set(contents(PATH.parent)) == ages.keys() - {".x.gz.1-0123abcd.part"} | {PATH.name, VERIFIED.name}


def test_a_temporary_file_that_another_process_removes_first_is_no_error(
    arrays: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "leftovers", lambda folder: [folder / ".gone.part"])

    assert_same(cache.keep("toy", PATH, lambda: arrays), cache.keep("toy", PATH, never))


def test_the_cache_is_the_environments_else_the_configs_else_the_users_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MNIST_BP_CACHE", "/from/environment")
    assert cache.folder("/from/config") == Path("/from/environment")
    monkeypatch.delenv("MNIST_BP_CACHE")
    assert cache.folder("/from/config") == Path("/from/config")
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: f"/home/user/.cache/{name}")
    assert cache.folder() == Path("/home/user/.cache/mnist-bp")


def test_a_tilde_in_the_name_of_the_cache_is_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/user")
    monkeypatch.setenv("MNIST_BP_CACHE", "~/digits")

    assert cache.folder() == Path("/home/user/digits")


def test_a_user_without_a_home_folder_is_told_how_to_name_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_BP_CACHE")

    def homeless(name: str) -> str:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(platformdirs, "user_cache_dir", homeless)
    with pytest.raises(BpError, match="expected a home folder") as caught:
        cache.folder()
    assert (caught.value.code, caught.value.hint) == (4, "name a cache folder in MNIST_BP_CACHE")


def test_a_copy_larger_than_any_is_not_read(archive_folder: Path) -> None:
    with (archive_folder / "decoded.npz").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ValueError, match="not the decoded copy that was written there"):
        cache.read("toy", archive_folder / "decoded.npz")
