"""What several tests share: a seeded generator, small data sets, and a place of their own on disk."""

import hashlib
import signal
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from mnist_bp import machine
from mnist_bp.data import fetch
from mnist_bp.data.archives import ARCHIVES, FILES, Archives
from tests.helpers.data import MNIST, archives

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a script's `&` starts the suite to ignore
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("core", max_examples=10, derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("suite")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run two tests at a time for each processor: many of them wait for other processes."""
    return 2 * machine.processors()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the core of the tests, keep one case of each, the last, which tells enough of another Python."""
    if config.getoption("--hypothesis-profile") != "core":
        return
    last = {item.nodeid.partition("[")[0]: item for item in items}
    kept = {id(item) for item in last.values()}
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
    items[:] = [item for item in items if id(item) in kept]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20030801)


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test its own cache and working directory, no way to a mirror outside the machine, and no pauses."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("MNIST_BP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))  # what is used where that does not count
    monkeypatch.setenv("MNIST_BP_MIRRORS", "http://127.0.0.1:9/")
    monkeypatch.setattr(fetch, "PAUSES", (0, 0))
    machine.limit_threads()  # which commands set: on a busy machine, threads that wait for each other take much longer
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def archive_folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Return a folder with four small gzipped IDX files, named as MNIST's."""
    return archives(tmp_path / "archives", rng)


@pytest.fixture
def small_mnist(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Archives:
    """Pin the small archives as what `mnist` is."""
    sums = [hashlib.sha256((archive_folder / name).read_bytes()).hexdigest() for name in FILES]
    archives = Archives("mnist", ARCHIVES["mnist"].mirrors, (sums[0], sums[1], sums[2], sums[3]), ("0", "1", "2"))
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
