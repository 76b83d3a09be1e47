"""The archives of a data set in the cache: nothing gets there but files with the pinned SHA-256."""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from mnist_bp import regular
from mnist_bp.data import cache
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import Progress

log = logging.getLogger(__name__)

CHUNK = 1 << 20
PAUSES = (2, 8)  # seconds before the only mirror is asked again


def fetch(archives: Archives, home: Path, mirrors: tuple[str, ...] | None, progress: Progress) -> None:
    """See to it that the four archives lie in `home`, verified; download those that do not.

    Mirrors are $MNIST_BP_MIRRORS (separated by spaces or commas), else `mirrors`, else the data set's own; each is
    tried once a file, in order, but a single one again after PAUSES. Raises BpError (exit 4) if none serves it.
    """
    bases = tuple(os.environ.get("MNIST_BP_MIRRORS", "").replace(",", " ").split()) or (
        archives.mirrors if mirrors is None else mirrors
    )
    for name, sha256 in archives.files.items():
        path = home / name
        got = sha256_of(path)
        if got == sha256:
            continue
        if got is not None:
            log.warning("%s: expected SHA-256 %s; got %s; downloading it again", path, sha256, got)
        _fetch_one([f"{base.rstrip('/')}/{name}" for base in bases], path, sha256, archives.name, progress)


def import_from(archives: Archives, source: Path, home: Path) -> None:
    """Copy the four archives from a folder into the cache, once all four are verified.

    Raises BpError (exit 4) if one is missing or has another SHA-256, or cannot be copied.
    """
    for name, sha256 in archives.files.items():
        got = sha256_of(source / name, regular.opened)
        if got is None:
            message = f"{source / name}: no such file; expected the four archives of {archives.name} in the folder"
            raise BpError(message, code=Exit.NO_DATA, hint=_in_its_place(source, name, archives))
        if got != sha256:
            raise BpError(
                f"{source / name}: expected the {archives.name} archive with SHA-256 {sha256}; got a file with {got}",
                code=Exit.NO_DATA,
                hint="other IDX files train with data.name=idx",
            )
    for name, sha256 in archives.files.items():
        try:
            with regular.opened(source / name) as file:
                cache.store(home / name, _pieces(file, source / name), sha256)
        except ValueError as error:
            raise BpError(f"{source / name}: it has changed meanwhile: {error}", code=Exit.NO_DATA) from error
        except OSError as error:  # of the source, as `store` raises none
            raise _unreadable(source / name, error) from error


def _in_its_place(source: Path, name: str, archives: Archives) -> str:
    """Return what to do about an archive that is not in a folder."""
    if (source / name).with_suffix("").is_file():
        return f"{name.removesuffix('.gz')} was unpacked, as some browsers do: get it as it is published, with .gz"
    if inside := next(source.glob(f"*/{name}"), None):
        return f"did you mean {inside.parent}?"
    return f"the four files are {', '.join(archives.files)}"


def sha256_of(path: Path, opened: Callable[[Path], IO[bytes]] = cache.reading) -> str | None:
    """Return the SHA-256 of a file, None where there is no file; raises BpError (exit 4) if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with opened(path) as file:
            for piece in _pieces(file, path):
                digest.update(piece)
    except cache.MISSING:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error
    return digest.hexdigest()


def _pieces(file: IO[bytes], path: Path) -> Iterator[bytes]:
    """Yield what an open file holds; raises BpError (exit 4) if it cannot be read."""
    try:
        while piece := file.read(CHUNK):
            yield piece
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> BpError:
    return BpError(f"{path}: cannot read it: {error.strerror}", code=Exit.NO_DATA)


def _fetch_one(urls: list[str], path: Path, sha256: str, dataset: str, progress: Progress) -> None:
    from mnist_bp.data.download import MirrorError, download, redacted  # noqa: PLC0415  # requests takes 50 ms to import

    failures: dict[str, str] = {}
    for url in urls:
        try:
            download(url, path, sha256, progress, PAUSES if len(urls) == 1 else ())
        except MirrorError as error:
            failures[redacted(url)] = str(error)
        else:
            if failures:
                log.warning("got %s from %s; before that: %s", path.name, redacted(url), "; ".join(_told(failures)))
            return
    reasons = "; ".join(dict.fromkeys(failures.values())) or "there is no mirror to ask"
    raise BpError(
        f"cannot download {path.name} of data set {dataset}: {reasons}",
        code=Exit.NO_DATA,
        hint="\n".join([*_ways_out(dataset), *(f"asked: {failure}" for failure in _told(failures))]),
    )


def _told(failures: Mapping[str, str]) -> list[str]:
    return [f"{url}: {reason}" for url, reason in failures.items()]


def _ways_out(dataset: str) -> list[str]:
    """Return what to do without a network, a line each."""
    name = "" if dataset == "mnist" else f" --name {dataset}"
    return [
        "no download is needed for --set data.name=synthetic, as in `bp train quickstart`",
        f"`bp data import FOLDER{name}` takes the four files from a folder:",
        *(f"  {images}, {labels}" for images, labels in (FILES[:2], FILES[2:])),
    ]
