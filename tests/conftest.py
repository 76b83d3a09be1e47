"""What several tests share: a seeded generator, small data sets, and a place of their own on disk."""

from mnist_bp.machine import THREAD_VARIABLES, limit_threads

limit_threads(1)  # before NumPy is imported: on a busy machine, threads that wait for each other take much longer

import csv
import ctypes
import gzip
import hashlib
import os
import resource
import shutil
import signal
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings

from mnist_bp.cli import bp
from mnist_bp.data.archives import ARCHIVES, FILES, Archives

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a script's `&` starts the suite to ignore
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("suite")

MNIST = Path(__file__).parents[2] / "shared" / "mnist"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20030801)


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test its own cache and working directory, and no way to a mirror outside the machine."""
    monkeypatch.setenv("MNIST_BP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MNIST_BP_MIRRORS", "http://127.0.0.1:9/")
    for variable in THREAD_VARIABLES:  # which commands set: put back afterwards
        monkeypatch.setenv(variable, "1")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def idx(array: np.ndarray) -> bytes:
    """Return a uint8 array in the IDX format."""
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def blobs(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return images (count, 8, 8) of three classes, each a bright row on noise, and their labels."""
    labels = rng.integers(0, 3, count, dtype=np.uint8)
    labels[:3] = 0, 1, 2
    images = rng.integers(0, 100, (count, 8, 8), dtype=np.uint8)
    images[np.arange(count), 2 * labels.astype(int)] += 120
    return images, labels


def contents(folder: Path) -> dict[str, bytes]:
    """Return what the files of a folder hold, hidden ones included."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes: the system call that fails is the one that a full disk fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(folder: Path, room: int) -> Iterator[None]:
    """Make `folder` a disk of so many bytes, in whole pages of 4096: a real one where root may mount it."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(folder)]
    root = os.geteuid() == 0 and shutil.which("mount") is not None
    mounted = root and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        with nullcontext() if mounted else full_disk(room):
            yield
    finally:
        if mounted:  # lazily, as a data set may still be mapped
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Let permission bits bind this thread, and those that it starts, even if root runs it.

    Linux lets root past them by two capabilities of the thread, which are put aside: see capabilities(7), capget(2).
    """
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None)
    version_and_thread, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # effective comes first
    if libc.capget(version_and_thread, sets):
        pytest.skip("root cannot be bound here")
    before = sets[0]
    sets[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert libc.capset(version_and_thread, sets) == 0
    try:
        yield
    finally:
        sets[0] = before
        assert libc.capset(version_and_thread, sets) == 0


@pytest.fixture
def archive_folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Return a folder with four small gzipped IDX files, named as MNIST's."""
    folder = tmp_path / "archives"
    folder.mkdir()
    arrays = [*blobs(210, rng), *blobs(60, rng)]
    for name, array in zip(FILES, arrays, strict=True):
        (folder / name).write_bytes(gzip.compress(idx(array), mtime=0))
    return folder


@pytest.fixture
def small_mnist(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Archives:
    """Pin the small archives as what `mnist` is."""
    sums = [hashlib.sha256((archive_folder / name).read_bytes()).hexdigest() for name in FILES]
    archives = Archives("mnist", ARCHIVES["mnist"].mirrors, (sums[0], sums[1], sums[2], sums[3]))
    monkeypatch.setitem(ARCHIVES, "mnist", archives)
    return archives


@pytest.fixture
def small_config(archive_folder: Path) -> Path:
    """Return a config that trains on the small images in no time."""
    path = Path("small.yaml")
    path.write_text(
        f"data: {{name: idx, dir: {archive_folder}}}\n"
        "model: {hidden: 6, init: xavier}\n"
        "train: {epochs: 3, batch_size: 20, learning_rate: 0.5}\n"
    )
    return path


@pytest.fixture
def genuine_mirror() -> Iterator[str]:
    """Serve the genuine archives on this machine; return the address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(MNIST))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def run(*arguments: str | Path) -> Result:
    """Run `bp` in this process."""
    return CliRunner().invoke(bp, [str(argument) for argument in arguments], prog_name="bp")


def rows(path: Path | str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path, "metrics.csv").read_text().splitlines()))


def outcome(path: Path | str) -> tuple[list[dict[str, str]], bytes]:
    """Return all that two equal runs share: the metrics but for the seconds, and the checkpoint's bytes."""
    metrics = [{name: value for name, value in row.items() if name != "seconds"} for row in rows(path)]
    return metrics, Path(path, "checkpoint.npz").read_bytes()
