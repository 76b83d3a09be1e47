"""`bp data`."""

import gzip
import json
import os
import signal
import statistics
import subprocess
import sys
from pathlib import Path
from socket import socket
from threading import Event

import numpy as np
import pytest

from mnist_bp.cli.data import COMPUTED, PUBLISHED
from mnist_bp.data import cache, idx, synthetic, toy
from mnist_bp.data.archives import ARCHIVES, FILES, Archives
from mnist_bp.data.dataset import Dataset
from tests.conftest import blobs, run
from tests.helpers.mirror import Mirror, reply


def test_the_published_names_are_those_of_the_archives() -> None:
    assert set(PUBLISHED) == set(ARCHIVES)


def test_the_computed_names_are_those_of_the_toy_data() -> None:
    assert set(COMPUTED) == set(toy.NAMES)


def test_import_verify_info_and_fetch_agree(small_mnist: Archives, archive_folder: Path, tmp_path: Path) -> None:
    imported = run("data", "import", archive_folder)
    assert imported.exit_code == 0
    assert str(tmp_path / "cache" / "mnist") in imported.stdout
    assert run("data", "verify").stdout.count(": ok\n") == 4
    assert run("data", "fetch").stdout.startswith("mnist: 210 + 60 examples in ")  # nothing to fetch, and no mirror

    about = json.loads(run("data", "info", "--json").stdout)
    assert (about["train"], about["test"], about["shape"]) == (210, 60, [8, 8])
    assert about["outputs"] == about["classes"] == 3
    assert about["folder"] == str(tmp_path / "cache" / "mnist")
    pixels = [byte / 255 for byte in gzip.decompress((archive_folder / FILES[0]).read_bytes())[16:]]
    assert about["train_mean"] == pytest.approx(statistics.fmean(pixels))
    assert about["train_std"] == pytest.approx(statistics.pstdev(pixels))
    assert sum(about["train_per_class"]) == 210
    assert about["fingerprint"] in run("data", "info").stdout


def test_verify_says_what_is_missing_and_what_is_wrong(
    small_mnist: Archives, archive_folder: Path, tmp_path: Path
) -> None:
    result = run("data", "verify", "mnist")
    assert result.exit_code == 4
    assert result.stdout.count(": missing\n") == 4
    assert "hint: run `bp data fetch mnist`" in result.stderr

    run("data", "import", archive_folder)
    (tmp_path / "cache" / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(b"rotten")
    result = run("data", "verify", "mnist")
    assert result.exit_code == 4
    assert "train-labels-idx1-ubyte.gz: wrong: SHA-256 " in result.stdout
    assert "missing or wrong: train-labels-idx1-ubyte.gz\n" in result.stderr


def test_fetch_mends_archives_even_beside_a_sound_decoded_copy(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Mirror(archive_folder) as mirror:
        monkeypatch.setenv("MNIST_BP_MIRRORS", mirror.url)
        run("data", "fetch")
        rotten = cache.folder() / "mnist" / "train-labels-idx1-ubyte.gz"
        rotten.write_bytes(b"rotten")
        assert run("data", "fetch").exit_code == 0
    assert run("data", "verify").exit_code == 0


def test_verify_compares_the_decoded_copy_with_the_archives(small_mnist: Archives, archive_folder: Path) -> None:
    """A copy that is sound in itself, under the right name, but of other images."""
    run("data", "import", archive_folder)
    assert run("data", "info").exit_code == 0
    assert "decoded.npz: ok\n" in run("data", "verify").stdout
    arrays = dict(idx.read_four(archive_folder / file for file in FILES))
    other = Dataset.of("mnist", arrays | {"test_images": 255 - arrays["test_images"]})
    cache._write(cache.folder() / "mnist" / "decoded.npz", other)
    result = run("data", "verify")
    assert result.exit_code == 4
    assert "decoded.npz: wrong" in result.stdout

    (cache.folder() / "mnist" / "decoded.npz").write_bytes(b"rotten")
    assert "decoded.npz: wrong" in run("data", "verify").stdout


def test_import_refuses_other_files(archive_folder: Path, tmp_path: Path) -> None:
    result = run("data", "import", archive_folder, "--name", "kmnist")
    assert result.exit_code == 4
    assert "expected the kmnist archive with SHA-256 51467d22" in result.stderr
    assert "data.name=idx" in result.stderr
    assert not (tmp_path / "cache" / "kmnist").exists()


def test_fetch_without_a_mirror_names_the_ways_out(tmp_path: Path) -> None:
    result = run("data", "fetch")
    assert result.exit_code == 4
    assert "http://127.0.0.1:9/train-images-idx3-ubyte.gz: Connection refused" in result.stderr
    assert "bp data import" in result.stderr
    assert "data.name=synthetic" in result.stderr
    assert not list(tmp_path.rglob("*.part"))


def test_drawn_digits_are_described_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        synthetic,
        "draw",
        lambda count, seed, stream, advance: blobs(count // 1000, np.random.default_rng([seed, stream])),
    )
    about = json.loads(run("data", "info", "synthetic", "--json").stdout)
    assert (about["train"], about["test"]) == (60, 10)


def test_computed_data_are_described_as_the_network_sees_them_and_lie_in_no_folder(tmp_path: Path) -> None:
    about = json.loads(run("data", "info", "xor", "--json").stdout)
    assert len(about.pop("fingerprint")) == 64
    assert about == {
        "name": "xor",
        "train": 4,
        "test": 4,
        "shape": [3],
        "outputs": 1,
        "classes": 2,
        "train_per_class": [2, 2],
        "test_per_class": [2, 2],
        "train_mean": pytest.approx(8 / 12),  # of the 12 numbers, 8 are ones
        "train_std": pytest.approx((8 / 12 * 4 / 12) ** 0.5),
    }
    assert not (tmp_path / "cache").exists()

    text = run("data", "info", "chain").stdout.splitlines()
    assert "shape:           [1]" in text
    assert "train per class: [1, 0]" in text


@pytest.mark.parametrize("command", ["fetch", "verify", "info"])
def test_an_unknown_name_is_a_usage_error(command: str) -> None:
    result = run("data", command, "mnits")
    assert result.exit_code == 2
    assert "'mnist'" in result.stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_in_mid_download_leaves_no_torn_file(sent: int, archive_folder: Path, tmp_path: Path) -> None:
    """The mirror sends a few bytes, and then the signal, once they are in a temporary file."""

    def interrupt(connection: socket, body: bytes) -> None:
        connection.sendall(reply(body[:40], f"Content-Length: {len(body)}"))
        while not list((tmp_path / "cache").rglob(".*.part")):
            Event().wait(0.01)
        fetching.send_signal(sent)
        connection.recv(1)  # until the client hangs up

    with Mirror(archive_folder, interrupt) as mirror:
        fetching = subprocess.Popen(
            [sys.executable, "-m", "mnist_bp", "data", "fetch"],
            env=os.environ | {"MNIST_BP_MIRRORS": mirror.url, "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        _, errors = fetching.communicate(timeout=60)

    assert fetching.returncode == 128 + sent
    assert "Traceback" not in errors
    assert [path.name for path in (tmp_path / "cache").rglob("*")] == ["mnist"]
