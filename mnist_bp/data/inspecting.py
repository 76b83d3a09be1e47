"""What a data set is like, and whether the cache holds it unharmed."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from mnist_bp.data import COMPUTED, cache, fetch, idx, loading
from mnist_bp.data.archives import ARCHIVES
from mnist_bp.data.dataset import fingerprint
from mnist_bp.progress import Progress


def verify(name: str) -> tuple[Path, dict[str, str]]:
    """Return the folder of a published data set, and for each of its files "ok" or what is wrong with it."""
    home = cache.folder() / name
    verdicts = {}
    for file, sha256 in ARCHIVES[name].files.items():
        got = fetch.sha256_of(home / file)
        verdicts[file] = "ok" if got == sha256 else "missing" if got is None else f"wrong: SHA-256 {got}"
    if set(verdicts.values()) == {"ok"}:
        decoded, original = home / "decoded.npz", fingerprint(idx.read_four(name, [home / file for file in verdicts]))
        with suppress(FileNotFoundError):  # there need not be one
            try:
                copy = cache.read(name, decoded)
                sound = copy.fingerprint == fingerprint(copy.arrays) == original
            except ValueError:
                sound = False
            verdicts[decoded.name] = "ok" if sound else "wrong: delete it"
    return home, verdicts


def describe(name: str, progress: Progress) -> dict[str, Any]:
    """Return what a data set is like, as plain data; it is downloaded, drawn or computed if need be."""
    dataset = loading.load(name, progress=progress)
    per_class = {
        part: np.bincount(split.t, minlength=len(dataset.classes)).tolist()
        for part, split in (("train", dataset.train), ("test", dataset.test))
    }
    return {
        "name": name,
        **({} if name in COMPUTED else {"folder": str(cache.folder() / name)}),
        "train": len(dataset.train),
        "test": len(dataset.test),
        "shape": list(dataset.shape),
        "outputs": dataset.outputs,
        "classes": len(dataset.classes),
        "class_names": list(dataset.classes),
        "train_per_class": per_class["train"],
        "test_per_class": per_class["test"],
        "train_mean": float(dataset.train.x.mean() * dataset.train.scale),
        "train_std": float(dataset.train.x.std() * dataset.train.scale),
        "fingerprint": dataset.fingerprint,
    }
