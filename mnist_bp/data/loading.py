"""A data set by its name: from the cache, from a mirror, drawn or computed."""

import numpy as np

from mnist_bp.data import COMPUTED, DRAWN, cache, fetch, idx, synthetic, toy
from mnist_bp.data.archives import ARCHIVES, FILES
from mnist_bp.data.dataset import Arrays, Dataset
from mnist_bp.progress import Progress, silent
from mnist_bp.streams import TEST_DIGITS, TRAIN_DIGITS


def load(
    name: str,
    *,
    folder: str | None = None,
    seed: int = 0,
    cache_dir: str | None = None,
    mirrors: tuple[str, ...] | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Return a data set, from the cache if it is there; else it is downloaded or drawn, and then cached.

    Never cached are the four `idx` files in `folder`, which are the user's own, and the toy data, which are computed.
    `seed` says which digits are drawn for `synthetic`, and which points of the `plane` are for training.
    Raises BpError (exit 4) if the data are unavailable.
    """
    if name == "idx":
        return Dataset.of(name, idx.read_four(name, idx.find_four(cache.expanded(folder or "."))))
    if name in COMPUTED:
        return toy.compute(name, seed)
    home = cache.folder(cache_dir) / name
    if name == DRAWN:
        return cache.keep(name, home / f"version-{synthetic.VERSION}-seed-{seed}.npz", lambda: _draw(seed, progress))

    archives = ARCHIVES[name]

    def read() -> Arrays:
        fetch.fetch(archives, home, mirrors, progress)
        return idx.read_four(name, [home / file for file in FILES])

    return cache.keep(name, home / "decoded.npz", read, archives.fingerprint).named(archives.classes)


def _draw(seed: int, progress: Progress) -> Arrays:
    arrays: dict[str, np.ndarray] = {}
    with progress("drawing digits", 70_000, "digit") as advance:
        for part, count, stream in (("train", 60_000, TRAIN_DIGITS), ("test", 10_000, TEST_DIGITS)):
            images, labels = synthetic.draw(count, seed, stream, advance)
            arrays |= {f"{part}_images": images, f"{part}_labels": labels}
    return arrays
