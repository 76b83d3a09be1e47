"""Loading MNIST: our first start, which decodes the archives, our later ones, and the archives read by gzip and NumPy.

    python scripts/peers/loading.py

The first start is in a temporary cache that holds the archives and nothing else. All files are in the system's memory.
"""

import argparse
import gzip
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mnist_bp.data import cache, loading
from mnist_bp.data.archives import ARCHIVES
from mnist_bp.data.fetch import fetch
from mnist_bp.progress import silent

argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()

ROUNDS = 3
HEADERS = {"images": 16, "labels": 8}  # bytes of an IDX file in front of its numbers


def seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def textbook(home: Path) -> None:
    """Unpack the archives and scale the images, as a textbook's mnist.py does."""
    for name in ARCHIVES["mnist"].files:
        kind = "images" if "images" in name else "labels"
        with gzip.open(home / name) as file:
            numbers = np.frombuffer(file.read(), np.uint8, offset=HEADERS[kind])
        if kind == "images":
            numbers.reshape(-1, 784).astype(np.float32) / 255


home = cache.folder() / "mnist"
fetch(ARCHIVES["mnist"], home, None, silent)
taken: dict[str, list[float]] = {"first": [], "later": [], "textbook": []}
for _ in range(ROUNDS):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mnist").mkdir()
        for name in ARCHIVES["mnist"].files:
            (Path(folder) / "mnist" / name).symlink_to((home / name).resolve())
        os.environ["MNIST_BP_CACHE"] = folder
        taken["first"].append(seconds(lambda: loading.load("mnist")))
        taken["later"].append(seconds(lambda: loading.load("mnist")))
    taken["textbook"].append(seconds(lambda: textbook(home)))
print(json.dumps(taken))
